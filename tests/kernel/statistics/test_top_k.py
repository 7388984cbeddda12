"""Bounds from two top-k lists: known values, never crossed by the truth, and exact where all is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.top_k import Bounds, TopK, bounds, fault_of

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
P, Q = (0.6, 0.2, 0.1, 0.05, 0.05), (0.4, 0.3, 0.1, 0.1, 0.1)
WEIGHTS = st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 1000)), min_size=2, max_size=9)


def listed(tokens: str, *shares: float) -> TopK:
    return TopK(tokens, [math.log(share) for share in shares])


def top(distribution: Floats, k: int) -> TopK:
    places = np.argsort(-distribution, kind="stable")[:k].tolist()
    return TopK(places, [min(0.0, math.log(distribution[place])) for place in places])


def divergence(p: Floats, q: Floats) -> tuple[float, float]:
    return float(np.sum(p * np.log(p / q))), float(np.abs(p - q).sum() / 2)


def test_whole_lists_give_the_divergence_itself() -> None:
    found = bounds(listed("abcde", *P), listed("abcde", *Q))
    assert found.kl_low_nats == pytest.approx(0.092871, abs=5e-7)
    assert (found.tv_low, found.tv_high, found.covered) == pytest.approx((0.2, 0.2, 1.0), abs=1e-12)


def test_the_two_most_likely_tokens_give_the_known_bounds() -> None:
    found = bounds(listed("ab", *P[:2]), listed("ab", *Q[:2]))
    assert found.kl_low_nats == pytest.approx(0.081093, abs=5e-7)
    assert (found.tv_low, found.tv_high, found.covered) == pytest.approx((0.2, 0.4, 0.8), abs=1e-12)


def test_a_token_that_the_student_leaves_out_is_no_likelier_than_its_least() -> None:
    # Merged with the rest, b would be .5 against .5 and nothing would show; b ≤ .1 at the student is what bites.
    found = bounds(listed("ab", 0.5, 0.4), listed("ac", 0.5, 0.1))
    merged = 0.5 * math.log(0.5 / 0.5) + 0.5 * math.log(0.5 / 0.5)
    # b takes its cap .1; c and the rest share .1 against .4, less than c's cap of .4.
    filled = 0.4 * math.log(0.4 / 0.1) + 0.1 * math.log(0.1 / 0.4)
    assert merged == 0
    assert found.kl_low_nats == pytest.approx(filled)
    assert found.tv_low == pytest.approx(0.3)
    assert found.covered == pytest.approx(0.5)


def test_lists_without_a_common_token_still_bound() -> None:
    # No cap binds: the student may have all it left over (.3) on a, the teacher all of its .4 on b.
    found = bounds(listed("a", 0.6), listed("b", 0.7))
    assert found.covered == 0
    assert found.kl_low_nats == pytest.approx(0.6 * math.log(0.6 / 0.3) + 0.4 * math.log(0.4 / 0.7))
    assert (found.tv_low, found.tv_high) == pytest.approx((0.3, 1.0))


@given(WEIGHTS, st.integers(1, 9), st.integers(1, 9))
def test_the_truth_never_crosses_a_bound(weights: list[tuple[int, int]], k: int, other_k: int) -> None:
    p, q = (np.array(side, dtype=float) / sum(side) for side in zip(*weights, strict=True))
    found = bounds(top(p, k), top(q, other_k))
    kl, tv = divergence(p, q)
    assert 0 <= found.kl_low_nats <= kl + 1e-9
    assert 0 <= found.tv_low <= tv + 1e-9
    assert tv - 1e-9 <= found.tv_high <= 1
    assert 0 <= found.covered <= 1


@given(WEIGHTS)
def test_whole_lists_meet_the_truth(weights: list[tuple[int, int]]) -> None:
    p, q = (np.array(side, dtype=float) / sum(side) for side in zip(*weights, strict=True))
    found = bounds(top(p, len(p)), top(q, len(q)))
    assert (found.kl_low_nats, found.tv_low, found.tv_high) == pytest.approx(
        (divergence(p, q)[0], divergence(p, q)[1], divergence(p, q)[1]), abs=1e-9
    )


@given(WEIGHTS, st.integers(1, 9))
def test_the_bound_is_never_below_that_of_the_common_tokens_and_the_merged_rest(
    weights: list[tuple[int, int]], k: int
) -> None:
    p, q = (np.array(side, dtype=float) / sum(side) for side in zip(*weights, strict=True))
    ours, theirs = top(p, k), top(q, k)
    both = [place for place in ours.tokens if place in set(theirs.tokens)]
    rest_p, rest_q = 1 - p[both].sum(), 1 - q[both].sum()
    merged = float(np.sum(p[both] * np.log(p[both] / q[both])))
    if rest_p > 1e-9 and rest_q > 1e-9:
        assert bounds(ours, theirs).kl_low_nats >= merged + rest_p * math.log(rest_p / rest_q) - 1e-9


@given(WEIGHTS, st.integers(1, 9), st.randoms())
def test_the_order_of_a_list_does_not_matter(weights: list[tuple[int, int]], k: int, dice: object) -> None:
    p, q = (np.array(side, dtype=float) / sum(side) for side in zip(*weights, strict=True))
    ours, theirs = top(p, k), top(q, k)
    places = list(range(len(ours.tokens)))
    dice.shuffle(places)  # type: ignore[attr-defined]
    shuffled = TopK([int(ours.tokens[i]) for i in places], [ours.logprobs[i] for i in places])
    assert as_numbers(bounds(shuffled, theirs)) == pytest.approx(as_numbers(bounds(ours, theirs)), abs=1e-12)


def as_numbers(found: Bounds) -> tuple[float, float, float, float]:
    return found.kl_low_nats, found.tv_low, found.tv_high, found.covered


def test_equal_lists_have_no_divergence_and_rounding_above_1_stays_finite() -> None:
    assert bounds(listed("ab", 0.6, 0.4), listed("ab", 0.6, 0.4)).kl_low_nats == pytest.approx(0, abs=1e-12)
    found = bounds(listed("abc", 0.5, 0.3, 0.2), listed("ab", 0.6005, 0.4))
    # Half a thousandth too much at the student may hide as much for c, and no more can be said.
    assert found.kl_low_nats == pytest.approx(
        0.5 * math.log(0.5 / 0.6005) + 0.3 * math.log(0.3 / 0.4) + 0.2 * math.log(0.2 / 0.0005), rel=1e-6
    )


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (TopK("ab", [-0.7, -0.9]), None),
        (TopK("a", [0.0]), None),
        (TopK("a", [1e-9]), "logprob_positive"),
        (TopK("ab", [-0.7, math.nan]), "not_finite"),
        (TopK("ab", [-0.7, -math.inf]), "not_finite"),
        (TopK("aa", [-0.9, -0.9]), "duplicate_token"),
        (TopK("ab", [-0.6931, -0.6913]), None),
        (TopK("ab", [-0.6931, -0.6890]), "mass_above_1"),
        (TopK("", []), "list_empty"),
        (TopK("ab", [-0.7]), "list_uneven"),
    ],
)
def test_lists_that_cannot_be_read_name_their_fault(found: TopK, fault: str | None) -> None:
    assert fault_of(found) == fault


@pytest.mark.slow
def test_no_bound_is_crossed_over_a_large_vocabulary() -> None:
    """Short S-18: 800 pairs of softmax distributions over 32,000 tokens, k 1, 5 and 20; not one may be crossed."""
    dice = np.random.Generator(np.random.Philox(18))
    crossed, by_cover = 0, []
    for turn in range(800):
        logits = dice.standard_normal(32_000) * dice.uniform(1, 9)
        other = logits + dice.standard_normal(32_000) * dice.uniform(0.1, 2)
        p, q = (np.exp(side - side.max()) for side in (logits, other))
        p, q = p / p.sum(), q / q.sum()
        found = bounds(top(p, (1, 5, 20)[turn % 3]), top(q, (1, 5, 20)[turn % 3]))
        kl, tv = divergence(p, q)
        crossed += found.kl_low_nats > kl + 1e-9 or not found.tv_low - 1e-9 <= tv <= found.tv_high + 1e-9
        if found.covered >= 0.9:
            by_cover.append((found.kl_low_nats, kl))
    assert crossed == 0
    # Where the lists cover nine tenths the bound is most of the truth.
    told, truth = np.array(by_cover).sum(axis=0)
    assert len(by_cover) > 50
    assert told > 0.8 * truth
