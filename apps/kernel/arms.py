"""What each model did by itself, and the two side by side: scores, dollars and milliseconds with their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.kernel.beside import ends, rounded
from apps.kernel.gate import grouped
from apps.kernel.gate.cost_rules import Costs, costs_of
from apps.kernel.gate.latency_rules import RESAMPLES
from apps.kernel.scorecard import Cell, PairedStratum, Scorecard
from apps.kernel.statistics import bounded, clustered
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.mean import mean_of
from apps.kernel.statistics.proportion import wilson
from apps.kernel.statistics.quantile import latency_ratio_intervals, nearest_rank, order_limits

Role = Literal["teacher", "student"]
Floats = NDArray[np.float64]

ROLES: tuple[Role, Role] = ("teacher", "student")
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
USES = (0.25, 0.5, 1.0)
FEW_COSTS = 50
"""Below this many rows the t interval of a mean cost is rough: costs have a long tail (statistics.md §2, F12)."""
RESAMPLED, FEWEST_RESAMPLES = 4_000_000, 200
"""Rows × resamples of a ratio of percentiles; where fewer than 200 resamples fit, it is told without its interval."""


def score_interval(cell: Cell, role: Role, *, level: float) -> Interval | None:
    """Where an arm's mean score may lie, 0 to 1 (statistics.md §2, F1 and F2).

    Wilson's for counted scores; else Student's t with two phantom rows, or phantom clusters, of 0 and of 1. None where
    the mean is unknown, and with too few clusters to see how they differ.
    """
    if cell.delta is None or grouped.has_few_clusters(cell):
        return None
    if cell.is_counted:
        return wilson(round(float(_values(cell.strata[0], role).sum())), cell.n, level=level)
    found = _moments(cell, role).estimate(level=level).interval
    return Interval((1 + found.low) / 2, (1 + found.high) / 2, level)


def cost_per_1000(card: Scorecard, cohort: str, *, level: float) -> dict[str, object] | None:
    """US dollars of 1,000 rows in each arm with their t intervals; None where a price is missing or nothing is known.

    Over all cohorts the rows are weighted by traffic. ``few``: below 50 rows the interval is rough.
    """
    costs = costs_of(card, cohort)
    # Only cohorts without traffic may have a cost: no share of them makes a mean over all traffic.
    if costs.reason or not any(part.scale for part in costs.parts):
        return None
    found: dict[str, object] = {"n": costs.rows, "few": costs.rows < FEW_COSTS, "level": level}
    for role in ROLES:
        told = mean_of(_thousands(costs, role), level=level)
        found[role] = {"usd": rounded(told.mean), "interval": _ends(told.interval)}
    return found


def cost_ratio_at_use(card: Scorecard, cohort: str) -> dict[str, float] | None:
    """The cost ratio if own hardware were busy for a quarter, half or all of the time ("0.25", "0.5", "1").

    Its hourly price is spread over the rows it answers: idle hours make every one of them dearer. The traces an hour
    that were entered count as those of full use. None where neither model has hardware of its own, and without costs.
    """
    costs = costs_of(card, cohort)
    teacher_usd, student_usd = (_hardware_usd(card.facts, role) for role in ROLES)
    if costs.reason or not costs.teacher_usd.sum() > 0 or not (teacher_usd or student_usd):
        return None
    teacher, student = float(costs.teacher_usd.mean()), float(costs.student_usd.mean())
    return {
        f"{use:g}": rounded((student + student_usd * (1 / use - 1)) / (teacher + teacher_usd * (1 / use - 1)))
        for use in USES
    }


def latency_limits(card: Scorecard, cohort: str, *, level: float) -> dict[str, object] | None:
    """Percentiles in ms with distribution-free limits (order statistics, §4.6), and student ÷ teacher of each (F11).

    A limit is None where no row is far enough out to give one: of 200 rows none bounds a p99 from above. There a
    bootstrap cannot see beyond the slowest row either, so a ratio has no interval; nor where the teacher has a time of
    0 ms, nor above 20,000 rows.
    """
    latency = card.traffic_of(cohort).latency
    n = latency.n
    if not n:
        return None
    arms = {"teacher": np.sort(latency.teacher_values()), "student": np.sort(latency.student_values())}
    ratios = _ratio_intervals(card, latency.teacher_values(), latency.student_values(), level=level)
    found: dict[str, object] = {"n": n, "level": level}
    for (word, share), interval in zip(QUANTILES.items(), ratios, strict=True):
        ranks = order_limits(n, share, level=level)
        teacher, student = (nearest_rank(values, share) for values in arms.values())
        found[word] = {
            **{role: [None if rank is None else float(values[rank - 1]) for rank in ranks]
               for role, values in arms.items()},
            "ratio": rounded(student / teacher) if teacher > 0 else None,
            "ratio_interval": None if ranks[1] is None else _ends(interval),
        }  # fmt: skip
    return found


def _ratio_intervals(card: Scorecard, teacher: Floats, student: Floats, *, level: float) -> list[Interval | None]:
    resamples = min(RESAMPLES, RESAMPLED // len(teacher))
    if resamples < FEWEST_RESAMPLES or not teacher.min() > 0:
        return [None] * len(QUANTILES)
    shares = tuple(QUANTILES.values())
    return [*latency_ratio_intervals(teacher, student, shares, level=level, resamples=resamples, seed=card.seed)]


def _moments(cell: Cell, role: Role) -> bounded.Moments:
    """Of scores stretched from 0…1 to −1…1, so that the phantoms of a difference are those of a score."""
    if cell.clusters is None:
        return bounded.moments([bounded.Stratum(s.weight, 2 * _values(s, role) - 1) for s in cell.strata])
    stretched = [
        clustered.ClusteredStratum(
            whole.weight, whole.labels, whole.rows, 2 * _sums(stratum, role) - whole.rows
        )
        for whole, stratum in zip(grouped.strata_of(cell, loss_allowed=0.0), cell.strata, strict=True)
    ]  # fmt: skip
    return clustered.clustered_moments(stretched)


def _thousands(costs: Costs, role: Role) -> list[tuple[float, Floats]]:
    """1,000 times the dollars of each row, by cohort with its share where traffic weighs them, else all in one."""
    parts = [(p.scale * len(p.teacher_usd), p.teacher_usd if role == "teacher" else p.student_usd) for p in costs.parts]
    if costs.weighted:
        return [(share, 1000 * usd) for share, usd in parts]
    return [(1.0, 1000 * np.concatenate([usd for _, usd in parts]))]


def _values(stratum: PairedStratum, role: Role) -> Floats:
    return stratum.pairs.teacher_values() if role == "teacher" else stratum.pairs.student_values()


def _sums(stratum: PairedStratum, role: Role) -> Floats:
    """One sum of scores a cluster with complete pairs, in the order of ``grouped.strata_of``."""
    entries = stratum.clusters.entries if stratum.clusters else ()
    return np.array([teacher if role == "teacher" else student for _, n, teacher, student, _ in entries if n])


def _hardware_usd(facts: Mapping[str, Any], role: Role) -> float:
    """What one row pays for own hardware by the price the card was made with; 0 where there is none."""
    price = ((facts.get("plan") or {}).get("prices") or {}).get(role) or {}
    hourly, traces = price.get("hardware_usd_per_hour"), price.get("traces_per_hour")
    return float(hourly) / float(traces) if hourly and traces else 0.0


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else ends(interval)
