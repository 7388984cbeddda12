"""Every claim keeps its bar in the short form; `make simulate SIM_ARGS=--full` runs the long one."""

from __future__ import annotations

import pytest

from simulations.claims import CLAIMS, SEED
from simulations.result import SHORT

KNOWN_TO_MISS = {
    "S-09": "Tango's 90 % interval covers 0.860, not 0.88, where every disagreement is a loss (200 rows, 3 points)"
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(reason=KNOWN_TO_MISS[name])) if name in KNOWN_TO_MISS else name
        for name in CLAIMS
    ],
)
def test_the_bar_is_kept(name: str) -> None:
    result = CLAIMS[name](SHORT, SEED)
    assert result.holds, f"{result.worst:.4f} misses {result.bar:.4f}: {result.detail}"


@pytest.mark.slow
def test_what_is_known_to_miss_misses_by_no_more_than_is_known() -> None:
    result = CLAIMS["S-09"](SHORT, SEED)
    assert result.worst == pytest.approx(0.8599, abs=5e-5)
