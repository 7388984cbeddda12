"""The cost ratio of a cohort and the rules that limit it (statistics.md §4.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import by_cohort
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import evidence
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.ratio import fieller

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CostRatio:
    """Student cost ÷ teacher cost over the same rows, or the reason why it is unknown.

    ``interval`` is None when the data bound the ratio on neither side (Fieller).
    """

    rows: int
    value: float | None = None
    interval: Interval | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CostPart:
    """US dollars of a cohort's rows, one float a row; ``scale`` makes its share of all rows its share of traffic."""

    scale: float
    teacher_usd: Floats
    student_usd: Floats


@dataclass(frozen=True, slots=True)
class Costs:
    """What rows cost, by cohort, or the reason why it is unknown. Without ``weighted`` every row counts alike."""

    rows: int
    parts: tuple[CostPart, ...] = ()
    weighted: bool = False
    reason: str | None = None

    @property
    def teacher_usd(self) -> Floats:
        """One float a row, scaled so that the plain mean over all rows is the mean weighted by traffic."""
        return np.concatenate([part.teacher_usd * part.scale for part in self.parts])

    @property
    def student_usd(self) -> Floats:
        """The same rows in the same order."""
        return np.concatenate([part.student_usd * part.scale for part in self.parts])


def costs_of(card: Scorecard, cohort: str) -> Costs:
    """One attempt without a price makes them unknown: an unpriced call is not a free one."""
    traffic = card.traffic_of(cohort)
    if traffic.unpriced or not traffic.cost.n:
        return Costs(traffic.cost.n, reason="unpriced" if traffic.unpriced else "evidence_missing")
    weighted = cohort == GLOBAL and card.weights_source == "declared"
    names = [c.name for c in card.cohorts if card.traffic[c.name].cost.n] if cohort == GLOBAL else [cohort]
    shares = {c.name: c.weight for c in card.cohorts}
    parts = []
    for name in names:
        pairs = card.traffic[name].cost
        scale = shares[name] * traffic.cost.n / pairs.n if weighted else 1.0
        parts.append(CostPart(scale, pairs.teacher_values(), pairs.student_values()))
    return Costs(traffic.cost.n, tuple(parts), weighted)


def cost_ratio(card: Scorecard, cohort: str, *, level: float) -> CostRatio:
    """The ratio of mean costs; over all cohorts the means are weighted by traffic."""
    costs = costs_of(card, cohort)
    if costs.reason:
        return CostRatio(costs.rows, reason=costs.reason)
    teacher_usd = costs.teacher_usd
    if not teacher_usd.sum() > 0:
        return CostRatio(costs.rows, reason="teacher_cost_zero")
    estimate = fieller(costs.student_usd, teacher_usd, level=level)
    return CostRatio(costs.rows, estimate.ratio, estimate.interval)


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope: pass when the whole interval is within the limit, fail when it is beyond."""
    return by_cohort(card, rule, lambda cohort: _finding(card, policy, rule, cohort))


def _finding(card: Scorecard, policy: Policy, rule: Rule, cohort: str) -> Finding:
    found = cost_ratio(card, cohort, level=policy.level)
    finding = replace(Finding.opened(rule, cohort), value=found.value, interval=found.interval, reason=found.reason)
    if found.value is None:
        unknown = evidence.cost_unknown(cohort, reason=str(found.reason), unpriced=card.traffic_of(cohort).unpriced)
        return replace(finding, sentence=unknown)
    verdict = _verdict(found.interval, rule)
    words = evidence.cost(
        cohort, verdict, ratio=found.value, interval=found.interval, at_most=rule.limit, rows=found.rows
    )
    reason = "insufficient" if verdict == "inconclusive" else None
    return replace(finding, verdict=verdict, reason=reason, sentence=words)


def _verdict(interval: Interval | None, rule: Rule) -> FindingVerdict:
    if interval is not None and interval.low > rule.limit:
        return "fail"
    if rule.kind == "guard":
        return "clear"
    return "pass" if interval is not None and interval.high <= rule.limit else "inconclusive"
