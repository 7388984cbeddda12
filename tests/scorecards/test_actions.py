"""A scorecard is sealed once, from a completed run, and reads back as the value it was."""

from __future__ import annotations

import json
import random

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from apps.audit.models import AuditEvent
from apps.evals import coordinate
from apps.evals.models import EvalRun, Generation
from apps.kernel.errors import Conflict
from apps.kernel.scorecard import GLOBAL
from apps.labels import actions as labels
from apps.projects.models import Project
from apps.scorecards import actions, assemble, counted, queries
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.factories.labels import file_of


def test_the_card_of_a_run_has_its_exact_figures(project: Project, ada: Person) -> None:
    row = runs.sealed(ada.who, project, rows=runs.golden_rows(10), wrong=["row-0001", "row-0002"])
    with acting(ada.who):
        card = queries.value(row)
    cell = card.cell(GLOBAL, "ExactMatch")
    assert (cell.n, cell.teacher, cell.student, cell.losses, cell.wins) == (10, 1.0, 0.8, 2, 0)
    assert round(cell.delta, 9) == -0.2
    assert card.cell("gold", "ExactMatch").n == 5


def test_sealing_twice_returns_the_card_that_stands(project: Project, ada: Person) -> None:
    row = runs.sealed(ada.who, project)
    with acting(ada.who):
        again = actions.seal(row.run, assemble.card_of(row.run))
        assert again.pk == row.pk
        assert AuditEvent.objects.filter(event="scorecard.sealed").count() == 1


def test_a_run_that_has_not_completed_has_no_card(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        with pytest.raises(Conflict) as refused:
            actions.seal(run, assemble.card_of(run))
    assert refused.value.code == "run_not_completed"


def test_the_same_inputs_give_the_same_digest_in_another_run(project: Project, ada: Person) -> None:
    first = runs.sealed(ada.who, project, wrong=["row-0001"])
    second = runs.sealed(ada.who, project, wrong=["row-0001"])
    assert first.pk != second.pk
    assert first.digest == second.digest


def test_the_order_of_rows_in_the_table_does_not_reach_the_digest(
    project: Project, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = runs.sealed(ada.who, project, rows=runs.golden_rows(20), wrong=["row-0001"])
    fetched = counted._rows
    dice = random.Random(7)

    def shuffled(sql: str, run: EvalRun, keys: object) -> list:
        lines = fetched(sql, run)
        dice.shuffle(lines)
        return lines

    with acting(ada.who):
        expected = assemble.card_of(row.run).digest
        monkeypatch.setattr(counted, "_rows", shuffled)
        for _ in range(10):
            assert assemble.card_of(row.run).digest == expected


@pytest.mark.parametrize("statement", ["UPDATE {t} SET digest = 'x'", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_a_sealed_card_cannot_be_changed_by_sql(project: Project, ada: Person, statement: str) -> None:
    runs.sealed(ada.who, project)
    with acting(ada.who), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(t="scorecards_scorecard"))


def test_a_stranger_sees_no_card_and_no_answer(project: Project, ada: Person, cy: Person) -> None:
    runs.sealed(ada.who, project)
    with acting(cy.who):
        assert Scorecard._base_manager.count() == 0
        assert Generation._base_manager.count() == 0


def test_a_completed_run_whose_task_was_lost_is_found(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        assert queries.unsealed_run_ids() == [run.id]
        run.refresh_from_db()
        actions.seal(run, assemble.card_of(run))
        assert queries.unsealed_run_ids() == []


def facts_of(event: AuditEvent) -> dict:
    return json.loads(bytes(event.payload))["facts"]


def test_new_evidence_makes_a_new_card_and_leaves_the_old_one(project: Project, ada: Person) -> None:
    old = runs.sealed(ada.who, project, rows=runs.golden_rows(10))
    with acting(ada.who):
        labels.import_labels(old.run, file_of(5, lost=[1]))
        new = actions.reseal(old.run, assemble.card_of(old.run))
        again = actions.reseal(old.run, assemble.card_of(old.run))
        assert (new.number, new.supersedes_id, again.pk) == (old.number + 1, old.pk, new.pk)
        assert queries.value(new).judge("ExactMatch") is not None
        assert queries.value(Scorecard.objects.get(pk=old.pk)).judges == ()
        assert queries.of_run(old.run).pk == new.pk
        assert queries.numbers_of([old.run_id]) == {old.run_id: new.number}
        assert [queries.successor(card) for card in queries.scorecards(project)] == [None, new.number]
        assert [card.pk for card in queries.present(project)] == [new.pk]
        assert queries.unsealed_run_ids() == []
        event = AuditEvent.objects.get(event="scorecard.superseded")
    assert event.says == f"superseded scorecard #{old.number} of run #1 by scorecard #{new.number}"
    assert facts_of(event)["supersedes"] == old.digest


def test_without_new_evidence_nothing_is_superseded(project: Project, ada: Person) -> None:
    old = runs.sealed(ada.who, project)
    with acting(ada.who):
        assert actions.reseal(old.run, assemble.card_of(old.run)).pk == old.pk
        assert Scorecard.objects.count() == 1


def test_a_run_without_a_card_has_none_to_supersede(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        with pytest.raises(Conflict) as refused:
            actions.reseal(run, assemble.card_of(run))
    assert refused.value.code == "run_not_sealed"


def test_the_cards_of_a_run_are_one_line(project: Project, ada: Person) -> None:
    """Neither a second first card nor a second successor fits in the table, whatever code writes it."""
    old = runs.sealed(ada.who, project)
    with acting(ada.who):
        for supersedes in (None, old):
            number = 50 if supersedes is None else 51
            row = {"project": project, "run": old.run, "document": b"{}", "digest": "x", "supersedes": supersedes}
            if supersedes is not None:
                Scorecard.objects.create(number=number, **row)
            with pytest.raises(IntegrityError), transaction.atomic():
                Scorecard.objects.create(number=number + 10, **row)
