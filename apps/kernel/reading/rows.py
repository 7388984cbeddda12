"""The one way in: a file's name and bytes become numbered rows, or the whole file is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.kernel.reading import csv_table, gzip, json_lines
from apps.kernel.reading.limits import DEFAULT, MIB, Limits
from apps.kernel.reading.lines import BOM
from apps.kernel.reading.refusal import Problems, quoted

KINDS = (".jsonl", ".csv")
PACKED = ".gz"
# First bytes of files that are often renamed; gzip is judged apart, for .gz is welcome.
MAGIC = {
    b"PK\x03\x04": "a ZIP or Excel file",
    b"PK\x05\x06": "a ZIP file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "a NumPy file",
    b"7z\xbc\xaf": "a 7z file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as it stood in the file; ``number`` is its line (JSONL) or its spreadsheet row (CSV), from 1."""

    number: int
    values: dict[str, object]


def read_rows(name: str, chunks: Iterable[bytes], *, limits: Limits = DEFAULT) -> list[SourceRow]:
    """Every row of a .jsonl or .csv file, plain or gzipped (.gz), in the order of the file; at least one.

    Raises FileRefused, and nothing else whatever the bytes, carrying the first 20 problems and the count of all.
    """
    problems = Problems()
    kind, packed = _kind(name, problems)
    content = _content(chunks, kind=kind, packed=packed, problems=problems, limits=limits)
    read = csv_table.read if kind == ".csv" else json_lines.read
    rows = read(content, problems=problems, limits=limits)
    problems.raise_any()
    if not rows:
        header = bool(content.removeprefix(BOM).strip())
        raise problems.refuse("no_rows", "The file has a header but no rows." if header else "The file has no rows.")
    return [SourceRow(number, values) for number, values in rows]


def _kind(name: str, problems: Problems) -> tuple[str, bool]:
    lowered = name.lower()
    packed = lowered.endswith(PACKED)
    bare = lowered.removesuffix(PACKED)
    for kind in KINDS:
        if bare.endswith(kind):
            return kind, packed
    raise problems.refuse(
        "type_unsupported", f"{quoted(name)} is not a kind we read. Send .jsonl or .csv, plain or as .gz."
    )


def _content(chunks: Iterable[bytes], *, kind: str, packed: bool, problems: Problems, limits: Limits) -> bytes:
    raw = _bounded(chunks, problems=problems, limits=limits)
    if not raw:
        raise problems.refuse("file_empty", "The file has no bytes.")
    if packed:
        if not raw.startswith(gzip.MAGIC):
            raise problems.refuse("type_mismatch", "Named .gz, but does not begin like a gzip file.")
        raw = b"".join(gzip.expand([raw], limits=limits))
        if not raw:
            raise problems.refuse("file_empty", "The file has no bytes once unpacked.")
    elif raw.startswith(gzip.MAGIC):
        raise problems.refuse("type_mismatch", f"Named {kind}, but begins like a gzip file. Name it {kind}.gz.")
    for magic, what in MAGIC.items():
        if raw.startswith(magic):
            raise problems.refuse("type_mismatch", f"Named {kind}, but begins like {what}.")
    return raw


def _bounded(chunks: Iterable[bytes], *, problems: Problems, limits: Limits) -> bytes:
    return b"".join(_counted(chunks, problems=problems, limits=limits))


def _counted(chunks: Iterable[bytes], *, problems: Problems, limits: Limits) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.file_bytes:
            raise problems.refuse(
                "file_too_large", f"The file is larger than {limits.file_bytes // MIB} MiB. Split it."
            )
        yield chunk
