"""What planted answers cost stands beside a run's own money and is counted in nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models import Sum

from apps.evals import progress as evals
from apps.evals.models import EvalRun
from apps.labels import anchoring, coordinate
from apps.labels.models import AnchorVerdict, PlantedVerdict
from apps.labels.spent import progress
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels


@pytest.fixture
def run(ada: Person, project: Project) -> EvalRun:
    return labels.judged_run(ada.who, project, count=10)


def test_planted_answers_cost_what_their_verdicts_say_and_nothing_else_moves(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        before = progress(run)
    assert before.planted_usd == 0
    coordinate.plant(ada.who, run.id, client_of=labels.client_of(labels.honest))
    with acting(ada.who):
        costs = list(PlantedVerdict.objects.filter(run=run).values_list("judge_cost_usd", flat=True))
        after, own = progress(run), evals.progress(run)
    assert len(costs) == 4
    assert after.planted_usd == after.checking_usd == sum(costs, Decimal(0)) > 0
    assert (after.spend_usd, after.certain_usd) == (before.spend_usd, before.certain_usd)
    assert own.planted_usd is None


def test_a_stranger_is_told_no_cost(run: EvalRun, ada: Person, cy: Person) -> None:
    coordinate.plant(ada.who, run.id, client_of=labels.client_of(labels.honest))
    with acting(cy.who):
        assert progress(run).planted_usd == 0


def test_anchors_are_part_of_checking_and_not_of_planted_answers(ada: Person, project: Project) -> None:
    run = labels.checked(ada.who, labels.judged_run(ada.who, project, count=60))
    with acting(ada.who):
        anchoring.draw(run, evaluator="FactualAccuracy")
    again = labels.checked(ada.who, labels.once_more(ada.who, run))
    with acting(ada.who):
        told = progress(again)
        cost = AnchorVerdict.objects.aggregate(usd=Sum("judge_cost_usd"))["usd"]
        assert progress(run).checking_usd == progress(run).planted_usd
    assert told.checking_usd == told.planted_usd + cost
    assert cost > told.planted_usd > 0
