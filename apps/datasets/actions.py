"""Import a golden file as a draft, and pin it for good."""

from __future__ import annotations

from dataclasses import asdict

from django.db.models import Max
from django.utils import timezone

from apps.audit.action import Done, action
from apps.audit.move import move
from apps.datasets import queries
from apps.datasets.models import Cohort, Dataset, DatasetVersion, Example
from apps.kernel import digest, lifecycle
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
    standing = DatasetVersion.objects.filter(dataset=dataset, digest=content_digest).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    highest = DatasetVersion.objects.filter(dataset=dataset).aggregate(highest=Max("number"))["highest"] or 0
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=highest + 1,
        digest=content_digest,
        example_count=len(golden.examples),
        weights_source=golden.weights_source,
        warnings=[warning.as_json() for warning in golden.warnings],
    )
    _keep_rows(version, golden, cohorts)
    facts = {"version": str(version), "count": len(golden.examples), "digest": content_digest, "cohorts": cohorts}
    return Done(version, version, facts=facts, words={"count": len(golden.examples), "version": version})


@action("dataset.pinned", needs=Permission.EDIT_DATASETS, says="pinned {version}")
def pin_version(version: DatasetVersion) -> Done[DatasetVersion]:
    """Make a version final: from here on neither code nor SQL changes it. Pinned already: nothing happens."""
    changed = move(version, to=lifecycle.PINNED, because="pinned as evidence", pinned_at=timezone.now())
    facts = {"version": str(version), "digest": version.digest}
    return Done(version, version, facts=facts, words={"version": version}, changed=changed)


def _keep_rows(version: DatasetVersion, golden: GoldenFile, cohorts: list[dict[str, object]]) -> None:
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
