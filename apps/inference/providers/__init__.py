"""Dialects of model servers: how a request is spelled and an answer read."""
