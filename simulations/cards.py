"""Scorecards made of counts, so that thousands of whole gates can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.kernel.policy import Policy, parse
from apps.kernel.scorecard import Cell, Cohort, Evaluator, Missing, PairedStratum, Pairs, Scorecard, Traffic, Unpaired

EVALUATOR = "quality"
NOTHING = Pairs()


@dataclass(frozen=True, slots=True)
class Table:
    """Complete pairs of one cohort: lost, won and neither; and pairs without a student score."""

    losses: int
    wins: int
    n: int
    missing: int = 0

    def cell(self, cohort: str) -> Cell:
        counts = ((0.0, 1.0, self.wins), (1.0, 0.0, self.losses), (1.0, 1.0, self.n - self.losses - self.wins))
        return Cell(
            cohort=cohort,
            evaluator=EVALUATOR,
            strata=(PairedStratum(1.0, Pairs(tuple(triple for triple in counts if triple[2])), self.missing),),
            binary=True,
            missing=Missing(0, self.missing, self.missing, {"model_timeout": self.missing} if self.missing else {}),
        )


def card(tables: Mapping[str, Table], *, high_value: str | None = None) -> Scorecard:
    """A card of cohorts, one of them perhaps of high value, with one evaluator and nothing but scores."""
    rows = {name: table.n + table.missing for name, table in tables.items()}
    total = sum(rows.values())
    return Scorecard(
        cohorts=tuple(Cohort(name, name == high_value, rows[name] / total) for name in sorted(tables)),
        evaluators=(Evaluator(EVALUATOR),),
        weights_source="row_share",
        cells=tuple(tables[name].cell(name) for name in sorted(tables)),
        traffic={name: Traffic(rows[name], NOTHING, rows[name], NOTHING, rows[name]) for name in sorted(tables)},
        unpaired=Unpaired(),
        unseen=0,
        facts={},
    )


def each_cohort(kind: str, margin: float) -> Policy:
    """One score rule over every cohort, to be shown (``prove``) or watched (``guard``)."""
    rule = {"id": "cohorts", "kind": kind, "figure": "score", "scope": "each_cohort", "margin": margin}
    return parse({"name": "simulated", "alpha": 0.05, "rules": [{**rule, "evaluators": "primary", "unit": "pp"}]})
