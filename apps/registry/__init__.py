"""Providers, endpoints, models, their immutable versions, prices and recorded outputs."""
