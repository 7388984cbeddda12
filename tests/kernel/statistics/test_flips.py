"""McNemar's exact test: known answers, symmetry, and a size that never exceeds what it says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.flips import mcnemar_exact
from apps.kernel.statistics.interval import EvidenceUnusable


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        (1, 7, 0.0703125),  # Bentur, statistics.md §5
        (6, 16, 0.0524788),  # Cavo
        (0, 0, 1.0),
        (0, 1, 1.0),
        (4, 4, 1.0),
        (0, 7, 0.015625),
        (0, 8, 0.0078125),
        (1, 9, 0.021484375),
        (1, 10, 0.01171875),
        (1, 11, 0.00634765625),
    ],
)
def test_known_answers(one: int, other: int, p: float) -> None:
    assert mcnemar_exact(one, other) == pytest.approx(p, abs=5e-8)


def test_counts_below_nought_are_refused() -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        mcnemar_exact(-1, 3)
    assert refused.value.code == "counts"


@given(st.integers(0, 400), st.integers(0, 400))
def test_symmetric_a_chance_and_smaller_the_more_lopsided(one: int, other: int) -> None:
    p = mcnemar_exact(one, other)
    assert 0 < p <= 1
    assert p == mcnemar_exact(other, one)
    low, high = sorted((one, other))
    if low:
        assert mcnemar_exact(low - 1, high + 1) <= p


@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_its_size_is_at_most_what_it_says_for_every_number_of_flips(alpha: float) -> None:
    for flips in range(0, 200):
        refused = [one for one in range(flips + 1) if mcnemar_exact(one, flips - one) < alpha]
        assert sum(math.comb(flips, one) for one in refused) / 2**flips < alpha
