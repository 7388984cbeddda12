"""A pytest plugin, loaded by `-p` in pyproject.toml: Postgres and Valkey stand before Django reads where they are.

Settings are read once. In a home folder where nothing was ever started they would keep a port nobody listens on.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from distillhub.embedded import services


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A wrapper, for those run before pytest-django. The pure tests (`-p no:django`) need no services."""
    if not early_config.pluginmanager.is_blocked("django"):
        services.ensure()
    yield
