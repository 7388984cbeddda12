"""A golden file becomes a draft, whole or not at all; a pinned version is final for everybody."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from apps.audit.models import AuditEvent
from apps.datasets import actions, queries
from apps.datasets.models import Cohort, DatasetVersion, Example
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.reading.golden import GoldenFile, parse_golden
from apps.kernel.reading.rows import read_rows
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs


def golden(rows: list[dict]) -> GoldenFile:
    return parse_golden(read_rows("g.jsonl", [runs.lines(rows)]), allow_extra=True)


def imported(project: Project, rows: list[dict], slug: str = "golden") -> DatasetVersion:
    return actions.import_golden(project, slug=slug, golden=golden(rows))


def test_a_file_becomes_examples_in_cohorts_with_shares(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = imported(project, runs.golden_rows(9))
        assert (version.number, version.status, version.example_count) == (1, "DRAFT", 9)
        assert [(row.name, row.is_high_value, row.example_count, round(row.traffic_weight, 4))
                for row in Cohort.objects.order_by("name")] == [
            ("gold", True, 4, 0.4444), ("plain", False, 5, 0.5556),
        ]  # fmt: skip
        example = Example.objects.get(key="row-0001")
    assert example.content == {"input": "question 1", "reference": "answer 1"}


def test_declared_traffic_is_kept_apart_from_row_shares(project: Project, ada: Person) -> None:
    weights = {"plain": 0.95, "gold": 0.05}
    rows = [{**row, "traffic_weight": weights[row["cohort"]]} for row in runs.golden_rows(10)]
    with acting(ada.who):
        version = imported(project, rows)
        assert version.weights_source == "declared"
        assert dict(Cohort.objects.values_list("name", "traffic_weight")) == pytest.approx(weights)


def test_the_same_rows_in_any_order_are_the_same_version(project: Project, ada: Person) -> None:
    rows = runs.golden_rows(20)
    shuffled = rows[:]
    random.Random(3).shuffle(shuffled)
    with acting(ada.who):
        first, again = imported(project, rows), imported(project, shuffled)
        other = imported(project, [{**rows[0], "reference": "another"}, *rows[1:]])
    assert (again.pk, other.number) == (first.pk, 2)
    assert other.digest != first.digest


def test_the_same_rows_have_the_same_digest_under_another_name_and_owner(
    project: Project, ada: Person, cy: Person
) -> None:
    rows = runs.golden_rows(6)
    with acting(ada.who):
        mine = imported(project, rows)
    with acting(cy.who):
        hers = imported(Project.objects.create(slug="p", name="P"), rows, slug="other")
    assert hers.digest == mine.digest


def test_pinning_is_told_once_and_stays(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = actions.pin_version(imported(project, runs.golden_rows()))
        assert version.is_pinned
        assert version.pinned_at is not None
        actions.pin_version(version)
        assert AuditEvent.objects.filter(event="dataset.pinned").count() == 1


FORBIDDEN = [
    "UPDATE datasets_datasetversion SET status = 'DRAFT'",
    "UPDATE datasets_datasetversion SET digest = 'sha256:0'",
    "DELETE FROM datasets_datasetversion",
    "UPDATE datasets_example SET content = '{}'",
    "UPDATE datasets_example SET version_id = gen_random_uuid()",
    "DELETE FROM datasets_example WHERE key = 'row-0001'",
    "UPDATE datasets_cohort SET is_high_value = false",
    "UPDATE datasets_cohort SET traffic_weight = 0.5",
    "INSERT INTO datasets_example (id, organization_id, created_at, version_id, cohort_id, key, content) "
    "SELECT gen_random_uuid(), organization_id, now(), version_id, cohort_id, 'n', '{}' FROM datasets_example LIMIT 1",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_what_is_pinned_the_database_changes_for_nobody(project: Project, ada: Person, statement: str) -> None:
    with acting(ada.who):
        actions.pin_version(imported(project, runs.golden_rows()))
        with pytest.raises(ProgrammingError, match="never change"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
        assert Example.objects.count() == 6


THROUGH_THE_MANAGER: dict[str, Callable[[DatasetVersion], object]] = {
    "back to draft": lambda version: DatasetVersion.objects.filter(pk=version.pk).update(status="DRAFT"),
    "another content": lambda version: Example.objects.filter(version=version).update(content={}),
    "another weight": lambda version: Cohort.objects.filter(version=version).update(traffic_weight=1.0),
    "one row more": lambda version: Example.objects.create(
        version=version, cohort=Cohort.objects.get(version=version, name="gold"), key="new", content={}
    ),
    "one row less": lambda version: Example.objects.get(version=version, key="row-0001").delete(),
    "a cohort more": lambda version: Cohort.objects.create(
        version=version, name="new", is_high_value=False, traffic_weight=0.0, example_count=0
    ),
}


@pytest.mark.parametrize("how", sorted(THROUGH_THE_MANAGER))
def test_what_is_pinned_the_manager_changes_no_more_than_sql(project: Project, ada: Person, how: str) -> None:
    tables = (DatasetVersion, Cohort, Example)
    with acting(ada.who):
        version = actions.pin_version(imported(project, runs.golden_rows()))
        before = [list(table.objects.order_by("pk").values()) for table in tables]
        with pytest.raises(ProgrammingError, match="never change"), transaction.atomic():
            THROUGH_THE_MANAGER[how](version)
        assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_a_draft_beside_a_pinned_version_can_still_change(project: Project, ada: Person) -> None:
    with acting(ada.who):
        actions.pin_version(imported(project, runs.golden_rows()))
        draft = imported(project, runs.golden_rows(8))
        assert Example.objects.filter(version=draft).update(content={}) == 8


def test_a_viewer_imports_nothing_and_a_stranger_sees_nothing(project: Project, ada: Person, cy: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who), pytest.raises(Forbidden):
        imported(project, runs.golden_rows())
    with acting(ada.who):
        assert DatasetVersion.objects.count() == 0
        draft = imported(project, runs.golden_rows())
    with acting(cy.who):
        for table in (DatasetVersion, Cohort, Example):
            assert table._base_manager.count() == 0
            assert table._base_manager.all().delete()[0] == 0
        with pytest.raises(ObjectDoesNotExist), transaction.atomic():
            actions.pin_version(draft)
    with acting(cy.who), pytest.raises(IntegrityError), transaction.atomic():
        imported(project, runs.golden_rows(), slug="cys")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting(ada.who):
        assert (Example.objects.count(), DatasetVersion.objects.get().status) == (6, "DRAFT")


def test_frozen_rows_are_pinned_and_keep_the_weights_of_their_source(project: Project, ada: Person) -> None:
    with acting(ada.who):
        source = runs.pinned(project, runs.golden_rows(9, cohorts=("gold", "plain", "plain")))
        keys = ["row-0000", "row-0001", "row-0003"]
        version = actions.freeze_rows(source, slug="frozen", keys=keys)
        assert (str(version), version.is_pinned, version.weights_source) == ("frozen@1", True, "declared")
        assert list(queries.examples(version).values_list("key", flat=True)) == keys
        assert [(one.name, one.example_count, one.traffic_weight) for one in queries.cohorts(version)] == [
            ("gold", 2, pytest.approx(1 / 3)),
            ("plain", 1, pytest.approx(2 / 3)),
        ]
        assert [warning["code"] for warning in version.warnings] == ["underpowered", "cohort_small"]
        assert actions.freeze_rows(source, slug="frozen", keys=keys).pk == version.pk
        assert AuditEvent.objects.filter(event="dataset.frozen").count() == 1


def test_frozen_rows_keep_their_clusters(project: Project, ada: Person) -> None:
    rows = [{**row, "cluster": f"talk-{number % 3}"} for number, row in enumerate(runs.golden_rows(9))]
    with acting(ada.who):
        source = runs.pinned(project, rows)
        version = actions.freeze_rows(source, slug="frozen", keys=["row-0000", "row-0001", "row-0003"])
        assert list(queries.examples(version).values_list("cluster", flat=True)) == ["talk-0", "talk-1", "talk-0"]
        assert queries.is_clustered(version)


def test_rows_that_are_not_there_or_not_pinned_are_not_frozen(project: Project, ada: Person) -> None:
    with acting(ada.who):
        source = runs.pinned(project)
        for keys in (["row-0000", "row-9999"], []):
            with pytest.raises(InvalidInput) as refused:
                actions.freeze_rows(source, slug="frozen", keys=keys)
            assert refused.value.code == "rows_unknown"
        draft = imported(project, runs.golden_rows(4), slug="draft")
        with pytest.raises(Conflict) as not_pinned:
            actions.freeze_rows(draft, slug="frozen", keys=["row-0000"])
        assert not_pinned.value.code == "dataset_not_pinned"
        assert not DatasetVersion.objects.filter(dataset__slug="frozen").exists()


def test_a_cluster_column_is_kept_and_is_part_of_the_digest_only_when_there(project: Project, ada: Person) -> None:
    plain = runs.golden_rows(4)
    with acting(ada.who):
        without = imported(project, plain)
        assert imported(project, [{**row, "cluster": ""} for row in plain]).digest == without.digest
        grouped = imported(project, [{**row, "cluster": f"talk-{n % 2}"} for n, row in enumerate(plain)])
        assert grouped.digest != without.digest
        assert list(queries.examples(grouped).values_list("cluster", flat=True)) == ["talk-0", "talk-1"] * 2
        assert (queries.is_clustered(grouped), queries.is_clustered(without)) == (True, False)
        assert all("cluster" not in example.content for example in queries.examples(grouped))
