from __future__ import annotations

import math

import pytest

from apps.inference import errors
from apps.kernel.gate.times import AT_ONCE, PairedTimes, Times, paired_times, student_times
from apps.kernel.scorecard import NO_OUTPUT, Arm, Row, Scorecard, Unpaired
from apps.kernel.scorecard.endings import TIMED_OUT
from tests.kernel.cards import card

OUT, FAULT, SILENT = Arm(fault=TIMED_OUT), Arm(fault="upstream_failed"), Arm(fault=NO_OUTPUT)


def at(ms: float, first: float | None = None) -> Arm:
    return Arm(latency_ms=ms, first_token_ms=first)


def of(*rows: tuple[Arm, Arm], unpaired: Unpaired | None = None) -> Scorecard:
    return card([Row(str(i), "a", teacher, student) for i, (teacher, student) in enumerate(rows)], unpaired=unpaired)


def listed(times: PairedTimes) -> dict[str, list[tuple[float, float]]]:
    return {
        name: sorted(zip(*(side.tolist() for side in getattr(times, name)), strict=True))
        for name in ("seen", "against", "favour")
    }


def test_a_time_out_is_the_fault_that_a_call_gives_it() -> None:
    assert TIMED_OUT == errors.DEADLINE


def test_the_students_times_need_no_time_of_the_teacher() -> None:
    times = student_times(of((at(1), at(30)), (OUT, at(10)), (FAULT, at(20))), "a")
    assert (sorted(times.known.tolist()), times.timed_out, times.missing) == ([10, 20, 30], 0, 0)


def test_an_answer_that_timed_out_never_came_and_one_that_failed_is_missing() -> None:
    evidence = of((at(1), OUT), (OUT, OUT), (at(1), FAULT), (at(1), SILENT), (at(1), Arm()), (at(1), at(5)))
    times = student_times(evidence, "*")
    assert (times.known.tolist(), times.timed_out, times.missing, times.n) == ([5], 2, 3, 3)
    assert times.slowest == math.inf
    assert times.within(5) == 1
    assert [times.percentile(q) for q in (0.3, 0.5)] == [5, math.inf]


def test_one_sided_examples_might_belong_to_any_cohort() -> None:
    assert student_times(of((at(1), at(5)), unpaired=Unpaired(2, 1, 7)), "a").missing == 3


def test_nobody_knows_when_an_answer_began_that_never_came() -> None:
    evidence = of((at(1, 1), at(9, 3)), (at(1), at(9, 4)), (at(1), OUT), (at(1), at(9)))
    times = student_times(evidence, "a", until="first_token")
    assert (sorted(times.known.tolist()), times.timed_out, times.missing) == ([3, 4], 0, 2)


def test_limits_without_an_end_are_open() -> None:
    few = Times(known=student_times(of(*[(at(1), at(5))] * 20), "a").known, timed_out=0, missing=0)
    found = few.interval(0.99, level=0.9)
    assert (found.low, found.high) == (5.0, math.inf)
    assert few.interval(0.5, level=0.9).high == 5.0


def test_pairs_are_seen_where_both_are_known_or_never_came() -> None:
    times = paired_times(
        of((at(1), at(2)), (at(3), OUT), (OUT, at(4)), (OUT, OUT), (at(7), FAULT), (FAULT, at(8))), "a"
    )
    assert listed(times)["seen"] == [(1, 2), (7, math.inf), (math.inf, 8), (math.inf, math.inf)]
    assert (times.n, times.missing, times.is_filled) == (4, 2, True)


def test_what_is_missing_is_filled_in_as_badly_and_as_well_as_can_be() -> None:
    times = paired_times(of((at(1), at(2)), (at(3), FAULT), (FAULT, at(4)), (FAULT, FAULT), (FAULT, OUT)), "a")
    found = listed(times)
    assert found["against"] == [(AT_ONCE, 4), (AT_ONCE, math.inf), (AT_ONCE, math.inf), (1, 2), (3, math.inf)]
    # The card does not tell which row timed out: here the one that the teacher answered is taken for it.
    assert found["favour"] == [(1, 2), (3, math.inf), (math.inf, 0), (math.inf, 0), (math.inf, 4)]
    assert times.missing == 3


def test_a_card_with_every_time_reads_one_way() -> None:
    times = paired_times(of((at(1), at(2)), (at(3), at(4))), "a")
    assert not times.is_filled
    assert listed(times)["seen"] == listed(times)["against"] == listed(times)["favour"]


@pytest.mark.parametrize("rows", [[(at(1), OUT)] * 3, [(OUT, OUT)], [(FAULT, FAULT)], [(SILENT, at(1))]])
def test_all_three_readings_have_as_many_times_of_both(rows: list[tuple[Arm, Arm]]) -> None:
    times = paired_times(of(*rows), "a")
    assert all(len(teacher) == len(student) for teacher, student in (times.seen, times.against, times.favour))
    assert len(times.against[0]) == len(times.favour[0]) == len(rows)
