"""Samples to label: seeded, some of each cohort, more of the high-value ones, never more than asked."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.errors import InvalidInput
from apps.kernel.label_sample import Candidate, draw, rows_to_correct, shuffled


def candidates(**sizes: int) -> list[Candidate]:
    return [Candidate(f"{name}-{n}", name, name == "hv") for name, size in sizes.items() for n in range(size)]


def quotas(keys: tuple[str, ...]) -> dict[str, int]:
    return dict(Counter(key.split("-")[0] for key in keys))


def test_cohorts_share_by_their_rows_and_high_value_counts_twice() -> None:
    assert quotas(draw(candidates(a=800, hv=100, b=100), rows=65, seed="s")) == {"a": 42, "hv": 14, "b": 9}


def test_small_cohorts_are_labelled_whole() -> None:
    assert quotas(draw(candidates(a=1000, b=3, hv=5), rows=60, seed="s")) == {"a": 52, "b": 3, "hv": 5}


def test_fewer_rows_than_asked_for_are_all_drawn() -> None:
    assert len(draw(candidates(a=7), rows=60, seed="s")) == 7
    assert draw([], rows=60, seed="s") == ()


def test_the_seed_says_all() -> None:
    rows = candidates(a=300, b=40)
    first = draw(rows, rows=50, seed="one")
    random.Random(1).shuffle(rows)
    assert draw(rows, rows=50, seed="one") == first
    assert draw(rows, rows=50, seed="two") != first


def test_a_larger_sample_of_the_same_seed_keeps_what_was_drawn() -> None:
    rows = candidates(a=300)
    assert set(draw(rows, rows=50, seed="s")) < set(draw(rows, rows=80, seed="s"))


@pytest.mark.parametrize("rows", [0, -3, 2001])
def test_a_size_out_of_range_is_refused(rows: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        draw(candidates(a=5), rows=rows, seed="s")
    assert refused.value.code == "sample_size"


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 60), min_size=1), st.integers(1, 120))
def test_a_draw_is_never_larger_than_asked_and_never_twice_the_same(sizes: dict[str, int], rows: int) -> None:
    keys = draw(candidates(**sizes), rows=rows, seed="s")
    assert len(keys) == len(set(keys)) == min(rows, sum(sizes.values()))


def test_every_row_is_drawn_about_equally_often() -> None:
    rows = candidates(a=40)
    counts = Counter(key for seed in range(400) for key in draw(rows, rows=10, seed=str(seed)))
    assert min(counts.values()) > 65
    assert max(counts.values()) < 140


def test_answers_are_mixed() -> None:
    ids = [f"{n}-{role}" for n in range(50) for role in ("t", "s")]
    mixed = shuffled(ids, seed="s")
    assert sorted(mixed) == sorted(ids)
    assert mixed == shuffled(reversed(ids), seed="s") != ids


def test_rows_still_lacking() -> None:
    assert [rows_to_correct(n) for n in (0, 37, 50, 80)] == [50, 13, 0, 0]
