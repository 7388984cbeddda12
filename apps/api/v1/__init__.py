"""Version 1 of the REST interface: one module a noun. It only grows."""
