"""The scorecard value: everything a gate reads, with one JSON spelling and one digest."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.kernel import digest
from apps.kernel.errors import InvalidInput
from apps.kernel.scorecard.cell import Cell, Missing, PairedStratum
from apps.kernel.scorecard.clusters import Clusters
from apps.kernel.scorecard.evidence import Cohort, Evaluator, Unpaired
from apps.kernel.scorecard.judges import JudgeEvidence
from apps.kernel.scorecard.pairs import Pairs
from apps.kernel.scorecard.repeats import Repeats
from apps.kernel.scorecard.traffic import Traffic

GLOBAL = "*"
SCHEMA = 1


class ScorecardUnreadable(InvalidInput):
    """The document is not a scorecard, or not the one its digest names."""

    code = "scorecard_unreadable"
    title = "The scorecard document cannot be read"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """An immutable summary of one comparison.

    ``cells`` holds one cell per cohort × evaluator that applies to at least one row; the global cells follow from them.
    ``unseen`` counts one-sided examples that are not rows. ``judges`` holds what people's labels say of evaluators,
    where there are any. ``digest`` covers everything else in the document.
    """

    cohorts: tuple[Cohort, ...]
    evaluators: tuple[Evaluator, ...]
    weights_source: str
    cells: tuple[Cell, ...]
    traffic: Mapping[str, Traffic]
    unpaired: Unpaired
    unseen: int
    facts: Mapping[str, object]
    judges: tuple[JudgeEvidence, ...] = ()
    # Derived once, when first asked for: a gate asks often, and a large card takes a second to spell or to merge.
    _digest: str = field(default="", init=False, repr=False, compare=False)
    _all_traffic: Traffic | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def digest(self) -> str:
        if not self._digest:
            object.__setattr__(self, "_digest", digest.of(self._content()))
        return self._digest

    @property
    def seed(self) -> int:
        """For whatever is drawn at random about this card: the same card, the same draws."""
        return int(self.digest.removeprefix(digest.PREFIX)[:16], 16)

    @property
    def rows(self) -> int:
        return sum(traffic.rows for traffic in self.traffic.values())

    def cell(self, cohort: str, evaluator: str) -> Cell | None:
        """The cell, or None when the evaluator applies to no row of the cohort. ``GLOBAL`` asks for all cohorts."""
        if cohort == GLOBAL:
            return self._global_cell(evaluator)
        return next((cell for cell in self.cells if (cell.cohort, cell.evaluator) == (cohort, evaluator)), None)

    def judge(self, evaluator: str) -> JudgeEvidence | None:
        """What is known of an evaluator's error, None when nobody labelled and nothing was planted."""
        return next((judge for judge in self.judges if judge.evaluator == evaluator), None)

    def traffic_of(self, cohort: str) -> Traffic:
        """Cost and latency pairs of a cohort, or of all rows for ``GLOBAL``."""
        if cohort != GLOBAL:
            return self.traffic[cohort]
        merged = self._all_traffic or Traffic.merged(self.traffic.values())
        object.__setattr__(self, "_all_traffic", merged)
        return merged

    def document(self) -> dict[str, object]:
        """The JSON value of the card, in canonical order, its digest beside the content."""
        return {**self._content(), "digest": self.digest}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Scorecard:
        """Read a card back. Raises ScorecardUnreadable when it is malformed or its digest does not match."""
        try:
            card = _read(document)
            claimed, found = document["digest"], card.digest
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ScorecardUnreadable(f"The scorecard document is malformed: {str(error)[:80]}.") from error
        if claimed != found:
            raise ScorecardUnreadable(
                f"The document says digest {str(claimed)[:80]}, its content has {found}.",
                fix="Take the document from the record again; this copy was changed.",
            )
        return card

    def _content(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "weights_source": self.weights_source,
            "cohorts": [
                {"name": c.name, "high_value": c.high_value, "weight": c.weight, **self.traffic[c.name].document()}
                for c in self.cohorts
            ],
            "evaluators": [{"name": e.name, "primary": e.primary} for e in self.evaluators],
            "cells": [_cell_document(cell) for cell in self.cells],
            "unpaired": {
                "teacher_only": self.unpaired.teacher_only,
                "student_only": self.unpaired.student_only,
                "neither": self.unpaired.neither,
                "unseen": self.unseen,
            },
            "facts": json.loads(digest.canonical(dict(self.facts))),
            # Written only when there is something, so that cards without labels keep the digest they always had.
            **({"judges": [judge.document() for judge in self.judges]} if self.judges else {}),
        }

    def _global_cell(self, evaluator: str) -> Cell | None:
        parts = [cell for cell in self.cells if cell.evaluator == evaluator]
        if not parts:
            return None
        if self.weights_source == "row_share":
            pairs = Pairs.merged(cell.strata[0].pairs for cell in parts)
            grouped = [cell.strata[0].clusters for cell in parts]
            clusters = Clusters.merged(known) if (known := [part for part in grouped if part is not None]) else None
            missing_pairs = sum(cell.missing.pairs for cell in parts)
            strata: tuple[PairedStratum, ...] = (PairedStratum(1.0, pairs, missing_pairs, clusters),)
            unweighable: tuple[str, ...] = ()
        else:
            parts, strata, unweighable = self._weighted(parts)
        return Cell(
            cohort=GLOBAL,
            evaluator=evaluator,
            strata=strata,
            binary=all(cell.binary for cell in parts),
            missing=Missing.merged(cell.missing for cell in parts),
            unweighable=unweighable,
            repeats=Repeats.merged(asked) if (asked := [c.repeats for c in parts if c.repeats]) else None,
        )

    def _weighted(self, parts: list[Cell]) -> tuple[list[Cell], tuple[PairedStratum, ...], tuple[str, ...]]:
        """The cells that carry traffic, their strata, and the cohorts with traffic that have nothing to weigh.

        A cohort to which the evaluator does not apply leaves the weighting; one without any row does not, because
        nobody can say what the evaluator would have found there.
        """
        weights = {cohort.name: cohort.weight for cohort in self.cohorts}
        rowless = [c.name for c in self.cohorts if c.weight > 0 and self.traffic[c.name].rows == 0]
        carried = [cell for cell in parts if weights[cell.cohort] > 0]
        total = math.fsum(weights[cell.cohort] for cell in carried)
        strata = tuple(
            PairedStratum(
                weights[cell.cohort] / total, cell.strata[0].pairs, cell.missing.pairs, cell.strata[0].clusters
            )
            for cell in carried
        )
        empty = [cell.cohort for cell in carried if cell.n == 0]
        idle = [] if carried else [cell.cohort for cell in parts]
        return carried, strata, tuple(sorted([*rowless, *empty, *idle]))


def _cell_document(cell: Cell) -> dict[str, object]:
    pairs, clusters = cell.strata[0].pairs, cell.strata[0].clusters
    written: dict[str, object] = {
        "cohort": cell.cohort,
        "evaluator": cell.evaluator,
        "n": cell.n,
        "teacher": cell.teacher,
        "student": cell.student,
        "delta": cell.delta,
        "binary": cell.binary,
        "losses": cell.losses,
        "wins": cell.wins,
        "pairs": pairs.document(),
        "missing": cell.missing.document(),
    }
    if clusters is not None:
        written["clusters"] = clusters.document()
    if cell.repeats is not None:
        written["repeats"] = cell.repeats.document()
    return written


def _read(document: Mapping[str, Any]) -> Scorecard:
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']!r} is not {SCHEMA}")
    unpaired = document["unpaired"]
    return Scorecard(
        cohorts=tuple(Cohort(c["name"], c["high_value"], c["weight"]) for c in document["cohorts"]),
        evaluators=tuple(Evaluator(e["name"], e["primary"]) for e in document["evaluators"]),
        weights_source=document["weights_source"],
        cells=tuple(_read_cell(cell) for cell in document["cells"]),
        traffic={c["name"]: Traffic.from_document(c) for c in document["cohorts"]},
        unpaired=Unpaired(unpaired["teacher_only"], unpaired["student_only"], unpaired["neither"]),
        unseen=unpaired["unseen"],
        facts=dict(document["facts"]),
        judges=tuple(JudgeEvidence.from_document(judge) for judge in document.get("judges", ())),
    )


def _read_cell(document: Mapping[str, Any]) -> Cell:
    missing = Missing(**document["missing"])
    clusters = Clusters.from_document(document["clusters"]) if "clusters" in document else None
    return Cell(
        cohort=document["cohort"],
        evaluator=document["evaluator"],
        strata=(PairedStratum(1.0, Pairs.from_document(document["pairs"]), missing.pairs, clusters),),
        binary=document["binary"],
        missing=missing,
        repeats=Repeats.from_document(document["repeats"]) if "repeats" in document else None,
    )
