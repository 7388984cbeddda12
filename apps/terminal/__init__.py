"""The terminal door: management commands over the same actions as browser and REST."""
