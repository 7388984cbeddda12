"""Configured evaluators and the suites they are frozen into."""
