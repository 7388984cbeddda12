"""Read live rows, find samples, and hold them against golden rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.kernel import sketches, traffic
from apps.kernel.contamination import golden_text
from apps.kernel.errors import NotFound
from apps.kernel.reading.rows import SourceRow
from apps.kernel.reading.traffic import Drawing, Traffic, parse_traffic, sampled
from apps.kernel.statistics.content_drift import TextRow
from apps.projects.models import Project
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_public_id
from apps.tenancy.permissions import Permission
from apps.traffic.models import TrafficComparison, TrafficSample, TrafficSketches


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest sample of the last 60 days and the one before it, each against the same golden rows."""

    sample: TrafficSample
    compared: traffic.Compared
    earlier: TrafficSample | None
    earlier_compared: traffic.Compared | None


def read(project: Project, window: traffic.Window, rows: Sequence[SourceRow]) -> Traffic:
    """Count live rows and sketch some of them. Raises FileRefused with the number of each row at fault."""
    require(Permission.EDIT_DATASETS)
    return parse_traffic(rows, drawing=_drawing(project.pk, window))


def samples(project: Project) -> QuerySet[TrafficSample]:
    """The newest window first, each with its kept ``comparisons``, the newest dataset version first."""
    require(Permission.VIEW)
    compared = TrafficComparison.objects.select_related("dataset_version__dataset")
    return by_window(project).prefetch_related(
        Prefetch("comparisons", compared.order_by("-dataset_version__number", "-created_at"))
    )


def by_window(project: Project) -> QuerySet[TrafficSample]:
    """The newest window first, alone."""
    require(Permission.VIEW)
    return TrafficSample.objects.filter(project=project).order_by("-until_date", "-created_at")


def sample(project: Project, reference: str) -> TrafficSample:
    """By id. Raises NotFound."""
    found = samples(project).filter(pk=parse_public_id(TrafficSample.ID_PREFIX, reference)).first()
    if found is None:
        raise NotFound(f"There is no traffic sample '{reference[:80]}' in this project.")
    return found


def newest_two(project: Project, *, today: date) -> tuple[TrafficSample | None, TrafficSample | None]:
    """The newest sample of the last 60 days and the newest that ended before it began; None where there is none."""
    since = today - timedelta(days=traffic.RECENT_DAYS)
    return traffic.newest_two(list(by_window(project).filter(until_date__gte=since)), today=today)


def newest(project: Project, *, today: date) -> TrafficSample | None:
    """The newest sample of the last 60 days, or None."""
    return newest_two(project, today=today)[0]


def comparisons(version: DatasetVersion) -> QuerySet[TrafficComparison]:
    """The kept ones of a dataset version, the newest window first."""
    require(Permission.VIEW)
    rows = TrafficComparison.objects.filter(dataset_version=version).select_related("sample")
    return rows.order_by("-sample__until_date", "-sample__created_at")


def kept(found: TrafficSample, version: DatasetVersion) -> traffic.Compared | None:
    """The comparison that was kept, or None."""
    require(Permission.VIEW)
    row = TrafficComparison.objects.filter(sample=found, dataset_version=version).first()
    return None if row is None else traffic.Compared.from_document(row.figures)


def compare(found: TrafficSample, version: DatasetVersion) -> traffic.Compared:
    """Hold a sample against a dataset version. Nothing is kept; the same two always give the same answer."""
    require(Permission.VIEW)
    cohorts = list(datasets.cohorts(version))
    drawing = _drawing(found.project_id, traffic.Window(found.since_date, found.until_date))
    golden = (
        (example.key, example.cohort.name, golden_text(example.content)) for example in datasets.examples(version)
    )
    return traffic.compare(
        found.cohorts,
        traffic.GoldenMix(
            rows={row.name: row.example_count for row in cohorts},
            shares={row.name: row.traffic_weight for row in cohorts},
            is_declared=version.weights_source == "declared",
        ),
        live_texts=texts_of(found),
        golden_texts=sampled(golden, drawing=drawing),
        seed=traffic.seed_of(found.digest, version.digest),
    )


def recent(project: Project, version: DatasetVersion, *, today: date) -> Recent | None:
    """What live traffic of the last 60 days says of a dataset version; None without a sample of them.

    Comparisons that nobody kept are made now.
    """
    now, before = newest_two(project, today=today)
    if now is None:
        return None
    return Recent(now, _against(now, version), before, None if before is None else _against(before, version))


def kept_recent(version: DatasetVersion, newest: TrafficSample, earlier: TrafficSample | None) -> Recent | None:
    """The same from kept comparisons alone; None where that of the newest sample was not kept. One query."""
    rows = comparisons(version).filter(sample__in=[one for one in (newest, earlier) if one is not None])
    known = {row.sample_id: traffic.Compared.from_document(row.figures) for row in rows}
    if newest.pk not in known:
        return None
    return Recent(newest, known[newest.pk], earlier, None if earlier is None else known.get(earlier.pk))


def texts_of(found: TrafficSample) -> tuple[TextRow, ...] | None:
    """The sketches of a sample, None once they are forgotten."""
    row = TrafficSketches.objects.filter(sample=found).first()
    return None if row is None else sketches.unpack(bytes(row.content))


def forgotten(found: Iterable[TrafficSample]) -> set[UUID]:
    """Which of these samples have no sketches any more."""
    asked = {one.pk for one in found}
    standing = TrafficSketches.objects.filter(sample__in=asked).values_list("sample_id", flat=True)
    return asked - set(standing)


def _against(found: TrafficSample, version: DatasetVersion) -> traffic.Compared:
    return kept(found, version) or compare(found, version)


def _drawing(project_id: UUID, window: traffic.Window) -> Drawing:
    """Bins are the project's own, so that sketches of two organizations can never be laid side by side."""
    return Drawing(key=project_id.bytes, seed=f"{project_id.hex[:32]}{window.since_date}{window.until_date}")
