"""How answers ended that did not end well: faults, refusals, answers cut off; paired by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

REFUSED, CUT_OFF = "refused", "cut_off"
TIMED_OUT = "upstream_deadline"
"""The fault of an answer that did not come before its deadline; it took longer than any limit."""
KINDS = ("fault", REFUSED, CUT_OFF)
# What providers call it: OpenAI and Azure, Anthropic, Gemini; a Hugging Face server says "length" as OpenAI does.
_FINISHES: Mapping[str, str] = {
    "content_filter": REFUSED,
    "refusal": REFUSED,
    "safety": REFUSED,
    "length": CUT_OFF,
    "max_tokens": CUT_OFF,
}


@dataclass(frozen=True, slots=True)
class Endings:
    """(teacher's ending, student's ending, rows), sorted, "" for an answer that ended well; rows with two such are left
    out. An ending is the code of a fault, ``refused`` or ``cut_off``."""

    counts: tuple[tuple[str, str, int], ...] = ()

    @classmethod
    def of(cls, counts: Mapping[tuple[str, str], int]) -> Endings:
        found = ((teacher, student, count) for (teacher, student), count in counts.items() if teacher or student)
        return cls(tuple(sorted(found)))

    @classmethod
    def merged(cls, parts: Iterable[Endings]) -> Endings:
        total: Counter[tuple[str, str]] = Counter()
        for part in parts:
            total.update({(teacher, student): count for teacher, student, count in part.counts})
        return cls.of(total)

    @classmethod
    def from_document(cls, counts: Sequence[Sequence[object]]) -> Endings:
        return cls(tuple((str(teacher), str(student), int(str(count))) for teacher, student, count in counts))

    def document(self) -> list[list[object]]:
        return [list(count) for count in self.counts]

    def paired(self, kind: str) -> tuple[int, int, int]:
        """Rows in which the teacher alone, the student alone, and both ended in this kind (one of KINDS)."""
        alone = [0, 0, 0]
        for teacher, student, count in self.counts:
            hit = kind_of(teacher) == kind, kind_of(student) == kind
            if any(hit):
                alone[2 if all(hit) else 0 if hit[0] else 1] += count
        return alone[0], alone[1], alone[2]

    def timed_out(self) -> tuple[int, int, int]:
        """Rows in which the teacher alone, the student alone, and both ran into their deadline."""
        found = [0, 0, 0]
        for teacher, student, count in self.counts:
            hit = teacher == TIMED_OUT, student == TIMED_OUT
            if any(hit):
                found[2 if all(hit) else 0 if hit[0] else 1] += count
        return found[0], found[1], found[2]

    def codes(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Rows by ending, of the teacher and of the student."""
        sides: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        for teacher, student, count in self.counts:
            for side, ending in zip(sides, (teacher, student), strict=True):
                if ending:
                    side[ending] += count
        return dict(sorted(sides[0].items())), dict(sorted(sides[1].items()))


def ending_of(fault: str | None, finish: str | None) -> str:
    """The ending of one answer from its fault and its provider's word, "" when it ended well."""
    return fault or _FINISHES.get((finish or "").lower(), "")


def kind_of(ending: str) -> str:
    """``refused``, ``cut_off``, ``fault`` for every other ending, "" for none."""
    return ending if ending in ("", REFUSED, CUT_OFF) else "fault"
