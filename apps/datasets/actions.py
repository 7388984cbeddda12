"""Import a golden file as a draft, and pin it for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.db.models import Max
from django.utils import timezone

from apps.audit.action import Done, action
from apps.audit.move import move
from apps.datasets import queries
from apps.datasets.models import Cohort, Dataset, DatasetVersion, Example
from apps.kernel import digest, lifecycle
from apps.kernel.errors import InvalidInput, Problem
from apps.kernel.reading.cohorts import GoldenCohort, warnings_of
from apps.kernel.reading.golden import GoldenExample, GoldenFile
from apps.projects.models import Project
from apps.tenancy.permissions import Permission


@action("dataset.imported", needs=Permission.EDIT_DATASETS, says="imported {count} examples as {version}")
def import_golden(project: Project, *, slug: str, golden: GoldenFile) -> Done[DatasetVersion]:
    """Keep a golden file as the next version of a dataset, all of it or nothing.

    The same content again returns the version that stands.
    """
    dataset, _ = Dataset.objects.get_or_create(project=project, slug=slug)
    cohorts = [
        {"name": cohort.name, "high_value": cohort.high_value, "weight": cohort.weight, "rows": cohort.rows}
        for cohort in sorted(golden.cohorts, key=lambda cohort: cohort.name)
    ]
    content_digest = digest.of(
        {
            "cohorts": cohorts,
            "weights_source": golden.weights_source,
            "examples": [_as_json(example) for example in sorted(golden.examples, key=lambda example: example.key)],
        }
    )
    version, is_new = _version(
        dataset, content_digest, count=len(golden.examples), weights=golden.weights_source, warnings=golden.warnings
    )
    if not is_new:
        return Done(version, version, changed=False)
    _keep_rows(version, golden, cohorts)
    facts = {"version": str(version), "count": len(golden.examples), "digest": content_digest, "cohorts": cohorts}
    return Done(version, version, facts=facts, words={"count": len(golden.examples), "version": version})


@action("dataset.pinned", needs=Permission.EDIT_DATASETS, says="pinned {version}")
def pin_version(version: DatasetVersion) -> Done[DatasetVersion]:
    """Make a version final: from here on neither code nor SQL changes it. Pinned already: nothing happens."""
    changed = move(version, to=lifecycle.PINNED, because="pinned as evidence", pinned_at=timezone.now())
    facts = {"version": str(version), "digest": version.digest}
    return Done(version, version, facts=facts, words={"version": version}, changed=changed)


@action("dataset.frozen", needs=Permission.EDIT_DATASETS, says="froze {count} rows of {source} as {version}")
def freeze_rows(
    source: DatasetVersion, *, slug: str, keys: Sequence[str], notes: Sequence[Problem] = ()
) -> Done[DatasetVersion]:
    """Keep some rows of a pinned version as the next version of a dataset, pinned at once.

    Its cohorts keep their weights as declared shares of traffic, whatever share of the rows they have now, so that a
    global figure still speaks of traffic; a cohort left without rows keeps its weight too. ``notes`` join the warnings.
    The same rows again return the version that stands. Raises DatasetNotPinned, InvalidInput ``rows_unknown``.
    """
    queries.require_pinned(source)
    examples = list(queries.examples(source).filter(key__in=list(keys)))
    if len(examples) != len(set(keys)) or not examples:
        raise InvalidInput(f"Some of the {len(keys):,} rows are not in {source}.", code="rows_unknown")
    dataset, _ = Dataset.objects.get_or_create(project=source.dataset.project, slug=slug)
    cohorts = [_counted(cohort, examples) for cohort in queries.cohorts(source)]
    described = [
        {"name": one.name, "high_value": one.high_value, "weight": one.weight, "rows": one.rows} for one in cohorts
    ]
    rows = [
        {"key": row.key, "cohort": row.cohort.name, "content": row.content}
        # Spelled only where there is one, so that rows frozen without clusters keep their digest.
        | ({"cluster": row.cluster} if row.cluster else {})
        for row in examples
    ]
    content_digest = digest.of({"source": source.digest, "cohorts": described, "examples": rows})
    version, is_new = _version(
        dataset, content_digest, count=len(examples), weights="declared", warnings=[*notes, *warnings_of(cohorts)]
    )
    if not is_new:
        return Done(version, version, changed=False)
    made = _keep_cohorts(version, described)
    Example.objects.bulk_create(
        [
            Example(
                version=version, cohort=made[row.cohort.name], key=row.key, content=row.content, cluster=row.cluster
            )
            for row in examples
        ],
        batch_size=500,
    )
    pin_version(version)
    words = {"count": len(examples), "source": source, "version": version}
    facts = {"version": str(version), "source": str(source), "count": len(examples), "digest": content_digest}
    return Done(version, version, facts={**facts, "cohorts": described}, words=words)


def _version(
    dataset: Dataset, content_digest: str, *, count: int, weights: str, warnings: Sequence[Problem]
) -> tuple[DatasetVersion, bool]:
    """The version of this content, and whether it is a new one, whose rows are still to be kept."""
    standing = DatasetVersion.objects.filter(dataset=dataset, digest=content_digest).first()
    if standing is not None:
        return standing, False
    highest = DatasetVersion.objects.filter(dataset=dataset).aggregate(highest=Max("number"))["highest"] or 0
    return DatasetVersion.objects.create(
        dataset=dataset,
        number=highest + 1,
        digest=content_digest,
        example_count=count,
        weights_source=weights,
        warnings=[warning.as_json() for warning in warnings],
    ), True


def _counted(cohort: Cohort, examples: Sequence[Example]) -> GoldenCohort:
    rows = sum(example.cohort_id == cohort.pk for example in examples)
    return GoldenCohort(cohort.name, rows, cohort.is_high_value, cohort.traffic_weight, 0)


def _keep_cohorts(version: DatasetVersion, cohorts: list[dict[str, object]]) -> dict[str, Cohort]:
    rows = {
        str(cohort["name"]): Cohort(
            version=version,
            name=cohort["name"],
            is_high_value=cohort["high_value"],
            traffic_weight=cohort["weight"],
            example_count=cohort["rows"],
        )
        for cohort in cohorts
    }
    Cohort.objects.bulk_create(rows.values())
    return rows


def _keep_rows(version: DatasetVersion, golden: GoldenFile, cohorts: list[dict[str, object]]) -> None:
    rows = _keep_cohorts(version, cohorts)
    Example.objects.bulk_create(
        [
            Example(
                version=version,
                cohort=rows[example.cohort],
                key=example.key,
                content=queries.content_of(example),
                cluster=example.cluster or "",
            )
            for example in golden.examples
        ],
        batch_size=500,
    )


def _as_json(example: GoldenExample) -> dict[str, object]:
    return {key: value for key, value in asdict(example).items() if value is not None}
