from __future__ import annotations

import math
from dataclasses import replace

import pytest

from apps.kernel.sentences import latencies
from apps.kernel.sentences.latencies import Seen, SeenRatio
from apps.kernel.statistics.interval import Interval

RATIO = SeenRatio("a", 0.99, 1.41, Interval(1.29, 1.66, 0.9), 1.5, 400, 0, 299)
SEEN = Seen(
    cohort="*", quantile=0.95, until="answer", value_ms=1840.0, interval_ms=Interval(1790.0, 1910.0, 0.9),
    limit_ms=2000.0, rows=1200, within=1170, timed_out=0, missing=0, slowest_ms=2910.0, needed=59,
)  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "ending"),
    [
        ("pass", "times the teacher's, at most 1.66 plausible, within the 1.5 limit."),
        ("fail", "times the teacher's; even the kindest reading is 1.29, beyond the 1.5 limit."),
        ("clear", "times the teacher's, plausibly 1.29 to 1.66: not shown to exceed 1.5."),
        ("inconclusive", "times the teacher's, plausibly 1.29 to 1.66; the limit is 1.5. → Add rows"),
    ],
)
def test_a_ratio(verdict: str, ending: str) -> None:
    assert latencies.compared(RATIO, verdict, None).endswith(f"a: the student's p99 latency is 1.41 {ending}")


@pytest.mark.parametrize(("verdict", "word"), [("clear", "Clear"), ("inconclusive", "Not enough evidence")])
def test_a_ratio_of_few_rows(verdict: str, word: str) -> None:
    assert latencies.compared(replace(RATIO, ratio=3.0, rows=200), verdict, None) == (
        f"{word}. a: the student's p99 latency is 3.00 times the teacher's over 200 rows; the limit is 1.5. "
        "Weak look: p99 needs at least 299 rows."
    )


def test_a_bound_is_told_apart_from_the_limit() -> None:
    said = latencies.compared(replace(RATIO, ratio=1.55, interval=Interval(1.5012, 1.6, 0.9)), "fail", None)
    assert "even the kindest reading is 1.501, beyond the 1.5 limit." in said


def test_a_ratio_whose_missing_times_could_undo_it() -> None:
    assert latencies.compared(replace(RATIO, missing=12), "inconclusive", "missing") == (
        "Not enough evidence. a: 12 of 412 rows have no latency of one of the models. Counting them as slower the "
        "limit is not met. → Retry the 12"
    )
    slow = replace(RATIO, missing=1, interval=Interval(1.6, 1.7, 0.9))
    assert "Counting them as faster the slowness seen in the others is not shown." in latencies.compared(
        slow, "inconclusive", "missing"
    )
    assert "could hide a fast teacher. → Run the teacher again" in latencies.compared(RATIO, "inconclusive", "missing")


def test_a_ratio_without_an_end() -> None:
    endless = replace(RATIO, ratio=math.inf, interval=Interval(math.inf, math.inf, 0.9))
    assert latencies.compared(endless, "fail", None) == (
        "Fail. a: the student's p99 is an answer that never came, and the teacher's came; even the kindest reading is "
        "endless, beyond the 1.5 limit."
    )


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (
            "pass",
            "Pass. All cohorts: the student's p95 latency is 1,840 ms, at most 1,910 ms plausible, within the 2,000 ms "
            "limit (1,200 rows).",
        ),
        (
            "fail",
            "Fail. All cohorts: the student's p95 latency is 1,840 ms; even the kindest reading is 1,790 ms, beyond "
            "the 2,000 ms limit (1,200 rows).",
        ),
    ],
)
def test_a_limit_that_is_decided(verdict: str, said: str) -> None:
    assert latencies.decided(SEEN, verdict) == said


def test_a_limit_with_too_few_rows_for_the_percentile() -> None:
    few = replace(SEEN, quantile=0.99, rows=200, within=199, needed=299, interval_ms=Interval(1500.0, math.inf, 0.9))
    assert latencies.insufficient(few, wanted=640) == (
        "Not enough evidence. All cohorts: the student's p99 latency is 1,840 ms over 200 rows, the slowest 2,910 ms; "
        "the limit is 2,000 ms. p99 needs at least 299 rows, about 640 at the share seen in time. → Add rows"
    )


def test_a_limit_that_more_rows_would_decide_or_rather_break() -> None:
    assert latencies.insufficient(SEEN, wanted=2400) == (
        "Not enough evidence. All cohorts: the student's p95 latency is 1,840 ms, plausibly 1,790 ms to 1,910 ms; the "
        "limit is 2,000 ms. About 2,400 rows would decide at the share seen in time (1,200 rows). → Add rows"
    )
    late = replace(SEEN, within=1130, timed_out=24, value_ms=math.inf)
    assert latencies.insufficient(late, wanted=None) == (
        "Not enough evidence. All cohorts: the student's p95 latency is endless; 94.2 % came within 2,000 "
        "ms, not more than 95 %. More rows may well end in a fail (1,200 rows, 24 of them timed out). → Add rows"
    )


def test_a_clear_guard_says_what_it_would_have_noticed() -> None:
    assert latencies.clear(SEEN, noticed=0.921) == (
        "Clear. All cohorts: the student's p95 latency is 1,840 ms, plausibly 1,790 ms to 1,910 ms: not shown to "
        "exceed 2,000 ms (1,200 rows). Would have noticed 92.1 % or fewer in time (80 % chance)."
    )
    open_end = replace(SEEN, interval_ms=Interval(1790.0, math.inf, 0.9))
    assert "plausibly 1,790 ms or more" in latencies.clear(open_end, noticed=0.9)
    assert "Weak look: p95 needs more rows before any slowness is noticed." in latencies.clear(SEEN, noticed=None)


def test_times_that_are_missing_and_first_tokens() -> None:
    absent = replace(SEEN, rows=288, missing=12, until="first_token")
    assert latencies.missing(absent, harm_shown=False) == (
        "Not enough evidence. All cohorts: 12 of 300 rows have no time to the first token of the student. Counting "
        "them as slower the 2,000 ms limit is not met. → Retry the 12"
    )
    assert "Counting them as faster" in latencies.missing(absent, harm_shown=True)
    assert "Stream the student" in latencies.unknown("*", until="first_token")
    assert "Record latencies" in latencies.unknown("*", until="answer")


@pytest.mark.parametrize(
    ("ms", "said"), [(1840.2, "1,840 ms"), (3.0, "3 ms"), (0.4172, "0.42 ms"), (math.inf, "endless")]
)
def test_milliseconds(ms: float, said: str) -> None:
    assert latencies.milliseconds(ms) == said
