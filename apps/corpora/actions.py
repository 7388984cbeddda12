"""Keep what a training corpus has in common with golden rows."""

from __future__ import annotations

from dataclasses import asdict

from apps.audit.action import Done, action
from apps.corpora.models import CorpusCheck
from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.kernel.contamination import Overlap
from apps.kernel.errors import InvalidInput
from apps.registry.models import ModelVersion
from apps.tenancy.permissions import Permission

FILE_NAME_LENGTH = 200


@action(
    "corpus.compared",
    needs=Permission.EDIT_REGISTRY,
    says="compared a corpus of {version} with {dataset}: {found} of {rows} rows found",
)
def record_check(
    version: ModelVersion, dataset: DatasetVersion, *, file_name: str, overlap: Overlap, corpus_digest: str
) -> Done[CorpusCheck]:
    """Keep one corpus file of a student against one pinned dataset version, for good.

    The same file again returns what stands. Raises DatasetNotPinned, InvalidInput ``other_project``.
    """
    datasets.require_pinned(dataset)
    if version.model.project_id != dataset.dataset.project_id:
        raise InvalidInput(f"{version} and {dataset} belong to different projects.", code="other_project")
    standing = CorpusCheck.objects.filter(
        model_version=version, dataset_version=dataset, corpus_digest=corpus_digest
    ).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    row = CorpusCheck.objects.create(
        model_version=version,
        dataset_version=dataset,
        file_name=file_name[:FILE_NAME_LENGTH],
        corpus_digest=corpus_digest,
        corpus_rows=overlap.corpus_rows,
        golden_rows=overlap.golden_rows,
        without_text=overlap.without_text,
        matches=[asdict(match) for match in overlap.matches],
    )
    words = {"version": version, "dataset": dataset, "found": len(overlap.matches), "rows": overlap.golden_rows}
    facts = {"corpus_digest": corpus_digest, "corpus_rows": overlap.corpus_rows,
             "keys": [match.key for match in overlap.matches]}  # fmt: skip
    return Done(row, row, facts={**{name: str(word) for name, word in words.items()}, **facts}, words=words)
