"""The only module that reads the environment. Where a URL or secret is absent, the embedded services' state answers."""

from __future__ import annotations

from pathlib import Path

import environ

from distillhub.embedded import state

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
_embedded = state.read()


# True when this process uses the services that DistillHub started itself, on this machine.
IS_EMBEDDED = _embedded is not None and not env.str("DATABASE_URL", default="")
WEB_PORT = (_embedded.web_port if _embedded else 0) or 8000


def secret(name: str, embedded_name: str, *, fallback: str = "") -> str:
    """A value from the environment, else from the embedded services' state file, else ``fallback``."""
    value = env.str(name, default="")
    if value:
        return value
    if _embedded is not None:
        return str(getattr(_embedded, embedded_name))
    return fallback
