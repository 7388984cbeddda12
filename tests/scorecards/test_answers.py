"""Answers read row by row: repeats in their order, and token lists of the first ones."""

from __future__ import annotations

from apps.evals.models import Generation
from apps.kernel.statistics.divergence import RowDivergence, RowMissing
from apps.projects.models import Project
from apps.scorecards import answers
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.scorecards.random_runs import Kind, told_twice


def test_each_row_has_its_answers_in_order(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run, expected = told_twice(project, Kind(5, repeats=3, clusters=True))
        found = {row.key: row for row in answers.rows_of(run)}
    assert found.keys() == {row.key for row in expected}
    for row in expected:
        assert [run.latency_ms for run in found[row.key].student.runs] == [r.latency_ms for r in row.student.runs]
        assert found[row.key].cluster == row.cluster


def test_token_lists_of_models_without_a_common_tokenizer_are_not_compared(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run, _ = told_twice(project, Kind(6, tokens=True))
        known = [row for rows in answers.tokens_of(run).values() for row in rows]
        assert any(isinstance(row, RowDivergence) for row in known)
        run.plan["models"]["student"]["tokenizer"] = "another"
        told = [row for rows in answers.tokens_of(run).values() for row in rows]
        assert {row.reason for row in told if isinstance(row, RowMissing)} == {"not_comparable", "no_logprobs"}
        del run.plan["models"]["teacher"]["tokenizer"], run.plan["models"]["student"]["tokenizer"]
        silent = [row for rows in answers.tokens_of(run).values() for row in rows]
        assert not any(isinstance(row, RowDivergence) for row in silent)


def test_nothing_stored_gives_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run, _ = told_twice(project, Kind(7))
        assert Generation.objects.filter(run=run).exists()
        assert answers.tokens_of(run) == {}
    with acting(cy.who):
        assert answers.rows_of(run) == []
        assert answers.tokens_of(run) == {}
