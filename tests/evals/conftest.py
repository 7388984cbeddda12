"""What tests that kill workers need: a founder of her own, a broker of their own, and workers to hire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.chaos import hiring
from tests.conftest import Person, founder
from tests.worker import Worker, own_broker


@pytest.fixture
def eve(committed: None) -> Person:
    name = f"chaos-{uuid4().hex[:8]}"
    return founder(f"{name}@example.test", name)


@pytest.fixture
def broker() -> Iterator[str]:
    with own_broker() as url:
        yield url


@pytest.fixture
def hire(tmp_path: Path, database_name: str, broker: str) -> Iterator[Callable[..., Worker]]:
    with hiring(tmp_path, database=database_name, broker=broker) as one:
        yield one
