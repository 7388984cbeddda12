"""Latency percentiles of a cohort and the rules that limit their ratio (statistics.md §3 R6, §4.6)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import by_cohort
from apps.kernel.gate.times import PairedTimes, Sides, paired_times
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Scorecard
from apps.kernel.sentences import evidence, latencies
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.quantile import latency_ratio_interval, nearest_rank, rows_for_upper_limit

RESAMPLES = 2000
TEACHER_TIMED_OUT = "teacher_timed_out"
TAIL_ROWS_TO_PROVE = 10
"""Rows that must lie beyond the quantile before a ratio is proved: 1,000 rows for p99 (statistics.md §3, R6)."""


@dataclass(frozen=True, slots=True)
class LatencyRatio:
    """Student ÷ teacher of the latency at one quantile, same rows, or the reason why it is unknown."""

    rows: int
    value: float | None = None
    interval: Interval | None = None
    reason: str | None = None


def percentile_ms(
    card: Scorecard, cohort: str, quantile: float, *, first_token: bool = False
) -> tuple[float, float] | None:
    """(teacher, student) latency at the quantile by nearest rank, over rows timed in both arms; None without any.

    ``first_token`` asks for the time until the first token instead of the whole answer.
    """
    traffic = card.traffic_of(cohort)
    latency = traffic.first_token if first_token else traffic.latency
    if not latency.n:
        return None
    return nearest_rank(latency.teacher_values(), quantile), nearest_rank(latency.student_values(), quantile)


def latency_ratio(card: Scorecard, cohort: str, quantile: float, *, level: float) -> LatencyRatio:
    """The ratio with its paired bootstrap interval, seeded by the card's digest: the same card, the same interval.

    Over the rows whose times are known in both arms; an answer that ran into its deadline is endless. ``value`` is
    endless where the student's percentile is, and None with a reason where the teacher's is.
    """
    return _ratio(card, paired_times(card, cohort), quantile, level)


def _ratio(card: Scorecard, times: PairedTimes, quantile: float, level: float) -> LatencyRatio:
    teacher, student = times.seen
    if not times.n:
        return LatencyRatio(0, reason="evidence_missing")
    # A resample may consist of the fastest rows alone; a zero among the teacher's could then divide.
    if not teacher.min() > 0 or not times.favour[0].min() > 0:
        return LatencyRatio(times.n, reason="teacher_latency_zero")
    below = nearest_rank(teacher, quantile)
    if not math.isfinite(below):
        return LatencyRatio(times.n, reason=TEACHER_TIMED_OUT)
    interval = _interval(card, times.seen, quantile, level)
    return LatencyRatio(times.n, nearest_rank(student, quantile) / below, interval)


def _interval(card: Scorecard, sides: Sides, quantile: float, level: float) -> Interval:
    return latency_ratio_interval(*sides, quantile, level=level, resamples=RESAMPLES, seed=card.seed)


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope. A pass holds with every missing time counted against the student, a fail

    with every one in its favour (statistics.md §1.1).
    """
    return by_cohort(card, rule, lambda cohort: _finding(card, policy, rule, cohort))


def _finding(card: Scorecard, policy: Policy, rule: Rule, cohort: str) -> Finding:
    times = paired_times(card, cohort)
    found = _ratio(card, times, rule.quantile, policy.level)
    finding = replace(Finding.opened(rule, cohort), value=found.value, interval=found.interval, reason=found.reason)
    if found.value is None or found.interval is None:
        # However slow the student is, it is not slower than a teacher that does not answer.
        is_clear = found.reason == TEACHER_TIMED_OUT and rule.kind == "guard"
        finding = replace(finding, verdict="clear", reason=None) if is_clear else finding
        words = evidence.latency_unknown(cohort, reason=str(found.reason), is_clear=is_clear)
        return replace(finding, sentence=words)
    # Below this the teacher's quantile has no upper limit, and the bootstrap cannot see beyond the largest row.
    needed = rows_for_upper_limit(rule.quantile, alpha=policy.alpha)
    verdict, reason = _verdict(card, times, found, rule, policy, needed=needed)
    finding = replace(finding, verdict=verdict, reason=reason)
    seen = latencies.SeenRatio(
        cohort=cohort, quantile=rule.quantile, ratio=found.value, interval=found.interval, limit=rule.limit,
        rows=found.rows, missing=times.missing, needed=needed,
    )  # fmt: skip
    return replace(finding, sentence=latencies.compared(seen, verdict, reason))


def _verdict(
    card: Scorecard, times: PairedTimes, found: LatencyRatio, rule: Rule, policy: Policy, *, needed: int
) -> tuple[FindingVerdict, str | None]:
    if found.interval is None:
        return "inconclusive", "insufficient"
    if found.rows >= needed and found.interval.low > rule.limit:
        sure = not times.is_filled or _interval(card, times.favour, rule.quantile, policy.level).low > rule.limit
        return ("fail", None) if sure else ("inconclusive", "missing")
    if rule.kind == "guard":
        return "clear", None
    enough = found.rows >= max(needed, math.ceil(TAIL_ROWS_TO_PROVE / (1 - rule.quantile) - 1e-9))
    if not enough or found.interval.high > rule.limit:
        return "inconclusive", "insufficient"
    sure = not times.is_filled or _interval(card, times.against, rule.quantile, policy.level).high <= rule.limit
    return ("pass", None) if sure else ("inconclusive", "missing")
