"""What a card is told of a run: arms with scores, cost and latency, cohorts with weights, facts with digests."""

from __future__ import annotations

from apps.kernel.scorecard import GLOBAL
from apps.projects.models import Project
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def test_the_card_names_every_input_by_digest(project: Project, ada: Person) -> None:
    row = runs.sealed(ada.who, project)
    with acting(ada.who):
        card = assemble.card_of(row.run)
    assert card.facts["plan"]["dataset"]["digest"] == row.run.dataset_version.digest
    assert card.facts["plan"]["suite"]["digest"] == row.run.suite_version.digest
    assert card.facts["plan_digest"] == row.run.plan_digest


def test_cohorts_carry_their_flag_and_share(project: Project, ada: Person) -> None:
    row = runs.sealed(ada.who, project, rows=runs.golden_rows(9))
    with acting(ada.who):
        card = assemble.card_of(row.run)
    assert [(cohort.name, cohort.high_value, round(cohort.weight, 6)) for cohort in card.cohorts] == [
        ("gold", True, 0.444444),
        ("plain", False, 0.555556),
    ]
    assert card.traffic_of(GLOBAL).rows == 9
