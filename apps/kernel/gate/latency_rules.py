"""Latency percentiles of a cohort and the rules that limit their ratio (statistics.md §4.6)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import by_cohort
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Scorecard
from apps.kernel.sentences import evidence
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.quantile import latency_ratio_interval, nearest_rank, rows_for_upper_limit

RESAMPLES = 2000
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
    """The ratio with its paired bootstrap interval, seeded by the card's digest: the same card, the same interval."""
    latency = card.traffic_of(cohort).latency
    both = percentile_ms(card, cohort, quantile)
    if both is None:
        return LatencyRatio(0, reason="evidence_missing")
    teacher, student = latency.teacher_values(), latency.student_values()
    # A resample may consist of the fastest rows alone; a zero among the teacher's could then divide.
    if not both[0] > 0 or not teacher.min() > 0:
        return LatencyRatio(latency.n, reason="teacher_latency_zero")
    interval = latency_ratio_interval(teacher, student, quantile, level=level, resamples=RESAMPLES, seed=card.seed)
    return LatencyRatio(latency.n, both[1] / both[0], interval)


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope."""
    return by_cohort(card, rule, lambda cohort: _finding(card, policy, rule, cohort))


def _finding(card: Scorecard, policy: Policy, rule: Rule, cohort: str) -> Finding:
    found = latency_ratio(card, cohort, rule.quantile, level=policy.level)
    finding = replace(Finding.opened(rule, cohort), value=found.value, interval=found.interval, reason=found.reason)
    if found.value is None or found.interval is None:
        return replace(finding, sentence=evidence.latency_unknown(cohort, reason=str(found.reason)))
    # Below this the teacher's quantile has no upper limit, and the bootstrap cannot see beyond the largest row.
    needed = rows_for_upper_limit(rule.quantile, alpha=policy.alpha)
    verdict = _verdict(found.interval, rule, rows=found.rows, needed=needed)
    reason = "insufficient" if verdict == "inconclusive" else None
    if found.rows < needed:
        words = evidence.latency_few(
            cohort,
            verdict,
            quantile=rule.quantile,
            ratio=found.value,
            rows=found.rows,
            needed=needed,
            at_most=rule.limit,
        )
    else:
        words = evidence.latency(
            cohort, verdict, quantile=rule.quantile, ratio=found.value, interval=found.interval, at_most=rule.limit
        )
    return replace(finding, verdict=verdict, reason=reason, sentence=words)


def _verdict(interval: Interval, rule: Rule, *, rows: int, needed: int) -> FindingVerdict:
    if rows >= needed and interval.low > rule.limit:
        return "fail"
    if rule.kind == "guard":
        return "clear"
    enough = rows >= max(needed, math.ceil(TAIL_ROWS_TO_PROVE / (1 - rule.quantile) - 1e-9))
    return "pass" if enough and interval.high <= rule.limit else "inconclusive"
