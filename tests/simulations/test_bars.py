"""Every claim keeps its bar in the short form; `make simulate SIM_ARGS=--full` runs the long one."""

from __future__ import annotations

import pytest

from simulations.claims import CLAIMS, SEED
from simulations.result import SHORT


@pytest.mark.slow
@pytest.mark.parametrize("name", CLAIMS)
def test_the_bar_is_kept(name: str) -> None:
    result = CLAIMS[name](SHORT, SEED)
    assert result.holds, f"{result.worst:.4f} misses {result.bar:.4f}: {result.detail}"
