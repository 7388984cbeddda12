"""The one document of a comparison that terminal, REST and page show alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apps.kernel import arms, beside, digest, mix
from apps.kernel.collecting import to_collect
from apps.kernel.gate import Decided, Finding, grouped, worst
from apps.kernel.gate.cost_rules import cost_ratio
from apps.kernel.gate.divergence_rules import text_divergence, token_divergence
from apps.kernel.gate.finding import WORST_FIRST, Remark, points, remarks_document
from apps.kernel.gate.latency_rules import percentile_ms
from apps.kernel.gate.measure import interval_of, smallest_loss_seen
from apps.kernel.judge_report import judges_of
from apps.kernel.scorecard import GLOBAL, Cell, Scorecard

DEFAULT_LEVEL = 0.90


def report(card: Scorecard, decided: Decided | None) -> dict[str, object]:
    """Everything a reader needs about a card, as JSON; null where unknown, with the reason beside it.

    ``"*"`` comes first among cells and cohorts and stands for all of them, weighted by traffic. ``delta_pp`` is
    student − teacher in percentage points; cells no score rule touched have no verdict and a 90 % interval. Latencies
    at ``"*"`` are over all rows, each counting once. ``judges`` is there when people labelled answers or answers were
    planted (judge_report.py). Under circumstances the document also holds them, remarks that decide nothing, and
    ``to_collect``: what would decide the findings left open.
    """
    findings = () if decided is None else decided.findings
    names = [GLOBAL, *(cohort.name for cohort in card.cohorts)]
    looks = beside.looks(card)
    cells = [
        {
            **_cell(cell, [finding for finding in findings if _touches(finding, cell)]),
            **_beside(card, cell, looks.get((cohort, evaluator.name))),
        }
        for cohort in names
        for evaluator in card.evaluators
        if (cell := card.cell(cohort, evaluator.name)) is not None
    ]
    judges = judges_of(card, level=decided.level if decided else DEFAULT_LEVEL)
    document: dict[str, object] = {
        "verdict": None if decided is None else decided.verdict,
        "findings": [finding.document() for finding in findings],
        "cells": cells,
        "cohorts": [_cohort(card, name, decided.level if decided else DEFAULT_LEVEL) for name in names],
        "unpaired": {
            "teacher_only": card.unpaired.teacher_only,
            "student_only": card.unpaired.student_only,
            "neither": card.unpaired.neither,
        },
        "weights_source": card.weights_source,
        "facts": json.loads(digest.canonical(dict(card.facts))),
        # Only where there is something, so that reports without labels keep the digest they always had.
        **({"judges": judges} if judges else {}),
        "policy_digest": None if decided is None else decided.policy_digest,
        "digest": card.digest,
    }
    return document if decided is None else {**document, **_around(card, decided, document)}


def _around(card: Scorecard, decided: Decided, document: Mapping[str, Any]) -> dict[str, object]:
    if decided.circumstances is None:
        return {}
    hidden = [Remark("hidden_loss", sentence) for sentence in mix.warnings(document)]
    return {
        "circumstances": decided.circumstances.document(),
        "remarks": remarks_document([*decided.remarks, *hidden]),
        "to_collect": [line.document() for line in to_collect(card, decided.findings)],
    }


def _touches(finding: Finding, cell: Cell) -> bool:
    return finding.figure == "score" and (finding.cohort, finding.evaluator) == (cell.cohort, cell.evaluator)


def _cell(cell: Cell, findings: Sequence[Finding]) -> dict[str, object]:
    """A cell carries the worst verdict any score rule gave it, with that rule's margin and interval."""
    ruling = min(findings, key=lambda finding: WORST_FIRST.index(finding.verdict), default=None)
    # A corrected interval would not lie around the raw difference beside it; it stands with the judge.
    drawn = ruling.interval if ruling and ruling.judge == "raw" else None
    interval = drawn or interval_of(cell, level=DEFAULT_LEVEL)
    return {
        "cohort": cell.cohort,
        "evaluator": cell.evaluator,
        "n": cell.n,
        "teacher": _rounded(cell.teacher),
        "student": _rounded(cell.student),
        "delta_pp": points(cell.delta),
        "interval_pp": None if interval is None else [points(interval.low), points(interval.high)],
        "level": None if interval is None else interval.level,
        "losses": cell.losses,
        "wins": cell.wins,
        "verdict": worst(finding.verdict for finding in findings),
        "reason": None if ruling is None else ruling.reason,
        "rule": None if ruling is None else ruling.rule,
        "rows_to_decide": None if ruling is None else ruling.rows_to_decide,
        "margin_pp": None if ruling is None else points(ruling.limit),
        "missing": cell.missing.document(),
    }


def _beside(card: Scorecard, cell: Cell, look: dict[str, object] | None) -> dict[str, object]:
    """What stands beside the verdict of a cell; null where there is nothing of the kind."""
    seen = smallest_loss_seen(cell, alpha=round((1 - DEFAULT_LEVEL) / 2, 12))
    clusters = cell.clusters
    by_arm = {role: arms.score_interval(cell, role, level=DEFAULT_LEVEL) for role in arms.ROLES}
    return {
        **{f"{role}_interval": None if found is None else beside.ends(found) for role, found in by_arm.items()},
        "smallest_loss_seen_pp": points(seen),
        "missing_rates": beside.missing_rates(cell, level=DEFAULT_LEVEL),
        "clusters": None
        if clusters is None
        else {
            "count": clusters.count,
            "few": grouped.has_few_clusters(cell),
            "thin": clusters.count < grouped.THIN_CLUSTERS,
        },
        "noise": beside.noise_of(card, cell, level=DEFAULT_LEVEL),
        "heterogeneity": look,
    }


def _cohort(card: Scorecard, name: str, level: float) -> dict[str, object]:
    known = next((cohort for cohort in card.cohorts if cohort.name == name), None)
    cost = cost_ratio(card, name, level=level)
    reason = cost.reason or (None if cost.interval else "unbounded")
    latencies = {quantile: percentile_ms(card, name, quantile) for quantile in (0.5, 0.95, 0.99)}
    return {
        "cohort": name,
        "n": card.traffic_of(name).rows,
        "high_value": None if known is None else known.high_value,
        "weight": 1.0 if known is None else known.weight,
        "cost_ratio": _rounded(cost.value),
        "cost_ratio_interval": None if cost.interval is None else [cost.interval.low, cost.interval.high],
        "cost_ratio_level": None if cost.interval is None else cost.interval.level,
        "cost_ratio_reason": reason,
        "latency_p50_ms": _both(latencies[0.5]),
        "latency_p95_ms": _both(latencies[0.95]),
        "latency_p99_ms": _both(latencies[0.99]),
        "latency_reason": None if latencies[0.5] else "evidence_missing",
        "cost_usd_per_1000": arms.cost_per_1000(card, name, level=level),
        "cost_ratio_at_use": arms.cost_ratio_at_use(card, name),
        "latency_limits_ms": arms.latency_limits(card, name, level=level),
        "first_token_ms": _first_token(card, name),
        "endings": beside.ending_rates(card, name, level=DEFAULT_LEVEL),
        "divergence": _divergence(card, name),
        # Only of a run that asked for it, so that reports of others keep the digest they always had.
        **({"bits_per_byte": _byte_gap(card, name, level)} if card.traffic_of(name).texts is not None else {}),
    }


def _first_token(card: Scorecard, name: str) -> dict[str, object] | None:
    """Times until the first token, over the rows where both arms streamed; None without any."""
    rows = card.traffic_of(name).first_token.n
    if not rows:
        return None
    figures = {
        word: _both(percentile_ms(card, name, quantile, first_token=True))
        for word, quantile in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {"n": rows, **figures}


def _divergence(card: Scorecard, name: str) -> dict[str, object]:
    """Bounds over shared prefixes in nats a token; null with its reason where there are none."""
    found = token_divergence(card, name, level=DEFAULT_LEVEL)
    written: dict[str, object] = {
        "n": found.rows,
        "positions": found.positions,
        "missing": dict(found.missing),
        "reason": found.reason,
    }
    mean = found.mean
    return {
        **written,
        "at_least_nats": None if mean is None else _rounded(mean.kl_low_nats),
        "interval_nats": None if mean is None or mean.interval is None else beside.ends(mean.interval),
        "tv_bounds": None if mean is None else [_rounded(mean.tv_low), _rounded(mean.tv_high)],
        "covered": None if mean is None else _rounded(mean.covered),
        "thin": None if mean is None else mean.is_thin,
    }


def _byte_gap(card: Scorecard, name: str, level: float) -> dict[str, object]:
    """The gap in bits a byte with both sides of it; null with its reason where no row could be measured."""
    found = text_divergence(card, name, level=level)
    gap = found.gap
    return {
        "n": 0 if gap is None else gap.n,
        "missing": dict(found.missing),
        "reason": found.reason,
        "means": None if gap is None else gap.means,
        "sampling": texts.sampling if (texts := card.traffic_of(name).texts) else None,
        "gap": None if gap is None else _rounded(gap.bits_per_byte),
        "interval": None if gap is None or gap.interval is None else beside.ends(gap.interval),
        "level": None if gap is None or gap.interval is None else gap.interval.level,
        "teacher": None if gap is None else _rounded(gap.teacher),
        "student": None if gap is None else _rounded(gap.student),
    }


def _both(values: tuple[float, float] | None) -> dict[str, float | None]:
    teacher, student = values or (None, None)
    return {"teacher": teacher, "student": student}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 9) + 0.0
