"""Bits per byte by the same string: sums over all text, rows and clusters as units, how often the interval holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from apps.kernel.statistics.byte_gap import bits_per_byte_gap
from apps.kernel.statistics.interval import EvidenceUnusable


def test_the_gap_is_in_bits_by_bytes_of_all_text() -> None:
    # 8 and −1 bits over 4 and 3 bytes: 1 bit a byte, and not the mean of 2 and −1/3.
    found = bits_per_byte_gap(
        [-2 * math.log(2), -5 * math.log(2)],
        [-10 * math.log(2), -4 * math.log(2)],
        [4, 3],
        is_sampled_at_1=True,
        seed=1,
    )
    assert found.bits_per_byte == pytest.approx(1.0)
    assert (found.means, found.interval, found.n, found.missing) == ("kl_rate", None, 2, ())


def test_text_that_was_not_sampled_at_temperature_1_gives_no_divergence() -> None:
    assert bits_per_byte_gap([-1], [-2], [1], is_sampled_at_1=False, seed=1).means == "cross_entropy_gap"


def test_rows_that_cannot_be_scored_are_missing_with_a_reason() -> None:
    found = bits_per_byte_gap(
        [-1.0, math.nan, -1.0, 0.5, -1.0],
        [-2.0, -1.0, -math.inf, -1.0, -1.0],
        [1, 1, 1, 1, 0],
        is_sampled_at_1=True,
        seed=1,
    )
    assert found.bits_per_byte == pytest.approx(1 / math.log(2))
    assert (found.n, found.missing) == (1, (("logprob_positive", 1), ("no_bytes", 1), ("not_finite", 2)))


@pytest.mark.parametrize(
    ("teacher", "student", "size", "code"),
    [([], [], [], "no_rows"), ([math.nan], [-1.0], [1], "no_rows"), ([-1.0], [-1.0, -1.0], [1], "pairs_unequal")],
)
def test_rows_that_leave_nothing_are_refused(
    teacher: list[float], student: list[float], size: list[int], code: str
) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        bits_per_byte_gap(teacher, student, size, is_sampled_at_1=True, seed=1)
    assert refused.value.code == code


@pytest.mark.slow
def test_the_gap_of_sampled_text_holds_the_kl_rate_in_simulation() -> None:
    """300 cards of 100 rows of 20 one-byte tokens; 90 % nominal, bar .87 less three standard errors."""
    p, q = np.array([0.6, 0.2, 0.1, 0.1]), np.array([0.4, 0.3, 0.2, 0.1])
    truth = float(np.sum(p * np.log2(p / q)))
    dice = np.random.Generator(np.random.Philox(14))
    held = 0
    for seed in range(300):
        tokens = dice.choice(4, p=p, size=(100, 20))
        teacher, student = (np.log(side)[tokens].sum(axis=1).tolist() for side in (p, q))
        found = bits_per_byte_gap(teacher, student, [20] * 100, is_sampled_at_1=True, resamples=400, seed=seed)
        assert found.interval is not None
        held += found.interval.low <= truth <= found.interval.high
    assert held / 300 >= 0.87 - 3 * math.sqrt(0.87 * 0.13 / 300)


def test_rows_of_a_cluster_are_one_unit() -> None:
    dice = np.random.Generator(np.random.Philox(3))
    student = (-dice.exponential(20.0, size=40)).tolist()
    teacher, sizes = [-5.0] * 40, [30] * 40
    alone = bits_per_byte_gap(teacher, student, sizes, is_sampled_at_1=True, seed=1)
    copied = bits_per_byte_gap(
        teacher * 3, student * 3, sizes * 3, clusters=list(range(40)) * 3, is_sampled_at_1=True, seed=1
    )
    assert alone.interval is not None
    assert copied.interval is not None
    assert copied.bits_per_byte == pytest.approx(alone.bits_per_byte)
    assert (copied.interval.low, copied.interval.high) == pytest.approx((alone.interval.low, alone.interval.high))
    assert copied.n == 120
    few = bits_per_byte_gap(teacher, student, sizes, clusters=[0, 1] * 20, is_sampled_at_1=True, seed=1)
    assert few.interval is None


def test_both_sides_are_told_in_bits_a_byte() -> None:
    found = bits_per_byte_gap([-8 * math.log(2)], [-12 * math.log(2)], [4], is_sampled_at_1=True, seed=1)
    assert (found.teacher, found.student, found.bits_per_byte) == pytest.approx((2.0, 3.0, 1.0))


def test_equal_rows_have_an_interval_of_one_point() -> None:
    found = bits_per_byte_gap([-1.0] * 25, [-2.0] * 25, [4] * 25, is_sampled_at_1=True, seed=1)
    assert found.interval is not None
    assert found.interval.low == found.interval.high == pytest.approx(1 / math.log(2) / 4)


def test_the_same_rows_give_the_same_interval() -> None:
    dice = np.random.Generator(np.random.Philox(4))
    student = (-dice.exponential(20.0, size=50)).tolist()
    first, again = (bits_per_byte_gap([-3.0] * 50, student, [9] * 50, is_sampled_at_1=False, seed=2) for _ in range(2))
    assert first == again


def test_order_of_rows_changes_nothing_but_the_draws() -> None:
    dice = np.random.Generator(np.random.Philox(5))
    student = (-dice.exponential(20.0, size=200)).tolist()
    one = bits_per_byte_gap([-3.0] * 200, student, [9] * 200, is_sampled_at_1=True, seed=2)
    other = bits_per_byte_gap([-3.0] * 200, student[::-1], [9] * 200, is_sampled_at_1=True, seed=2)
    assert one.interval is not None
    assert other.interval is not None
    assert one.bits_per_byte == other.bits_per_byte
    assert one.interval.high == pytest.approx(other.interval.high, rel=0.05)
