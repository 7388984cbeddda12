"""Simulations and enumerations that hold the estimators to their promises (statistics.md §6): `make simulate`."""
