"""Estimators and tests over plain numbers: seeded, typed, each with its source and its edge cases named."""
