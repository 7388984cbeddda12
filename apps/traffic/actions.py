"""Keep samples of live traffic and what came of comparing them, and forget what persons wrote."""

from __future__ import annotations

from apps.audit.action import Done, action
from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.kernel import sketches
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.reading.traffic import Traffic
from apps.kernel.traffic import Compared, Window
from apps.projects.models import Project
from apps.projects.queries import lock
from apps.tenancy.permissions import Permission
from apps.traffic.models import TrafficComparison, TrafficSample, TrafficSketches

FILE_NAME_LENGTH = 200


class TrafficAlreadyCounted(Conflict):
    """The same rows stand already as another time."""

    code = "traffic_already_counted"
    title = "These rows are counted already"


@action(
    "traffic.sampled",
    needs=Permission.EDIT_DATASETS,
    says="counted {rows} rows of live traffic from {since} to {until}",
)
def record_sample(project: Project, *, window: Window, found: Traffic, file_name: str) -> Done[TrafficSample]:
    """Keep a sample: its counts for good, and sketches of at most 500 rows. No text is kept.

    The same rows of the same days again return what stands. Raises TrafficAlreadyCounted for the same rows as other
    days: counted twice, they would look like two windows that agree.
    """
    lock(project)
    standing = TrafficSample.objects.filter(project=project, digest=found.digest).first()
    if standing is not None:
        if (standing.since_date, standing.until_date) != (window.since_date, window.until_date):
            raise TrafficAlreadyCounted(
                f"Exactly these rows are kept as {standing}. Correct the window, or draw the rows of other days.",
                where={"sample": standing.public_id},
            )
        return Done(standing, standing, changed=False)
    row = TrafficSample.objects.create(
        project=project,
        since_date=window.since_date,
        until_date=window.until_date,
        file_name=file_name[:FILE_NAME_LENGTH],
        digest=found.digest,
        row_count=found.rows,
        cohorts=dict(found.cohorts),
        without_text=found.without_text,
        repeated=found.repeated,
    )
    TrafficSketches.objects.create(sample=row, content=sketches.pack(found.sampled), row_count=len(found.sampled))
    words = {"rows": f"{found.rows:,}", "since": window.since_date, "until": window.until_date}
    facts = {"digest": found.digest, "rows": found.rows, "cohorts": dict(found.cohorts),
             "since": str(window.since_date), "until": str(window.until_date)}  # fmt: skip
    return Done(row, row, facts=facts, words=words)


@action("traffic.compared", needs=Permission.EDIT_DATASETS, says="compared {sample} with {dataset}")
def keep_comparison(sample: TrafficSample, version: DatasetVersion, *, compared: Compared) -> Done[TrafficComparison]:
    """Keep what ``queries.compare`` answered, for good; once for a sample and a dataset version.

    Raises DatasetNotPinned, InvalidInput ``other_project``.
    """
    datasets.require_pinned(version)
    if version.dataset.project_id != sample.project_id:
        raise InvalidInput(f"{sample} and {version} belong to different projects.", code="other_project")
    lock(sample.project)
    standing = TrafficComparison.objects.filter(sample=sample, dataset_version=version).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    row = TrafficComparison.objects.create(sample=sample, dataset_version=version, figures=compared.document())
    words = {"sample": sample, "dataset": version}
    facts = {"sample_digest": sample.digest, "dataset_digest": version.digest, "figures": compared.document()}
    return Done(row, row, facts={**facts, "dataset": str(version)}, words=words)


@action("traffic.forgotten", needs=Permission.EDIT_DATASETS, says="forgot the sketches of {sample}")
def forget_sketches(sample: TrafficSample) -> Done[TrafficSample]:
    """Delete the sketches of a sample. Its counts and what was compared stay; by content it is never compared again."""
    deleted, _ = TrafficSketches.objects.filter(sample=sample).delete()
    facts = {"sample_digest": sample.digest}
    return Done(sample, sample, facts=facts, words={"sample": sample}, changed=bool(deleted))
