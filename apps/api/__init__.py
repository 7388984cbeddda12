"""The REST door, for CI and scripts."""
