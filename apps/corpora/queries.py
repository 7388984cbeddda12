"""What is known of a student's training corpora and golden rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.corpora.models import CorpusCheck
from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.kernel.contamination import Index, Overlap, golden_text
from apps.kernel.reading.corpus import Corpus
from apps.registry.models import ModelVersion
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission


@dataclass(frozen=True, slots=True)
class Known:
    """All corpora of a student that were compared with a dataset version: their digests, and the keys found in any."""

    corpora: tuple[str, ...]
    keys: frozenset[str]


def compare(dataset: DatasetVersion, *, file_name: str, chunks: Iterable[bytes]) -> tuple[Overlap, str]:
    """Walk a corpus past the golden rows: what was found, and the digest of the file. Raises FileRefused."""
    require(Permission.VIEW)
    index = Index((example.key, golden_text(example.content)) for example in datasets.examples(dataset))
    corpus = Corpus(file_name, chunks)
    for row in corpus.rows():
        index.read(row.texts)
    return index.overlap(), corpus.digest


def of_model(version: ModelVersion) -> QuerySet[CorpusCheck]:
    """Newest first."""
    require(Permission.VIEW)
    checks = CorpusCheck.objects.filter(model_version=version)
    return checks.select_related("dataset_version__dataset", "model_version__model").order_by("-created_at")


def of_dataset(version: DatasetVersion) -> QuerySet[CorpusCheck]:
    """Newest first."""
    require(Permission.VIEW)
    checks = CorpusCheck.objects.filter(dataset_version=version)
    return checks.select_related("dataset_version__dataset", "model_version__model").order_by("-created_at")


def known(version: ModelVersion, dataset: DatasetVersion) -> Known | None:
    """None when no corpus of this version was compared with these rows."""
    checks = list(of_model(version).filter(dataset_version=dataset))
    if not checks:
        return None
    return Known(
        corpora=tuple(sorted(check.corpus_digest for check in checks)),
        keys=frozenset(match["key"] for check in checks for match in check.matches),
    )
