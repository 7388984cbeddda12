"""Figures of a part: by cohort and side, with what is still missing, and without any conclusion."""

from __future__ import annotations

from decimal import Decimal

from apps.datasets.models import Example
from apps.evals import coordinate, so_far
from apps.evals.models import Generation, Score
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.test_slice import client_of, right, started
from tests.factories import runs


def test_nothing_so_far_is_no_mean(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project, rows=runs.golden_rows(5))
        sides = so_far.by_cohort(run, so_far.counts(run))
    assert [(one.cohort, one.role, one.planned, one.answered) for one in sides] == [
        ("gold", "teacher", 2, 0), ("gold", "student", 2, 0), ("plain", "teacher", 3, 0), ("plain", "student", 3, 0),
    ]  # fmt: skip
    assert {score for one in sides for score in one.scores} == {so_far.MeanSoFar("ExactMatch", True, 0, 0, None)}


def test_a_mean_is_over_what_has_a_value(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        plain = list(Example.objects.filter(cohort__name="plain").order_by("key"))
        for example, value, fault in zip(plain, (1.0, 0.25, None), ("", "", "upstream_failed"), strict=True):
            answer = Generation.objects.create(run=run, example=example, role="student", fault=fault, cost_usd="0.1")
            Score.objects.create(generation=answer, evaluator="ExactMatch", value=value, reason=fault)
        sides = {(one.cohort, one.role): one for one in so_far.by_cohort(run, so_far.counts(run))}
    student = sides["plain", "student"]
    assert (student.planned, student.answered, student.missing) == (3, 3, 1)
    assert student.spend_usd == Decimal("0.3")
    assert student.scores == (so_far.MeanSoFar("ExactMatch", True, 2, 1, 0.625),)
    assert sides["plain", "teacher"].answered == sides["gold", "student"].answered == 0


def test_judgements_are_counted_one_by_one_and_all_are_in_at_the_end(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project, judged=True)
        assert so_far.judgements(run, so_far.counts(run)) == (0, 12)
    rule = lambda request: '{"score": 1}' if request.model == "judge" else right(request)  # noqa: E731
    coordinate.work(ada.who, run.id, seconds=60, stages=("answering",), client_of=client_of(rule))
    with acting(ada.who):
        assert so_far.judgements(run, so_far.counts(run)) == (0, 12)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
    with acting(ada.who):
        assert so_far.judgements(run, so_far.counts(run)) == (12, 12)


def test_without_a_judge_there_are_no_judgements(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert so_far.judgements(run, so_far.counts(run)) is None


def test_a_stranger_is_told_of_no_cohort(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        run.suite_version  # noqa: B018 - read while its owner acts
    with acting(cy.who):
        assert so_far.by_cohort(run, so_far.counts(run)) == ()
