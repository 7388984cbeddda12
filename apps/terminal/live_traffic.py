"""A sample of live traffic from a file on this machine, kept and told in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.datasets import queries as datasets
from apps.kernel import traffic
from apps.kernel.errors import NotFound
from apps.kernel.sentences import traffic as words
from apps.kernel.sentences.words import rows_of
from apps.terminal import recorded
from apps.traffic import actions, queries

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.traffic.models import TrafficSample


def kept(
    project: Project, path: Path, *, since: str, until: str, dataset: str
) -> tuple[TrafficSample, traffic.Compared | None]:
    """Inside an acting block: the sample, and what it says of the golden rows if any were named.

    Raises WindowRefused, FileUnreadable, FileRefused and NotFound.
    """
    window = traffic.window(since, until, today=timezone.now().date())
    version = None
    if dataset:
        try:
            version = datasets.version(project, dataset)
        except NotFound as error:
            raise NotFound(error.detail, where={"option": "--dataset"}, fix=error.fix) from None
        datasets.require_pinned(version)
    found = queries.read(project, window, recorded.rows_in(path))
    sample = actions.record_sample(project, window=window, found=found, file_name=path.name)
    if version is None:
        return sample, None
    compared = queries.kept(sample, version) or queries.compare(sample, version)
    actions.keep_comparison(sample, version, compared=compared)
    return sample, compared


def lines(sample: TrafficSample, compared: traffic.Compared | None) -> Iterator[str]:
    """What a person reads."""
    yield f"{sample.row_count:,} live rows of {words.days(sample)} counted; no text was kept"
    for name, count in sorted(sample.cohorts.items(), key=lambda one: (-one[1], one[0])):
        yield f"  {count:>9,}  {100 * count / sample.row_count:5.1f} %  {name}"
    if compared is None:
        return
    told = words.told(compared)
    yield f"mix      {'MOVED  ' if told.mix_moved else ''}{told.mix}"
    yield f"content  {'MOVED  ' if told.content_moved else ''}{told.content}"
    yield f"new      {'MUCH   ' if told.is_new else ''}{told.novelty}"
    if compared.unknown:
        yield f"in cohorts that the golden rows do not have: {rows_of(compared.unknown)}"


def document(sample: TrafficSample, compared: traffic.Compared | None, *, dataset: str) -> dict[str, Any]:
    """What a script reads."""
    return {
        "sample": sample.public_id,
        "digest": sample.digest,
        "from": str(sample.since_date),
        "to": str(sample.until_date),
        "rows": sample.row_count,
        "cohorts": sample.cohorts,
        "dataset": dataset or None,
        "figures": None if compared is None else compared.document(),
    }
