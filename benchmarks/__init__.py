"""Figures as ratios in one run, each printed by one command."""
