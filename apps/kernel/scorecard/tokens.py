"""Stored log-probabilities of two answers become bounds of a row, and rows those of a cohort (statistics.md §4.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.kernel.statistics.divergence import NotComparable, RowDivergence, RowMissing, row_divergence
from apps.kernel.statistics.top_k import TopK

NO_LOGPROBS = "no_logprobs"
NOT_COMPARABLE = "not_comparable"
UNREADABLE = "logprobs_unreadable"
DIGITS = 9
SLACK = 1e-6
"""A log-probability above 0 by no more than this was rounded by its provider."""

Positions = Sequence[Sequence[Any]]
"""One entry a token of the answer: the chosen token, its log-probability, and the list of (token, log-probability)."""
Line = tuple[int, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Divergence:
    """Bounds of a cohort's rows and its rows that are missing, by reason.

    ``lines``: (positions, KL lower bound in nats a token, TV low, TV high, covered teacher mass), sorted, one a row.
    """

    lines: tuple[Line, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, rows: Iterable[RowDivergence | RowMissing]) -> Divergence:
        lines: list[Line] = []
        missing: Counter[str] = Counter()
        for row in rows:
            if isinstance(row, RowMissing):
                missing[row.reason] += 1
            else:
                figures = (row.kl_low_nats, row.tv_low, row.tv_high, row.covered)
                lines.append((row.positions, *(round(figure, DIGITS) + 0.0 for figure in figures)))  # type: ignore[arg-type]
        return cls(tuple(sorted(lines)), tuple(sorted(missing.items())))

    @classmethod
    def merged(cls, parts: Iterable[Divergence]) -> Divergence:
        """All rows of the parts."""
        parts = list(parts)
        missing: Counter[str] = Counter()
        for part in parts:
            missing.update(dict(part.missing))
        return cls(tuple(sorted(line for part in parts for line in part.lines)), tuple(sorted(missing.items())))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Divergence:
        lines = ((int(n), float(kl), float(low), float(high), float(c)) for n, kl, low, high, c in document["rows"])
        return cls(tuple(lines), tuple(sorted((str(code), int(n)) for code, n in document["missing"].items())))

    def document(self) -> dict[str, object]:
        return {"rows": [list(line) for line in self.lines], "missing": dict(self.missing)}

    def rows(self) -> list[RowDivergence]:
        """The rows that can be compared, as the estimator takes them."""
        return [RowDivergence(kl, low, high, covered, positions) for positions, kl, low, high, covered in self.lines]


def divergence_of(
    teacher: Positions | None, student: Positions | None, *, tokenizers: tuple[str, str]
) -> RowDivergence | RowMissing | None:
    """The bounds over the positions that two stored answers share; None when neither stored any.

    Both models read the same text as long as they chose the same tokens, so every position up to and with the first
    that differs is comparable and none after it. ``tokenizers``: the names (teacher, student); unknown or unlike ones
    make the row missing as ``not_comparable``. A list that cannot be read makes it missing with its fault.
    """
    if not teacher and not student:
        return None
    if not teacher or not student:
        return RowMissing(NO_LOGPROBS)
    try:
        shared = _shared(teacher, student)
        lists = [[_list(position) for position in positions[:shared]] for positions in (teacher, student)]
    except (TypeError, ValueError, KeyError, IndexError):
        return RowMissing(UNREADABLE)
    try:
        return row_divergence(*lists, teacher_tokeniser=tokenizers[0], student_tokeniser=tokenizers[1])
    except NotComparable:
        return RowMissing(NOT_COMPARABLE)


def _shared(teacher: Positions, student: Positions) -> int:
    """How many positions follow the same tokens."""
    for place, (ours, theirs) in enumerate(zip(teacher, student, strict=False)):
        if ours[0] != theirs[0]:
            return place + 1
    return min(len(teacher), len(student))


def _list(position: Sequence[Any]) -> TopK:
    tokens, logprobs = [], []
    for token, logprob in position[2]:
        tokens.append(str(token))
        value = float(logprob)
        logprobs.append(0.0 if 0 < value <= SLACK else value)
    return TopK(tokens, logprobs)
