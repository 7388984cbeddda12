"""The working unit inside an organization."""
