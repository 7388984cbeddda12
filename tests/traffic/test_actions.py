"""A traffic sample is kept once, without a text, behind the wall; its sketches can be forgotten."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.db.utils import IntegrityError, ProgrammingError
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.datasets import actions as datasets
from apps.datasets.models import DatasetVersion
from apps.kernel import traffic
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from apps.traffic import actions, queries
from apps.traffic.models import TrafficComparison, TrafficSample, TrafficSketches
from tests.conftest import Person, person
from tests.factories import runs


def today() -> date:
    return timezone.now().date()


def live_rows(plain: int, gold: int = 0, *, start: int = 0, say: str = "question") -> list[dict[str, Any]]:
    """Live rows that ask what golden rows ask, numbered on from ``start``."""
    cohorts = ["plain"] * plain + ["gold"] * gold
    return [
        {"id": f"t-{start + number}", "cohort": cohort, "input": f"{say} {start + number}"}
        for number, cohort in enumerate(cohorts)
    ]


def window(ago_from: int = 6, ago_to: int = 0) -> traffic.Window:
    return traffic.Window(today() - timedelta(ago_from), today() - timedelta(ago_to))


def sampled(
    project: Project, rows: Sequence[dict[str, Any]], *, days: traffic.Window | None = None, name: str = "live.jsonl"
) -> TrafficSample:
    days = days or window()
    found = queries.read(project, days, read_rows(name, [runs.lines(rows)]))
    return actions.record_sample(project, window=days, found=found, file_name=name)


def compared(sample: TrafficSample, version: DatasetVersion) -> TrafficComparison:
    return actions.keep_comparison(sample, version, compared=queries.compare(sample, version))


def test_counts_are_kept_and_told_on_the_trail_and_no_text_is(project: Project, ada: Person) -> None:
    rows = [*live_rows(3, 1, say="my secret name is Ada and"), {"id": "t-0", "cohort": "plain",
            "input": "my secret name is Ada and 0"}, {"cohort": "gold"}]  # fmt: skip
    with acting(ada.who):
        sample = sampled(project, rows)
        assert (sample.row_count, sample.cohorts, sample.without_text, sample.repeated) == (
            5, {"gold": 2, "plain": 3}, 1, 1,
        )  # fmt: skip
        event = AuditEvent.objects.get(event="traffic.sampled")
        since, until = window().since_date, window().until_date
        assert event.says == f"counted 5 rows of live traffic from {since} to {until}"
        assert sample.sketches.get().row_count == 4
        with connection.cursor() as cursor:
            for table in ("traffic_trafficsample", "traffic_trafficsketches", "audit_auditevent"):
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE %s', ["%secret%"])
                assert cursor.fetchone() == (0,), table


def test_the_same_rows_are_kept_once_whatever_their_order_or_file(project: Project, ada: Person) -> None:
    with acting(ada.who):
        rows = live_rows(5, 5)
        first = sampled(project, rows)
        assert sampled(project, rows[::-1], name="again.jsonl").pk == first.pk
        assert (TrafficSample.objects.count(), TrafficSketches.objects.count()) == (1, 1)
        assert AuditEvent.objects.filter(event="traffic.sampled").count() == 1


def test_the_same_rows_of_other_days_are_refused(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = sampled(project, live_rows(5))
        with pytest.raises(Conflict) as refused:
            sampled(project, live_rows(5), days=window(20, 10))
        assert (refused.value.code, refused.value.where) == ("traffic_already_counted", {"sample": first.public_id})
        assert TrafficSample.objects.count() == 1


def test_a_comparison_is_kept_once_and_only_with_pinned_rows_of_the_project(project: Project, ada: Person) -> None:
    with acting(ada.who):
        sample, golden = sampled(project, live_rows(30, 30)), runs.pinned(project)
        first = compared(sample, golden)
        assert compared(sample, golden).pk == first.pk
        assert traffic.Compared.from_document(first.figures) == queries.compare(sample, golden)
        event = AuditEvent.objects.get(event="traffic.compared")
        assert event.says == f"compared {sample} with golden@1"
        assert json.loads(event.payload)["facts"]["figures"] == first.figures
        draft = datasets.import_golden(
            project, slug="draft", golden=parse_golden(read_rows("g.jsonl", [runs.lines(runs.golden_rows(4))]))
        )
        with pytest.raises(Conflict) as not_pinned:
            compared(sample, draft)
        with pytest.raises(InvalidInput) as elsewhere:
            compared(sample, runs.pinned(projects.open_project(slug="other")))
        assert (not_pinned.value.code, elsewhere.value.code) == ("dataset_not_pinned", "other_project")
        assert TrafficComparison.objects.count() == 1


def test_sketches_are_forgotten_once_and_counts_stay(project: Project, ada: Person) -> None:
    with acting(ada.who):
        sample = sampled(project, live_rows(30, 30))
        kept = compared(sample, runs.pinned(project, runs.golden_rows(120)))
        assert kept.figures["novelty"] is not None
        actions.forget_sketches(sample)
        actions.forget_sketches(sample)
        assert TrafficSketches.objects.count() == 0
        assert queries.forgotten([sample]) == {sample.pk}
        assert AuditEvent.objects.filter(event="traffic.forgotten").count() == 1
        assert queries.compare(sample, kept.dataset_version).content_reason == "sketches_forgotten"
        assert queries.kept(sample, kept.dataset_version) == traffic.Compared.from_document(kept.figures)


def test_what_is_kept_can_never_change(project: Project, ada: Person) -> None:
    with acting(ada.who):
        sample = sampled(project, live_rows(5))
        kept = compared(sample, runs.pinned(project))
        for change in (
            lambda: TrafficSample.objects.filter(pk=sample.pk).update(row_count=1),
            lambda: TrafficSample.objects.filter(pk=sample.pk).delete(),
            lambda: TrafficComparison.objects.filter(pk=kept.pk).update(figures={}),
            lambda: TrafficSketches.objects.update(content=b""),
        ):
            with pytest.raises((ProgrammingError, ProtectedError), match=r"permission denied|never change|protected"):
                with transaction.atomic():
                    change()
        sample.refresh_from_db()
        assert sample.row_count == 5


def test_a_viewer_keeps_nothing_and_a_stranger_sees_and_changes_nothing(
    project: Project, ada: Person, cy: Person
) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(ada.who):
        found = queries.read(project, window(), read_rows("l.jsonl", [runs.lines(live_rows(5))]))
        version = runs.pinned(project)
        sample = sampled(project, live_rows(9))
        figures = queries.compare(sample, version)
    for change in (
        lambda: queries.read(project, window(), []),
        lambda: actions.record_sample(project, window=window(), found=found, file_name="l.jsonl"),
        lambda: actions.keep_comparison(sample, version, compared=figures),
        lambda: actions.forget_sketches(sample),
    ):
        with acting(viewer.who), pytest.raises(Forbidden):
            change()
    with acting(cy.who):
        assert list(queries.samples(project)) == []
        assert queries.recent(project, version, today=today()) is None
        assert TrafficSketches._base_manager.count() == TrafficComparison._base_manager.count() == 0
        with pytest.raises((IntegrityError, Project.DoesNotExist)), transaction.atomic():
            actions.record_sample(project, window=window(), found=found, file_name="l.jsonl")
        with pytest.raises((IntegrityError, Project.DoesNotExist)), transaction.atomic():
            actions.keep_comparison(sample, version, compared=figures)
        actions.forget_sketches(sample)
    with acting(ada.who):
        assert (TrafficSample.objects.count(), TrafficSketches.objects.count()) == (1, 1)
        assert TrafficComparison.objects.count() == 0
