"""What a card knows of a judge's error: people's labels beside its scores, and planted answers with a known verdict.

Only counts are kept, like everything on a card: no text, no names. Figures are drawn from them when they are asked for.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from apps.kernel.scorecard.anchors import Anchors
from apps.kernel.statistics.agreement import JudgeTable

Role = Literal["teacher", "student"]
LabelledRow = tuple[float, float, float, float, int]
LabelledCluster = tuple[str, int, float, float, float, float]

PASSES_FROM = 0.5
"""A graded score of this or more counts as a pass where a table needs yes or no."""
DIGITS = 9
NO_ANSWERS = JudgeTable(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """One answer of a labelled row: the judge's score, None where missing, and one label a labeller, all 0 to 1.

    A row with repeats comes as several answers, those without labels too. ``cluster`` is the id that the card's cells
    give the row's cluster, None where the dataset has none.
    """

    key: str
    cohort: str
    role: Role
    judge: float | None
    labels: tuple[float, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledCohort:
    """Rows both of whose answers have a label and a score: (human teacher, human student, judge teacher, judge student,

    count), sorted. ``clusters`` says the same by cluster: (id, rows, then the sums of the four over them), sorted.
    """

    cohort: str
    rows: tuple[LabelledRow, ...]
    clusters: tuple[LabelledCluster, ...] = ()

    @property
    def n(self) -> int:
        return sum(row[4] for row in self.rows)


@dataclass(frozen=True, slots=True)
class Planted:
    """Answers with a known verdict that the judge was asked about: how many, how many without a verdict,

    and how many it got wrong by the code of the case.
    """

    asked: int
    missing: int = 0
    misjudged: Mapping[str, int] = field(default_factory=dict)

    @property
    def wrong(self) -> int:
        return sum(self.misjudged.values())


@dataclass(frozen=True, slots=True)
class JudgeEvidence:
    """One evaluator's labels. ``split`` answers have labellers evenly divided and stand in no table.

    ``ratings`` counts patterns (judge, labeller, labeller, …) of single answers, labellers' values sorted.
    """

    evaluator: str
    teacher: JudgeTable = NO_ANSWERS
    student: JudgeTable = NO_ANSWERS
    split: int = 0
    cohorts: tuple[LabelledCohort, ...] = ()
    ratings: tuple[tuple[tuple[float, ...], int], ...] = ()
    planted: Planted | None = None
    anchors: Anchors | None = None

    @property
    def answers(self) -> int:
        """Labelled answers that the judge scored too."""
        return sum(count for _, count in self.ratings)

    def cohort(self, name: str) -> LabelledCohort:
        """The labelled rows of a cohort, none where nobody labelled."""
        return next((found for found in self.cohorts if found.cohort == name), LabelledCohort(name, ()))

    def document(self) -> dict[str, object]:
        planted = self.planted
        return {
            "evaluator": self.evaluator,
            "tables": {"teacher": _table(self.teacher), "student": _table(self.student), "split": self.split},
            "cohorts": [
                # Written only where rows have clusters, so that cards without any keep the digest they always had.
                {"cohort": one.cohort, "rows": [list(row) for row in one.rows]}
                | ({"clusters": [list(group) for group in one.clusters]} if one.clusters else {})
                for one in self.cohorts
            ],
            "ratings": [[list(values), count] for values, count in self.ratings],
            "planted": None if planted is None else {
                "asked": planted.asked,
                "missing": planted.missing,
                "misjudged": dict(sorted(planted.misjudged.items())),
            },
            **({} if self.anchors is None else {"anchors": self.anchors.document()}),
        }  # fmt: skip

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> JudgeEvidence:
        tables, planted = document["tables"], document["planted"]
        return cls(
            evaluator=document["evaluator"],
            teacher=JudgeTable(*tables["teacher"]),
            student=JudgeTable(*tables["student"]),
            split=tables["split"],
            cohorts=tuple(
                LabelledCohort(
                    one["cohort"],
                    tuple(_row(row[:4], row[4]) for row in one["rows"]),
                    tuple(_group(group[0], group[1], group[2:]) for group in one.get("clusters", ())),
                )
                for one in document["cohorts"]
            ),
            ratings=tuple((tuple(map(float, values)), int(count)) for values, count in document["ratings"]),
            planted=None
            if planted is None
            else Planted(planted["asked"], planted["missing"], dict(planted["misjudged"])),
            anchors=Anchors.from_document(document["anchors"]) if "anchors" in document else None,
        )


def judge_evidence(
    evaluator: str,
    answers: Iterable[JudgedAnswer],
    *,
    planted: Planted | None = None,
    anchors: Anchors | None = None,
) -> JudgeEvidence | None:
    """Count an evaluator's labels, in any order; None when there are no labels, nothing planted and no anchors.

    An answer that the judge did not score says nothing about the judge and is left out.
    """
    found = list(answers)
    labelled = [answer for answer in found if answer.labels and answer.judge is not None]
    if not labelled and planted is None and anchors is None:
        return None
    return JudgeEvidence(
        evaluator=evaluator,
        teacher=_counted(answer for answer in labelled if answer.role == "teacher"),
        student=_counted(answer for answer in labelled if answer.role == "student"),
        split=sum(_share(answer) == PASSES_FROM for answer in labelled),
        cohorts=_cohorts(found),
        ratings=_patterns(labelled),
        planted=planted,
        anchors=anchors,
    )


def _counted(answers: Iterable[JudgedAnswer]) -> JudgeTable:
    counts = Counter(
        ((answer.judge or 0.0) >= PASSES_FROM, _share(answer) > PASSES_FROM)
        for answer in answers
        if _share(answer) != PASSES_FROM
    )
    return JudgeTable(
        both_pass=counts[True, True],
        judge_only=counts[True, False],
        human_only=counts[False, True],
        both_fail=counts[False, False],
    )


def _cohorts(answers: Sequence[JudgedAnswer]) -> tuple[LabelledCohort, ...]:
    """Rows with both arms labelled and scored. Repeats are averaged: scores over all, labels over the labelled."""
    sides: dict[tuple[str, str], dict[str, list[JudgedAnswer]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        sides[answer.cohort, answer.key][answer.role].append(answer)
    counts: dict[str, Counter[tuple[float, ...]]] = defaultdict(Counter)
    groups: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for (cohort, _), arms in sides.items():
        teacher, student = _arm(arms["teacher"]), _arm(arms["student"])
        if teacher is not None and student is not None:
            values = (teacher[0], student[0], teacher[1], student[1])
            counts[cohort][values] += 1
            if (cluster := arms["teacher"][0].cluster) is not None:
                groups[cohort][cluster].append(values)
    return tuple(
        LabelledCohort(
            cohort,
            tuple(_row(values, count) for values, count in sorted(counts[cohort].items())),
            tuple(_summed(cluster, rows) for cluster, rows in sorted(groups[cohort].items())),
        )
        for cohort in sorted(counts)
    )


def _summed(cluster: str, rows: Sequence[tuple[float, ...]]) -> LabelledCluster:
    # Sorted, so that the order in which rows came cannot reach the last digit.
    return _group(cluster, len(rows), [math.fsum(sorted(column)) for column in zip(*rows, strict=True)])


def _group(cluster: str, rows: int, sums: Sequence[float]) -> LabelledCluster:
    human_teacher, human_student, teacher, student = (round(float(total), DIGITS) + 0.0 for total in sums)
    return str(cluster), int(rows), human_teacher, human_student, teacher, student


def _arm(answers: Sequence[JudgedAnswer]) -> tuple[float, float] | None:
    """(human, judge) of one side of a row, each a mean; None without a label or without a score."""
    shares = [_share(answer) for answer in answers if answer.labels]
    scores = [answer.judge for answer in answers if answer.judge is not None]
    if not shares or not scores:
        return None
    return _mean(shares), _mean(scores)


def _patterns(answers: Iterable[JudgedAnswer]) -> tuple[tuple[tuple[float, ...], int], ...]:
    counts = Counter(
        (round(answer.judge or 0.0, DIGITS) + 0.0, *(round(label, DIGITS) + 0.0 for label in sorted(answer.labels)))
        for answer in answers
    )
    return tuple(sorted(counts.items()))


def _share(answer: JudgedAnswer) -> float:
    return _mean(answer.labels)


def _mean(values: Sequence[float]) -> float:
    # Sorted, so that the order in which labels came cannot reach the last digit.
    return round(sum(sorted(values)) / len(values), DIGITS) + 0.0


def _row(values: Sequence[float], count: int) -> LabelledRow:
    human_teacher, human_student, teacher, student = map(float, values)
    return human_teacher, human_student, teacher, student, int(count)


def _table(table: JudgeTable) -> list[int]:
    return [table.both_pass, table.judge_only, table.human_only, table.both_fail]
