"""Short ways to say a card whose answers people labelled."""

from __future__ import annotations

from collections.abc import Sequence

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import (
    Anchors,
    Arm,
    Cohort,
    Evaluator,
    JudgedAnswer,
    Planted,
    Row,
    Scorecard,
    Unpaired,
    assemble,
    judge_evidence,
)
from apps.kernel.scorecard.clusters import cluster_id

Seen = tuple[float, float, float, float]
"""What people say of teacher and student, and what the judge says of them."""
TIE, UNSEEN_LOSS, TRUE_LOSS = (1.0, 1.0, 1.0, 1.0), (1.0, 0.0, 1.0, 1.0), (1.0, 0.0, 1.0, 0.0)


def answers_of(cohort: str, rows: Sequence[Seen], *, start: int = 0) -> list[JudgedAnswer]:
    """Labelled answers of rows, two a row."""
    return [
        JudgedAnswer(f"{cohort}-{number}", cohort, role, judge, (human,))
        for number, (human_teacher, human_student, teacher, student) in enumerate(rows, start)
        for role, judge, human in (("teacher", teacher, human_teacher), ("student", student, human_student))
    ]


def judged_card(
    *cohorts: tuple[str, Sequence[Seen], Sequence[tuple[float, float]]],
    planted: Planted | None = None,
    anchors: Anchors | None = None,
    weights: dict[str, float] | None = None,
    high_value: Sequence[str] = (),
) -> Scorecard:
    """A card of one evaluator, ``quality``: each cohort with its labelled rows and the judge's pairs of the others."""
    rows, answers = [], []
    for name, labelled, others in cohorts:
        pairs = [*((teacher, student) for _, _, teacher, student in labelled), *others]
        rows += [
            Row(f"{name}-{number}", name, Arm({"quality": Outcome(teacher)}), Arm({"quality": Outcome(student)}))
            for number, (teacher, student) in enumerate(pairs)
        ]
        answers += answers_of(name, labelled)
    evidence = judge_evidence("quality", answers, planted=planted, anchors=anchors)
    return assemble(
        rows,
        cohorts=[Cohort(name, name in high_value, (weights or {}).get(name, 0.0)) for name, _, _ in cohorts],
        evaluators=[Evaluator("quality")],
        weights_source="declared" if weights else "row_share",
        unpaired=Unpaired(),
        facts={},
        judges=[] if evidence is None else [evidence],
    )


def grouped_card(
    clusters: int, *, labelled: int = 5, others: int = 15, lost: int = 0, only: int | None = None
) -> Scorecard:
    """Clusters of equal size. People find the labelled rows of the first ``lost`` ones lost; the judge sees no loss.

    ``only`` so many clusters have labels.
    """
    rows, answers = [], []
    for number in range(clusters):
        name = f"c{number}"
        for place in range(labelled + others):
            key = f"{name}-{place}"
            rows.append(Row(key, "a", Arm({"quality": Outcome(1.0)}), Arm({"quality": Outcome(1.0)}), cluster=name))
            if place < labelled and (only is None or number < only):
                human = {"teacher": 1.0, "student": float(number >= lost)}
                answers += [
                    JudgedAnswer(key, "a", role, 1.0, (human[role],), cluster=cluster_id(name))
                    for role in ("teacher", "student")
                ]
    evidence = judge_evidence("quality", answers)
    return assemble(
        rows, cohorts=[Cohort("a")], evaluators=[Evaluator("quality")], weights_source="row_share",
        unpaired=Unpaired(), facts={}, judges=[evidence] if evidence else [],
    )  # fmt: skip
