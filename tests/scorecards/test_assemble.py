"""What a card is told of a run: arms with scores, cost and latency, cohorts with weights, facts with digests."""

from __future__ import annotations

from apps.evals import coordinate
from apps.kernel import beside
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


def test_a_recorded_teacher_has_no_noise_floor_however_often_it_is_read(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project, repeats=3)
    coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        run.refresh_from_db()
        card = assemble.card_of(run)
    cell = card.cell(GLOBAL, "ExactMatch")
    assert cell is not None
    assert cell.repeats is not None
    assert (cell.n, cell.repeats.teacher_runs, beside.noise_of(card, cell, level=0.9)) == (6, 3, None)
