"""A corpus check is kept once, for good, behind the wall."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from apps.audit.models import AuditEvent
from apps.corpora import actions, queries
from apps.corpora.models import CorpusCheck
from apps.datasets import actions as datasets
from apps.datasets.models import DatasetVersion
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs

CORPUS = b'{"input": "Question 1"}\n{"input": "something else"}\n'


def checked(version: ModelVersion, dataset: DatasetVersion, content: bytes = CORPUS) -> CorpusCheck:
    overlap, digest = queries.compare(dataset, file_name="train.jsonl", chunks=[content])
    return actions.record_check(version, dataset, file_name="train.jsonl", overlap=overlap, corpus_digest=digest)


def student(project: Project) -> ModelVersion:
    return runs.recorded(project, "small", runs.output_rows(runs.golden_rows(), model="small"))


def test_what_was_found_is_kept_with_the_digest_and_told_on_the_trail(project: Project, ada: Person) -> None:
    with acting(ada.who):
        check = checked(student(project), runs.pinned(project))
        assert check.matches == [{"key": "row-0001", "kind": "exact", "likeness": 1.0, "row": 1}]
        assert (check.corpus_rows, check.golden_rows, check.without_text) == (2, 6, 0)
        assert check.share == pytest.approx(1 / 6)
        event = AuditEvent.objects.get(event="corpus.compared")
        assert event.says == "compared a corpus of small@1 with golden@1: 1 of 6 rows found"


def test_the_same_file_is_kept_once_and_another_beside_it(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version, dataset = student(project), runs.pinned(project)
        first = checked(version, dataset)
        assert checked(version, dataset).pk == first.pk
        checked(version, dataset, b'{"input": "question 2"}\n')
        known = queries.known(version, dataset)
        assert known is not None
        assert (len(known.corpora), known.keys) == (2, {"row-0001", "row-0002"})
        assert AuditEvent.objects.filter(event="corpus.compared").count() == 2


def test_a_draft_and_another_projects_rows_are_refused(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = student(project)
        golden = parse_golden(read_rows("g.jsonl", [runs.lines(runs.golden_rows(4))]))
        draft = datasets.import_golden(project, slug="draft", golden=golden)
        with pytest.raises(Conflict) as not_pinned:
            checked(version, draft)
        other = runs.pinned(projects.open_project(slug="other"))
        with pytest.raises(InvalidInput) as elsewhere:
            checked(version, other)
        assert (not_pinned.value.code, elsewhere.value.code) == ("dataset_not_pinned", "other_project")
        assert CorpusCheck.objects.count() == 0


def test_a_check_can_never_change(project: Project, ada: Person) -> None:
    with acting(ada.who):
        check = checked(student(project), runs.pinned(project))
        with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
            CorpusCheck.objects.filter(pk=check.pk).update(matches=[])


def test_a_viewer_keeps_nothing_and_a_stranger_sees_and_changes_nothing(
    project: Project, ada: Person, cy: Person
) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(ada.who):
        version, dataset = student(project), runs.pinned(project)
        overlap, digest = queries.compare(dataset, file_name="train.jsonl", chunks=[CORPUS])
    told = {"file_name": "train.jsonl", "overlap": overlap, "corpus_digest": digest}
    with acting(viewer.who), pytest.raises(Forbidden):
        actions.record_check(version, dataset, **told)
    with acting(ada.who):
        actions.record_check(version, dataset, **told)
    with acting(cy.who):
        assert CorpusCheck._base_manager.count() == 0
        assert queries.known(version, dataset) is None
        with pytest.raises(IntegrityError), transaction.atomic():
            actions.record_check(version, dataset, **{**told, "corpus_digest": "sha256:cy"})
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting(ada.who):
        assert CorpusCheck.objects.count() == 1
