"""Evaluators are configured once under a name; suites freeze them as they stand."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from apps.audit.models import AuditEvent
from apps.evaluators import actions, queries
from apps.evaluators.actions import Anchored, Entry
from apps.evaluators.models import AnchorSet, Evaluator, SuiteVersion
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person


def test_the_same_configuration_again_is_the_same_evaluator(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = actions.configure(project, name="EM", kind="exact_match", settings={"normalise": True})
        again = actions.configure(project, name="EM", kind="exact_match", settings={"normalise": True})
        assert first.pk == again.pk
        assert AuditEvent.objects.filter(event="evaluator.configured").count() == 1
        with pytest.raises(Conflict) as refused:
            actions.configure(project, name="EM", kind="exact_match", settings={"normalise": False})
    assert refused.value.code == "name_taken"


@pytest.mark.parametrize(
    ("name", "kind", "settings", "code"),
    [
        ("", "exact_match", {}, "name_invalid"),
        ("a\nb", "exact_match", {}, "name_invalid"),
        ("x" * 121, "exact_match", {}, "name_invalid"),
        ("E", "no_such_kind", {}, "evaluator_unknown"),
        ("E", "exact_match", {"colour": "red"}, "evaluator_settings_invalid"),
        ("E", "json_validation", {"schema": {"$ref": "https://evil.test/s"}}, "ref_not_local"),
        ("E", "groundedness", {}, "judge_missing"),
    ],
)
def test_what_cannot_score_is_refused_and_nothing_is_kept(
    project: Project, ada: Person, name: str, kind: str, settings: dict, code: str
) -> None:
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            actions.configure(project, name=name, kind=kind, settings=settings)
        assert refused.value.code == code
        assert Evaluator.objects.count() == 0


def test_a_suite_writes_its_entries_out_in_one_order(project: Project, ada: Person) -> None:
    with acting(ada.who):
        a = actions.configure(project, name="A", kind="exact_match")
        b = actions.configure(project, name="B", kind="json_validation")
        entries = [Entry(b, is_primary=False, cohorts=("y", "x")), Entry(a)]
        version = actions.freeze_suite(project, slug="s", entries=entries)
        assert [entry["name"] for entry in version.entries] == ["A", "B"]
        assert version.entries[1] == {
            "name": "B", "kind": "json_validation", "version": version.entries[1]["version"], "settings": {},
            "judge_version_id": None, "is_primary": False, "cohorts": ["x", "y"],
        }  # fmt: skip
        assert actions.freeze_suite(project, slug="s", entries=entries[::-1]).pk == version.pk
        assert actions.freeze_suite(project, slug="s", entries=[Entry(a)]).number == 2


def test_a_suite_that_proves_nothing_is_refused(project: Project, ada: Person) -> None:
    with acting(ada.who):
        a = actions.configure(project, name="A", kind="exact_match")
        for entries, code in (
            ([], "suite_empty"),
            ([Entry(a), Entry(a)], "evaluator_twice"),
            ([Entry(a, is_primary=False)], "suite_without_primary"),
        ):
            with pytest.raises(InvalidInput) as refused:
                actions.freeze_suite(project, slug="s", entries=entries)
            assert refused.value.code == code
        assert SuiteVersion.objects.count() == 0


def test_a_frozen_suite_cannot_be_changed_by_sql(project: Project, ada: Person) -> None:
    with acting(ada.who):
        a = actions.configure(project, name="A", kind="exact_match")
        version = actions.freeze_suite(project, slug="s", entries=[Entry(a)])
        rows = SuiteVersion.objects.filter(pk=version.pk)
        for change in (lambda: rows.update(entries=[]), lambda: rows._raw_delete("default")):
            with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
                change()
        assert [entry["name"] for entry in rows.get().entries] == ["A"]


def test_a_judge_is_kept_with_its_evaluator(project: Project, ada: Person) -> None:
    judge = uuid4()
    with acting(ada.who):
        facts = actions.configure(project, name="F", kind="factual_accuracy", judge_version_id=judge)
        version = actions.freeze_suite(project, slug="s", entries=[Entry(facts)])
    assert version.entries[0]["judge_version_id"] == str(judge)


def test_a_viewer_configures_nothing_and_a_stranger_sees_nothing(project: Project, ada: Person, cy: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who), pytest.raises(Forbidden):
        actions.configure(project, name="A", kind="exact_match")
    with acting(ada.who):
        a = actions.configure(project, name="A", kind="exact_match")
        actions.freeze_suite(project, slug="s", entries=[Entry(a)])
    with acting(cy.who):
        assert Evaluator._base_manager.count() == SuiteVersion._base_manager.count() == 0
    for change in (
        lambda: actions.configure(project, name="B", kind="exact_match"),
        lambda: actions.freeze_suite(project, slug="t", entries=[Entry(a)]),
    ):
        with acting(cy.who), pytest.raises(IntegrityError), transaction.atomic():
            change()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting(ada.who):
        assert (Evaluator.objects.count(), SuiteVersion.objects.count()) == (1, 1)


def anchored(values: list[float], *, name: str = "Task", judge: str = str(UUID(int=7))) -> Anchored:
    entry = {"name": name, "kind": "task_completion", "version": 1, "settings": {}, "judge_version_id": judge}
    return Anchored(entry, UUID(int=1), 3, [(str(n), value) for n, value in enumerate(values)], ["m", "m"])


def test_anchors_are_pinned_once_and_replaced_with_a_reason_alone(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = actions.pin_anchors(project, anchored([1.0, 0.0]))
        assert (first.revision, first.size, first.told, first.run_number) == (1, 2, ["m"], 3)
        assert actions.pin_anchors(project, anchored([1.0, 0.0])) == first
        with pytest.raises(InvalidInput) as refused:
            actions.pin_anchors(project, anchored([1.0, 1.0]))
        assert refused.value.code == "anchors_need_reason"
        second = actions.pin_anchors(project, anchored([1.0, 1.0]), because=" moved\x00 ")
        assert (second.revision, second.because) == (2, "moved␀")
        other = actions.pin_anchors(project, anchored([1.0, 1.0], judge=str(UUID(int=8))))
        assert other.revision == 1
        assert AuditEvent.objects.filter(event="anchors.pinned").count() == 3


def test_anchors_are_never_changed(project: Project, ada: Person) -> None:
    with acting(ada.who):
        made = actions.pin_anchors(project, anchored([1.0, 0.0]))
        with pytest.raises(ProgrammingError), transaction.atomic():
            AnchorSet.objects.filter(pk=made.pk).update(size=9)


def test_a_stranger_sees_no_anchors(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        made = actions.pin_anchors(project, anchored([1.0, 0.0]))
    with acting(cy.who):
        assert AnchorSet._base_manager.count() == 0
        assert queries.anchors_of(project.pk, made.judge_digest) is None
        with pytest.raises(Project.DoesNotExist):
            actions.pin_anchors(project, anchored([0.0, 0.0]), because="mine")


def test_the_set_of_a_moment_is_the_one_that_stood_then(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = actions.pin_anchors(project, anchored([1.0, 0.0]))
        second = actions.pin_anchors(project, anchored([1.0, 1.0]), because="moved")
        judge = first.judge_digest
        assert queries.anchors_of(project.pk, judge) == second
        assert queries.anchors_of(project.pk, judge, before=second.created_at) == first
        assert queries.anchors_of(project.pk, judge, before=first.created_at) is None
