"""Numbers that no estimator can read are refused by name."""

from __future__ import annotations

import pytest

from apps.kernel.errors import InvalidInput
from apps.kernel.statistics.interval import EvidenceUnusable, require_level, require_margin, require_rows


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 90.0, float("nan")])
def test_a_level_lies_strictly_between_0_and_1(level: float) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        require_level(level)
    assert refused.value.code == "level_out_of_range"


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.03, 3.0, float("nan")])
def test_a_margin_is_a_share_and_never_points(margin: float) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        require_margin(margin)
    assert refused.value.code == "margin_out_of_range"


@pytest.mark.parametrize("n", [0, -1])
def test_no_rows_are_no_evidence(n: int) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        require_rows(n)
    assert refused.value.code == "no_rows"


def test_what_is_usable_comes_back_as_it_was() -> None:
    assert (require_level(0.9), require_margin(0.03), require_rows(1)) == (0.9, 0.03, 1)


def test_a_door_reads_the_refusal_as_bad_input() -> None:
    assert issubclass(EvidenceUnusable, InvalidInput)
