"""Labels are added and never changed; a sample is drawn once; a file is taken whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from apps.audit.models import AuditEvent
from apps.evals.models import EvalRun
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.reading.refusal import FileRefused
from apps.labels import actions, queries
from apps.labels.models import Label, LabelSample
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import labels, runs


def facts_of(event: AuditEvent) -> dict:
    return json.loads(bytes(event.payload))["facts"]


@pytest.fixture
def run(project: Project, ada: Person) -> EvalRun:
    return labels.completed(ada.who, project, count=20, wrong=["row-0001"])


def test_a_sample_holds_both_answers_of_each_row_and_is_drawn_once(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=8)
        again = actions.draw_sample(run, evaluator="ExactMatch", rows=8)
        other = actions.draw_sample(run, evaluator="ExactMatch", rows=8, seed="another")
        assert (sample.row_count, len(set(sample.generation_ids))) == (8, 16)
        assert again.pk == sample.pk
        assert other.generation_ids != sample.generation_ids
        [event, second] = AuditEvent.objects.filter(event="label_sample.taken").order_by("sequence")
    assert event.says == "took 8 rows of run #1 to label for ExactMatch"
    assert facts_of(event)["seed"] == str(run.id)
    assert facts_of(second)["seed"] == "another"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"evaluator": "ExactMatch", "rows": 0}, "sample_size"),
        ({"evaluator": "ExactMatch", "rows": 5000}, "sample_size"),
        ({"evaluator": "Taste", "rows": 5}, "evaluator_unknown"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused(run: EvalRun, ada: Person, asked: dict, code: str) -> None:
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            actions.draw_sample(run, **asked)
        assert LabelSample.objects.count() == 0
    assert refused.value.code == code


def test_a_run_that_goes_on_is_not_labelled(project: Project, ada: Person) -> None:
    with acting(ada.who):
        going = runs.started(project)
        for change in (
            lambda: actions.draw_sample(going, evaluator="ExactMatch", rows=3),
            lambda: actions.import_labels(going, labels.file_of(2)),
        ):
            with pytest.raises(Conflict) as refused:
                change()
            assert refused.value.code == "run_not_completed"


def test_a_label_is_superseded_by_its_own_labeller_only(run: EvalRun, ada: Person, ben: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=5)
        answer = UUID(sample.generation_ids[0])
        first = actions.give_label(sample, answer, value=1)
        same = actions.give_label(sample, answer, value=1)
        second = actions.give_label(sample, answer, value=0, note="looked again")
    with acting(ben.who):
        actions.give_label(sample, answer, value=1)
        counting = {label.labeller: label.value for label in queries.current(run)}
        every = [(label.labeller, label.revision, label.value) for label in Label.objects.order_by("created_at", "id")]
    assert (same.pk, second.revision) == (first.pk, 2)
    assert counting == {"ada@acme.test": 0.0, "ben@acme.test": 1.0}
    assert every == [("ada@acme.test", 1, 1.0), ("ada@acme.test", 2, 0.0), ("ben@acme.test", 1, 1.0)]


def test_the_trail_tells_that_a_label_was_given_and_not_which(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=5)
        actions.give_label(sample, UUID(sample.generation_ids[0]), value=0)
        event = AuditEvent.objects.get(event="label.given")
    assert facts_of(event)["answer"] == sample.generation_ids[0]
    assert "value" not in facts_of(event)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"value": 1.5}, "label_out_of_range"),
        ({"value": float("nan")}, "label_out_of_range"),
        ({"value": 1, "note": "x" * 2001}, "note_too_long"),
    ],
)
def test_a_label_out_of_range_is_refused(run: EvalRun, ada: Person, given: dict, code: str) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=5)
        with pytest.raises(InvalidInput) as refused:
            actions.give_label(sample, UUID(sample.generation_ids[0]), **given)
        assert Label.objects.count() == 0
    assert refused.value.code == code


def test_an_answer_outside_the_sample_is_refused(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=5)
        with pytest.raises(InvalidInput) as refused:
            actions.give_label(sample, run.id, value=1)
    assert refused.value.code == "not_in_sample"


def test_a_file_is_one_event_with_count_and_digest(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        done = actions.import_labels(run, labels.file_of(6, lost=[1]))
        event = AuditEvent.objects.get(event="labels.imported")
        stored = [(label.labeller, label.given_by, label.sample_id) for label in Label.objects.all()]
    assert (done.new, done.superseding, done.unchanged) == (12, 0, 0)
    assert event.says == "imported 12 labels of run #1"
    assert facts_of(event) == {"run": "run #1", "count": 12, "superseding": 0, "digest": done.digest}
    assert set(stored) == {("ada@acme.test", "ada@acme.test", None)}


def test_the_same_file_again_changes_nothing_and_another_supersedes(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        actions.import_labels(run, labels.file_of(6, lost=[1]))
        again = actions.import_labels(run, labels.file_of(6, lost=[1]))
        changed = actions.import_labels(run, labels.file_of(6, lost=[1, 2]))
        assert (again.new, again.superseding, again.unchanged) == (0, 0, 12)
        assert (changed.new, changed.superseding, changed.unchanged) == (0, 1, 11)
        assert AuditEvent.objects.filter(event="labels.imported").count() == 2
        assert Label.objects.count() == 13
        assert queries.current(run).count() == 12


def test_several_labellers_may_label_one_answer(run: EvalRun, ada: Person) -> None:
    both = [*labels.file_of(3, labeller="uma"), *labels.file_of(3, labeller="vic")]
    with acting(ada.who):
        assert actions.import_labels(run, both).new == 12


def test_every_problem_of_a_file_is_told_by_its_row_and_nothing_is_kept(run: EvalRun, ada: Person) -> None:
    good = labels.file_of(3)
    bad = [
        replace(good[0], row=7, key="row-9999"),
        replace(good[1], row=8, evaluator="Taste"),
        replace(good[2], row=9, repeat=4),
    ]
    with acting(ada.who):
        with pytest.raises(FileRefused) as refused:
            actions.import_labels(run, [*good, *bad])
        assert Label.objects.count() == 0
    assert [(problem.code, problem.where["row"]) for problem in refused.value.errors] == [
        ("answer_unknown", 7),
        ("evaluator_unknown", 8),
        ("answer_unknown", 9),
    ]


def test_nobody_labels_in_the_name_of_who_labels_by_hand(run: EvalRun, ada: Person, ben: Person) -> None:
    with acting(ben.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=5)
        actions.give_label(sample, UUID(sample.generation_ids[0]), value=1)
        assert actions.import_labels(run, labels.file_of(1, labeller="ben@acme.test")).new > 0
    with acting(ada.who):
        with pytest.raises(FileRefused) as refused:
            actions.import_labels(run, labels.file_of(1, lost=[0], labeller="ben@acme.test"))
    assert refused.value.code == "labeller_is_someone_else"


@pytest.mark.parametrize("table", ["labels_label", "labels_labelsample", "labels_plantedverdict"])
@pytest.mark.parametrize("statement", ["UPDATE {t} SET evaluator = 'x'", "DELETE FROM {t}"])
def test_what_was_said_cannot_be_changed_by_sql(run: EvalRun, ada: Person, table: str, statement: str) -> None:
    with acting(ada.who):
        actions.import_labels(run, labels.file_of(1))
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(t=table))


def test_a_viewer_labels_nothing(run: EvalRun, ada: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who):
        with pytest.raises(Forbidden):
            actions.import_labels(run, labels.file_of(1))
        assert Label.objects.count() == 0


def test_a_stranger_sees_nothing_and_changes_nothing(run: EvalRun, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=5)
        actions.import_labels(run, labels.file_of(2))
    with acting(cy.who):
        assert (Label._base_manager.count(), LabelSample._base_manager.count()) == (0, 0)
        assert queries.labels(run).count() == 0
        with pytest.raises(Exception):  # noqa: B017  not his project, and not his answers either
            actions.import_labels(run, labels.file_of(2, lost=[0]))
    with acting(cy.who):
        with pytest.raises(Exception):  # noqa: B017
            actions.give_label(sample, UUID(sample.generation_ids[0]), value=0)
    with acting(ada.who):
        assert Label.objects.count() == 4
