"""What a conversation counts as, and which conversations may be counted already."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.canary.observation import Observation, ready
from apps.kernel.errors import InvalidInput
from tests.kernel.canary.traffic import conversation

PATIENCE_MS, GRACE_MS = 60_000, 5_000


def values(one: Observation) -> tuple[float | None, ...]:
    return one.value("quality"), one.value("errors"), one.value("latency")


def test_an_answer_that_was_scored_counts_for_all_three() -> None:
    assert values(conversation(1, is_student=True, score=0.75)) == (0.75, 1.0, 1.0)
    assert values(conversation(1, is_student=True, score=0.75, in_time=False)) == (0.75, 1.0, 0.0)


def test_a_fallback_is_a_failure_of_the_student_in_all_three() -> None:
    """What the teacher then answered may score well; it is no merit of the student."""
    assert values(conversation(1, is_student=True, score=1.0, has_failed=True)) == (0.0, 0.0, 0.0)


def test_a_conversation_that_was_not_drawn_says_nothing_of_quality() -> None:
    assert values(conversation(1, is_student=True, is_sampled=False, score=None)) == (None, 1.0, 1.0)
    assert values(conversation(1, is_student=True, is_sampled=False, score=None, has_failed=True)) == (None, 0.0, 0.0)


@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), 1.1, -0.2])
def test_a_score_that_is_not_there_is_missing_and_an_error_but_never_0(score: float | None) -> None:
    one = conversation(1, is_student=False, score=score)
    assert one.is_missing
    assert values(one) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("score", "clipped"), [(1.0000005, 1.0), (-0.0000005, 0.0)])
def test_a_score_that_is_off_by_rounding_is_clipped(score: float, clipped: float) -> None:
    assert conversation(1, is_student=True, score=score).value("quality") == clipped


def waiting(place: int, **changes: object) -> Observation:
    return conversation(place, is_student=True, score=None, has_failed=None, settled_at_ms=None, **changes)


def read_at(now_ms: int, *conversations: Observation) -> list[str]:
    found = ready(conversations, now_ms=now_ms, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS)
    return [one.conversation for one in found]


def test_a_late_score_holds_up_all_that_were_asked_after_it() -> None:
    rows = [conversation(3, is_student=False), waiting(2), conversation(1, is_student=False)]
    assert read_at(30_000, *rows) == ["c000001"]
    rows[1] = replace(rows[1], score=1.0, has_failed=False, settled_at_ms=31_000)
    assert read_at(31_000, *rows) == ["c000001", "c000002", "c000003"]


def test_patience_ends_and_what_did_not_come_is_missing() -> None:
    assert read_at(62_000, waiting(2), conversation(3, is_student=False)) == []
    given_up, after = ready(
        [waiting(2), conversation(3, is_student=False)], now_ms=62_001, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS
    )
    assert (given_up.is_missing, values(given_up)) == (True, (None, 0.0, 0.0))
    assert after == conversation(3, is_student=False)


def test_what_settled_too_late_is_missing_though_it_is_known_by_now() -> None:
    late = conversation(2, is_student=True, settled_at_ms=2_000 + PATIENCE_MS + 1)
    [found] = ready([late], now_ms=10**9, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS)
    assert (found.is_missing, values(found)) == (True, (None, 0.0, 0.0))
    just = conversation(2, is_student=True, settled_at_ms=2_000 + PATIENCE_MS)
    assert ready([just], now_ms=10**9, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS) == (just,)


def test_an_answer_that_never_came_and_was_not_to_be_scored_is_a_failure() -> None:
    [found] = ready([waiting(2, is_sampled=False)], now_ms=10**9, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS)
    assert values(found) == (None, 0.0, 0.0)


def test_the_last_seconds_are_not_read_since_an_earlier_request_may_still_be_written() -> None:
    rows = [conversation(place, is_student=False) for place in range(10)]
    assert read_at(9_000, *rows) == [f"c{place:06}" for place in range(5)]


@given(
    st.lists(st.integers(0, 90_000), min_size=1, max_size=12), st.lists(st.integers(0, 120_000), max_size=6), st.data()
)
def test_however_often_one_looks_the_same_conversations_are_read_in_the_same_order(
    delays_ms: list[int], looks_ms: list[int], drawn: st.DataObject
) -> None:
    settled = [
        conversation(place, is_student=True, settled_at_ms=1_000 * place + delay)
        for place, delay in enumerate(delays_ms)
    ]

    def seen_at(now_ms: int) -> list[Observation]:
        """What the database holds at that time: nothing is known before it has settled."""
        rows = [one for one in settled if one.requested_at_ms <= now_ms]
        return [
            one if one.settled_at_ms is not None and one.settled_at_ms <= now_ms else waiting(place, in_time=None)
            for place, one in enumerate(rows)
        ]

    read: list[Observation] = []
    for now_ms in [*sorted(looks_ms), 10**6]:
        rows = seen_at(now_ms)[len(read) :]
        shuffled = drawn.draw(st.permutations(rows))
        read += ready(shuffled, now_ms=now_ms, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS)
    at_once = ready(seen_at(10**6), now_ms=10**6, patience_ms=PATIENCE_MS, grace_ms=GRACE_MS)
    assert [(one.place, values(one)) for one in read] == [(one.place, values(one)) for one in at_once]


@pytest.mark.parametrize(("patience_ms", "grace_ms"), [(1_000, 2_000), (1_000, -1)])
def test_patience_below_the_grace_is_refused(patience_ms: int, grace_ms: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        ready([], now_ms=0, patience_ms=patience_ms, grace_ms=grace_ms)
    assert refused.value.code == "patience_too_short"
