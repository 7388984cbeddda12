"""How likely both models find the teacher's answers, row by row, as a card keeps it (statistics.md §4.8 a)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.kernel import likelihood
from apps.kernel.chat import Usage
from apps.kernel.likelihood import NO_BYTES, Likelihood, Sampling, Token
from apps.kernel.statistics.divergence import RowMissing

# Why a row has no gap; the reasons of kernel/likelihood.py with the side in front, and these.
NOT_MEASURED = "not_measured"
UNSUPPORTED = "prompt_scoring_unsupported"
NO_LOGPROBS = "no_logprobs"
NO_TEXT = "no_text"
CUT = "text_cut"
BITS_DIGITS = 6
LENGTH = "length"

Line = tuple[float, float, int, str]


@dataclass(frozen=True, slots=True)
class TextRow:
    """One answer of the teacher: its log-probability in nats by each model, its bytes, and its cluster ("" alone)."""

    teacher_nats: float
    student_nats: float
    size: int
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """``lines``: (teacher bits, student bits, bytes, cluster id or "") sorted, one a row; bits are log₂ and 0 or less.

    ``missing``: rows left out, by reason. ``sampling``: how the teacher drew its answers (likelihood.sampling_of).
    """

    lines: tuple[Line, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    sampling: Sampling = "other"

    @classmethod
    def of(cls, rows: Iterable[TextRow | RowMissing], *, sampling: Sampling) -> Texts:
        lines: list[Line] = []
        missing: Counter[str] = Counter()
        for row in rows:
            if isinstance(row, RowMissing):
                missing[row.reason] += 1
            else:
                lines.append((_bits(row.teacher_nats), _bits(row.student_nats), row.size, row.cluster))
        return cls(tuple(sorted(lines)), tuple(sorted(missing.items())), sampling)

    @classmethod
    def merged(cls, parts: Iterable[Texts]) -> Texts:
        """All rows of the parts, which are of one run."""
        parts = list(parts)
        missing: Counter[str] = Counter()
        for part in parts:
            missing.update(dict(part.missing))
        lines = sorted(line for part in parts for line in part.lines)
        return cls(tuple(lines), tuple(sorted(missing.items())), parts[0].sampling if parts else "other")

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Texts:
        lines = ((float(t), float(s), int(n), str(of[0]) if of else "") for t, s, n, *of in document["rows"])
        missing = sorted((str(code), int(n)) for code, n in document["missing"].items())
        return cls(tuple(lines), tuple(missing), document["sampling"])

    def document(self) -> dict[str, object]:
        return {
            "rows": [[*line[:3], line[3]] if line[3] else list(line[:3]) for line in self.lines],
            "missing": dict(self.missing),
            "sampling": self.sampling,
        }


def teacher_likelihood(
    tokens: Sequence[Token] | None, text: str | None, *, finish: str, usage: Usage | None
) -> Likelihood:
    """What the teacher's own stored tokens say of its answer, with the reason why it cannot be measured at all.

    Asked before a student is: a row that lacks the teacher's side costs no call.
    """
    if text is None:
        return Likelihood(reason=NO_TEXT)
    if not text:
        return Likelihood(reason=NO_BYTES)
    if finish == LENGTH:
        return Likelihood(reason=CUT)
    if not tokens:
        return Likelihood(reason=NO_LOGPROBS)
    place = likelihood.opening(tokens, text, usage=usage)
    found = likelihood.likelihood(tokens, place)
    return Likelihood(reason="teacher_tokens_differ") if place is None else found


def row_of(teacher: Likelihood, student: Likelihood, *, text: str, cluster: str = "") -> TextRow | RowMissing:
    """Both sides of a row, or the first reason why it is missing."""
    for side in (teacher, student):
        if side.nats is None:
            return RowMissing(side.reason or NOT_MEASURED)
    return TextRow(float(teacher.nats or 0), float(student.nats or 0), len(text.encode()), cluster)


def _bits(nats: float) -> float:
    return round(nats / math.log(2), BITS_DIGITS) + 0.0
