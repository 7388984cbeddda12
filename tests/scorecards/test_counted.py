"""The database's count of a run is the card that the kernel makes of its rows, digest for digest."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.datasets import queries as datasets
from apps.kernel import scorecard
from apps.projects.models import Project
from apps.scorecards import assemble, counted
from apps.tenancy.acting import NotActing, acting
from tests.conftest import Person
from tests.factories import runs
from tests.scorecards.random_runs import Kind, told_twice


def kernels(run, rows: list[scorecard.Row]) -> scorecard.Scorecard:  # type: ignore[no-untyped-def]
    """What the kernel alone makes of the rows."""
    version = run.dataset_version
    return scorecard.assemble(
        rows[::-1],
        cohorts=[scorecard.Cohort(c.name, c.is_high_value, c.traffic_weight) for c in datasets.cohorts(version)],
        evaluators=[scorecard.Evaluator("exact"), scorecard.Evaluator("judge", primary=False)],
        weights_source=version.weights_source,
        unpaired=scorecard.Unpaired(),
        facts={"plan": run.plan, "plan_digest": run.plan_digest, "unpaired": run.unpaired},
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clusters", [False, True])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("repeats", [1, 3])
def test_the_database_counts_what_the_kernel_counts(
    project: Project, ada: Person, seed: int, clusters: bool, weights: bool, repeats: int
) -> None:
    kind = Kind(seed, repeats=repeats, clusters=clusters, weights=weights, tokens=seed % 2 == 0)
    with acting(ada.who):
        run, rows = told_twice(project, kind)
        found, expected = assemble.card_of(run), kernels(run, rows)
        assert found.document() == expected.document()
        assert found.digest == expected.digest
        assert found.rows > 10
        assert any(cell.clusters for cell in found.cells) is clusters
        assert any(cell.repeats for cell in found.cells) is (repeats > 1)
        assert any(traffic.divergence for traffic in found.traffic.values()) is kind.tokens


@pytest.mark.parametrize("repeats", [1, 2])
def test_a_part_of_the_rows_is_the_card_of_that_part(project: Project, ada: Person, repeats: int) -> None:
    with acting(ada.who):
        run, rows = told_twice(project, Kind(8, repeats=repeats, clusters=True, tokens=True))
        part = [row for row in rows if row.key < "row-0009"]
        found = assemble.card_of(run, keys={row.key for row in part})
        assert found.digest == kernels(run, part).digest
        assert 0 < found.rows < len(rows)
        assert assemble.card_of(run, keys=()).rows == 0


def test_an_arm_without_a_score_is_missing_for_its_answers_fault(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run, rows = told_twice(project, Kind(1))
        reasons = {code for cell in assemble.card_of(run).cells for code in cell.missing.reasons}
        assert "rate_limited" in reasons
        assert "not_scored" in reasons
        assert len(list(counted.lines_of(run).traffic)) == len(rows)


def test_a_stranger_counts_nothing_and_nobody_counts_outside_an_acting_block(
    project: Project, ada: Person, cy: Person
) -> None:
    with acting(ada.who):
        run, _ = told_twice(project, Kind(2))
    with acting(cy.who), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM evals_score")
        assert cursor.fetchone() == (0,)
        assert counted._rows(counted._TRAFFIC.format(**counted._NAMES), run) == []
    with pytest.raises(NotActing):
        counted._rows("SELECT 1", run)


def test_recorded_runs_are_counted_too(project: Project, ada: Person) -> None:
    row = runs.sealed(ada.who, project, rows=runs.golden_rows(9), wrong=["row-0001"])
    with acting(ada.who):
        cell = assemble.card_of(row.run).cell("gold", "ExactMatch")
    assert cell is not None
    assert (cell.n, cell.losses, cell.wins) == (4, 1, 0)
