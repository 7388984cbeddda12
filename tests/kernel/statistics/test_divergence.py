"""Divergence over rows: means by position, and what is missing or incomparable."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.divergence import (
    NotComparable,
    RowDivergence,
    RowMissing,
    mean_divergence,
    row_divergence,
)
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.top_k import TopK, bounds

TEACHER = TopK("ab", [math.log(0.6), math.log(0.2)])
STUDENT = TopK("ab", [math.log(0.4), math.log(0.3)])
ROWS = st.lists(
    st.builds(
        RowDivergence, st.floats(0, 5), st.floats(0, 0.5), st.floats(0.5, 1), st.floats(0, 1), st.integers(1, 50)
    ),
    min_size=1,
    max_size=25,
)


def row(teacher: list[TopK], student: list[TopK]) -> RowDivergence | RowMissing:
    return row_divergence(teacher, student, teacher_tokeniser="qwen", student_tokeniser="qwen")


def test_a_row_is_the_mean_of_its_positions() -> None:
    found = row([TEACHER, TEACHER], [STUDENT, TEACHER])
    one, same = bounds(TEACHER, STUDENT), bounds(TEACHER, TEACHER)
    assert isinstance(found, RowDivergence)
    assert found.kl_low_nats == pytest.approx(one.kl_low_nats / 2)
    assert found.tv_high == pytest.approx((one.tv_high + same.tv_high) / 2)
    assert found.covered == pytest.approx(0.8)
    assert found.positions == 2


@pytest.mark.parametrize(("teacher", "student"), [("qwen", "llama"), ("qwen", ""), ("", "")])
def test_lists_of_unlike_or_unknown_tokenisers_are_not_compared(teacher: str, student: str) -> None:
    with pytest.raises(NotComparable) as refused:
        row_divergence([TEACHER], [STUDENT], teacher_tokeniser=teacher, student_tokeniser=student)
    assert refused.value.code == "not_comparable"


def test_a_list_that_cannot_be_read_makes_the_row_missing_and_says_where() -> None:
    broken = TopK("ab", [0.1, -3.0])
    assert row([TEACHER, TEACHER], [STUDENT, broken]) == RowMissing("logprob_positive", 1, "student")
    assert row([broken], [STUDENT]) == RowMissing("logprob_positive", 0, "teacher")
    assert row([TEACHER], [STUDENT, STUDENT]) == RowMissing("positions_unaligned")
    assert row([], []) == RowMissing("no_positions")


def test_positions_and_not_rows_are_counted_once() -> None:
    found = mean_divergence([RowDivergence(0.1, 0.1, 0.2, 0.95, 90), RowDivergence(1.1, 0.2, 0.3, 0.85, 10)], seed=1)
    assert (found.kl_low_nats, found.tv_low, found.tv_high) == pytest.approx((0.2, 0.11, 0.21))
    assert found.covered == pytest.approx(0.94)
    assert (found.is_thin, found.n, found.interval, found.missing) == (False, 2, None, ())


def test_thin_cover_and_missing_rows_are_told() -> None:
    broken = RowMissing("not_finite")
    thin = RowDivergence(0.1, 0.1, 0.2, 0.89, 5)
    found = mean_divergence([thin, broken, RowMissing("duplicate_token", 3, "student"), broken], seed=1)
    assert (found.is_thin, found.n, found.missing) == (True, 1, (("duplicate_token", 1), ("not_finite", 2)))


def test_when_every_row_is_missing_the_reasons_are_kept() -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        mean_divergence([RowMissing("not_finite"), RowMissing("not_finite")], seed=1)
    assert (refused.value.code, refused.value.where) == ("no_rows", {"not_finite": 2})


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter_to_the_means(rows: list[RowDivergence], dice: object) -> None:
    shuffled = rows.copy()
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = mean_divergence(rows, resamples=2, seed=1), mean_divergence(shuffled, resamples=2, seed=1)
    assert (one.kl_low_nats, one.covered) == pytest.approx((other.kl_low_nats, other.covered), abs=1e-12)
    assert min(r.kl_low_nats for r in rows) - 1e-9 <= one.kl_low_nats <= max(r.kl_low_nats for r in rows) + 1e-9
    assert (one.interval is None) == (len(rows) < 20)


def test_the_interval_resamples_rows_by_the_seed_alone() -> None:
    dice = np.random.Generator(np.random.Philox(2))
    rows = [RowDivergence(float(kl), 0.1, 0.2, 0.95, 10) for kl in dice.exponential(0.2, size=100)]
    first, again = (mean_divergence(rows, seed=5) for _ in range(2))
    assert first == again
    assert first.interval is not None
    spread = float(np.std([r.kl_low_nats for r in rows])) / 10
    assert first.interval.low == pytest.approx(first.kl_low_nats - 1.645 * spread, abs=0.4 * spread)
    assert first.interval.high == pytest.approx(first.kl_low_nats + 1.645 * spread, abs=0.4 * spread)
