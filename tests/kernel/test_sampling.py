"""Samples that many workers take together: any order, any split, told twice, and deletions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.sampling import (
    SampleRefused,
    Trace,
    WindowSample,
    draw,
    gather,
    merge,
    over_days,
    rank,
    shared_out,
    smallest,
    without,
)

IDS = st.lists(st.integers(0, 60).map(lambda n: f"t{n}"), max_size=60)


def taken(ids: list[str], size: int = 10) -> WindowSample:
    return draw(ids, size=size, seed="june")


def test_the_place_in_the_draw_is_known_and_differs_by_seed() -> None:
    assert rank("g1", "a").hex() == "fc382f8b00cc86f2f5d010b713ef3746"
    assert rank("g1", "b") != rank("g1", "a")


def test_the_smallest_places_are_drawn() -> None:
    ids = [f"t{n}" for n in range(100)]
    by_place = sorted(ids, key=lambda key: rank(key, "june"))
    assert smallest(ids, 7, seed="june") == by_place[:7]
    assert taken(ids).drawn == tuple(by_place[:10])
    assert taken(ids).kept == tuple(by_place[:12])
    assert taken(ids).bound == rank(by_place[12], "june").hex()


def test_of_fewer_traces_than_asked_all_are_drawn() -> None:
    few = taken(["a", "b", "c"])
    assert sorted(few.drawn) == ["a", "b", "c"]
    assert (few.bound, few.is_short, few.seen_about) == (None, False, 3.0)


@given(IDS, st.data())
def test_order_and_repetition_do_not_matter(ids: list[str], drawn: st.DataObject) -> None:
    again = drawn.draw(st.lists(st.sampled_from(ids), max_size=20)) if ids else []
    assert taken(drawn.draw(st.permutations([*ids, *again]))) == taken(ids)


@given(IDS, IDS)
def test_a_merge_is_the_sample_of_all_at_once_whichever_comes_first(one: list[str], other: list[str]) -> None:
    assert merge(taken(one), taken(other)) == taken([*one, *other])
    assert merge(taken(other), taken(one)) == merge(taken(one), taken(other))
    assert merge(taken(one), taken(one)) == taken(one)


@given(IDS, IDS, IDS)
def test_merges_can_be_made_in_any_grouping(one: list[str], other: list[str], third: list[str]) -> None:
    a, b, c = taken(one), taken(other), taken(third)
    assert merge(merge(a, b), c) == merge(a, merge(b, c)) == over_days([c, a, b])


@given(IDS, IDS, st.data())
def test_deletions_leave_the_sample_of_what_is_left(one: list[str], other: list[str], drawn: st.DataObject) -> None:
    """As long as the reserve holds: two traces of the twelve kept."""
    everything = sorted({*one, *other})
    gone = drawn.draw(st.sets(st.sampled_from(everything), max_size=2)) if everything else set()
    left = [key for key in everything if key not in gone]
    assert without(taken(everything), gone).drawn == taken(left).drawn
    assert merge(without(taken(one), gone), without(taken(other), gone)).drawn == taken(left).drawn


def test_more_deletions_than_the_reserve_are_told_and_later_traces_do_not_fill_the_gap() -> None:
    ids = [f"t{n}" for n in range(100)]
    whole = taken(ids)
    short = without(whole, whole.kept[:5])
    assert (len(short.drawn), short.is_short) == (7, True)
    # A trace beyond the bound is not let in: others like it were let go before.
    after = merge(short, taken([f"u{n}" for n in range(100)]))
    assert after.drawn == taken([key for key in ids if key not in whole.kept[:5]] + [f"u{n}" for n in range(100)]).drawn
    beyond = next(f"v{n}" for n in range(1_000) if rank(f"v{n}", "june").hex() > str(whole.bound))
    assert merge(short, taken([beyond])) == short


def test_each_cohort_and_day_is_sampled_by_itself() -> None:
    traces = [Trace(f"t{n}", "vip" if n % 10 == 0 else "plain", f"2026-06-{n % 2 + 1:02}") for n in range(200)]
    found = gather(traces, size=10, seed="june")
    assert {place: len(each.drawn) for place, each in found.items()} == {
        ("plain", "2026-06-01"): 10,
        ("plain", "2026-06-02"): 10,
        ("vip", "2026-06-01"): 10,
    }
    assert found["plain", "2026-06-02"] == taken([each.id for each in traces if each.day == "2026-06-02"])


def test_what_was_seen_is_estimated_and_weights_come_from_the_count() -> None:
    many = draw([f"t{n}" for n in range(20_000)], size=1_000, seed="june")
    assert many.seen_about == pytest.approx(20_000, rel=0.09)
    assert many.weight(20_000) == pytest.approx(20.0)
    assert without(many, many.kept[:200]).seen_about == pytest.approx(20_000 * 1_000 / 1_200, rel=0.09)


@given(IDS)
def test_it_survives_json(ids: list[str]) -> None:
    whole = taken(ids)
    assert WindowSample.from_document(json.loads(json.dumps(whole.document()))) == whole


@pytest.mark.parametrize(
    ("size", "seed", "code"),
    [
        (0, "june", "window_sample_size"),
        (100_001, "june", "window_sample_size"),
        (5, "", "seed_invalid"),
        (5, "x" * 65, "seed_invalid"),
    ],
)
def test_a_sample_that_cannot_be_taken_is_refused(size: int, seed: str, code: str) -> None:
    with pytest.raises(SampleRefused) as refused:
        draw(["a"], size=size, seed=seed)
    assert refused.value.code == code


def test_unlike_samples_and_impossible_totals_are_refused() -> None:
    for other in (draw(["a"], size=9, seed="june"), draw(["a"], size=10, seed="july")):
        with pytest.raises(SampleRefused) as refused:
            merge(taken(["a"]), other)
        assert refused.value.code == "samples_unlike"
    with pytest.raises(SampleRefused):
        over_days([])
    for each, total in ((taken(["a", "b"]), 1), (taken([]), 5)):
        with pytest.raises(SampleRefused) as refused:
            each.weight(total)
        assert refused.value.code == "sample_total_impossible"


@pytest.mark.parametrize("rows", [1, 7, 99, 100, 333])
def test_shares_sum_to_what_was_asked(rows: int) -> None:
    weights = {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}
    given = shared_out(rows, weights)
    assert sum(given.values()) == rows
    assert max(given.values()) - min(given.values()) <= 1
