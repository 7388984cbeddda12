"""Short ways to say a scorecard in a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.policy import Policy, parse
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Row, Scorecard, Unpaired, assemble


def arm(
    score: float | str | None, *, evaluator: str = "quality", cost: str | None = None, ms: float | None = None
) -> Arm:
    """An arm with one score; a string is the reason why it is missing, None means not applicable."""
    outcome = {} if score is None else {evaluator: Outcome(None, score) if isinstance(score, str) else Outcome(score)}
    return Arm(outcome, None if cost is None else Decimal(cost), ms)


def table(
    cohort: str,
    *,
    losses: int = 0,
    wins: int = 0,
    n: int,
    missing: int = 0,
    evaluator: str = "quality",
    reason: str = "upstream_deadline",
) -> list[Row]:
    """n complete binary rows with so many lost and won, and further rows whose student score is missing."""
    scores: list[tuple[float, float | str]] = [(1.0, 0.0)] * losses + [(0.0, 1.0)] * wins
    scores += [(1.0, 1.0)] * (n - losses - wins) + [(1.0, reason)] * missing
    return [
        Row(f"{cohort}-{evaluator}-{i}", cohort, arm(teacher, evaluator=evaluator), arm(student, evaluator=evaluator))
        for i, (teacher, student) in enumerate(scores)
    ]


def scored(cohort: str, pairs: Iterable[tuple[float, float]], *, evaluator: str = "quality") -> list[Row]:
    """Rows with graded scores, (teacher, student) each."""
    return [
        Row(
            f"{cohort}-{evaluator}-scored-{i}",
            cohort,
            arm(teacher, evaluator=evaluator),
            arm(student, evaluator=evaluator),
        )
        for i, (teacher, student) in enumerate(pairs)
    ]


def priced(cohort: str, pairs: Iterable[tuple[str | None, str | None]]) -> list[Row]:
    """Tied rows with costs in USD, (teacher, student) each."""
    return [
        Row(f"{cohort}-priced-{i}", cohort, arm(1.0, cost=teacher), arm(1.0, cost=student))
        for i, (teacher, student) in enumerate(pairs)
    ]


def timed(cohort: str, pairs: Iterable[tuple[float | None, float | None]]) -> list[Row]:
    """Tied rows with latencies in ms, (teacher, student) each."""
    return [
        Row(f"{cohort}-timed-{i}", cohort, arm(1.0, ms=teacher), arm(1.0, ms=student))
        for i, (teacher, student) in enumerate(pairs)
    ]


def card(
    rows: Sequence[Row],
    *,
    high_value: Iterable[str] = (),
    weights: dict[str, float] | None = None,
    secondary: Iterable[str] = (),
    unpaired: Unpaired | None = None,
    evaluators: Iterable[str] = ("quality",),
) -> Scorecard:
    """A card of the rows; weights by row share unless traffic weights are given."""
    names = sorted({row.cohort for row in rows} | set(weights or {}))
    return assemble(
        rows,
        cohorts=[Cohort(name, name in set(high_value), (weights or {}).get(name, 0.0)) for name in names],
        evaluators=[Evaluator(name, name not in set(secondary)) for name in evaluators],
        weights_source="declared" if weights else "row_share",
        unpaired=unpaired or Unpaired(),
        facts={"dataset": "sha256:d"},
    )


def policy(*rules: dict[str, object], alpha: float = 0.05) -> Policy:
    """A policy of rules written without ids."""
    return parse(
        {"name": "test", "alpha": alpha, "rules": [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]}
    )


def prove(margin: float, scope: str = "global", **more: object) -> dict[str, object]:
    return {"kind": "prove", "figure": "score", "scope": scope, "margin": margin, **more}


def guard(margin: float, scope: str = "global", **more: object) -> dict[str, object]:
    return {"kind": "guard", "figure": "score", "scope": scope, "margin": margin, **more}
