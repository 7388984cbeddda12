"""Immutable, sealed summaries of a run."""
