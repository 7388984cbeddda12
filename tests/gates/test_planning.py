"""Planned from what is known: cohort sizes, the policy, and the newest scorecard over the dataset."""

from __future__ import annotations

from apps.gates import actions, planning
from apps.gates.models import GateDecision
from apps.kernel.policy import TEMPLATES, parse
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.gates.test_actions import LENIENT

RELEASE = parse(TEMPLATES["release"])


def test_without_a_card_the_plan_is_the_best_case(project: Project, ada: Person) -> None:
    with acting(ada.who):
        found = planning.plan_for(runs.pinned(project, runs.golden_rows(30)), RELEASE)
    assert found.pilot is None
    assert [(one.cohort, one.rows, one.rows_needed, one.usd) for one in found.plans] == [
        ("*", 30, 99, None),
        ("gold", 15, 299, None),
        ("plain", 15, 99, None),
    ]
    assert found.rows_missing == 284


def test_a_card_gives_disagreement_and_time(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(30), wrong=["row-0001", "row-0003"])
    with acting(ada.who):
        found = planning.plan_for(card.run.dataset_version, RELEASE)
    gold = found.plans[1]
    assert found.pilot.pk == card.pk
    assert gold.has_pilot
    assert gold.rows_needed > 299
    assert gold.usd is None  # the recorded answers have no price
    assert gold.minutes == gold.rows_missing * 0.2 / 60


def test_a_policy_is_replayed_without_keeping_anything(project: Project, ada: Person) -> None:
    decision = runs.judged(ada.who, project, rows=runs.golden_rows(40))
    runs.sealed(ada.who, project, rows=runs.golden_rows(40))
    with acting(ada.who):
        found = planning.replay(project, parse(LENIENT))
        assert [(one.scorecard.number, one.then, one.now) for one in found] == [
            (2, None, "pass"),
            (1, decision.verdict, "pass"),
        ]
        assert GateDecision.objects.count() == 1


def test_a_stranger_replays_nothing(project: Project, ada: Person, cy: Person) -> None:
    runs.judged(ada.who, project)
    with acting(cy.who):
        assert planning.replay(project, RELEASE) == []


def test_saving_a_policy_replayed_before_gives_the_verdict_foretold(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(40))
    with acting(ada.who):
        foretold = planning.replay(project, parse(LENIENT))[0].now
        saved = actions.save_policy(project, slug="lenient", document=LENIENT)
        assert actions.decide(card, version=saved).verdict == foretold


def test_high_value_cohorts_say_how_many_rows_they_need(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert planning.high_value_rows(runs.pinned(project, runs.golden_rows(30)), RELEASE) == {"gold": 299}
