"""Versioned policies and the verdicts the machine reached with them."""
