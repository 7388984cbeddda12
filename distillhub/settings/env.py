"""The only module that reads the environment. Where a URL or secret is absent, the embedded services' state answers."""

from __future__ import annotations

from pathlib import Path

import environ

from distillhub.embedded import state

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
_embedded = None if env.str("DATABASE_URL", default="") else state.read()


def secret(name: str, embedded_name: str, *, fallback: str = "") -> str:
    """A value from the environment, else from the embedded services' state file, else ``fallback``."""
    value = env.str(name, default="")
    if value:
        return value
    if _embedded is not None:
        return str(getattr(_embedded, embedded_name))
    return fallback
