"""What a judge says today of answers whose earlier verdicts are stored: the part ``anchors`` of a card's judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

DIGITS = 9
Pair = tuple[float, float, int]


@dataclass(frozen=True, slots=True)
class Anchors:
    """``set`` is the digest of the stored answers and verdicts, ``revision`` counts the sets of this judge from 1.

    ``judge`` is the digest of the judge as it was frozen: model version, question, settings. ``pairs`` counts (verdict
    then, verdict now), each 0 to 1, sorted; ``missing`` counts answers without a verdict now by the code of the reason.
    ``told_then`` and ``told_now`` are the names that the provider answered under, sorted; empty where it told none.
    ``drawn_on`` is the day of the set, as 2026-03-14.
    """

    set: str
    revision: int
    judge: str
    drawn_on: str
    pairs: tuple[Pair, ...]
    missing: Mapping[str, int]
    told_then: tuple[str, ...] = ()
    told_now: tuple[str, ...] = ()

    @classmethod
    def counted(
        cls,
        verdicts: Iterable[tuple[float, float | None, str]],
        *,
        set: str,
        revision: int,
        judge: str,
        drawn_on: str,
        told_then: Iterable[str] = (),
        told_now: Iterable[str] = (),
    ) -> Anchors:
        """From (then, now, reason) of each stored answer, in any order; now None is missing for the reason."""
        counts: Counter[tuple[float, float]] = Counter()
        missing: Counter[str] = Counter()
        for then, now, reason in verdicts:
            if now is None:
                missing[reason or "not_scored"] += 1
            else:
                counts[round(then, DIGITS) + 0.0, round(now, DIGITS) + 0.0] += 1
        pairs = tuple((then, now, count) for (then, now), count in sorted(counts.items()))
        return cls(
            set, revision, judge, drawn_on, pairs, dict(sorted(missing.items())),
            tuple(sorted(frozenset(told_then))), tuple(sorted(frozenset(told_now))),
        )  # fmt: skip

    @property
    def judged(self) -> int:
        """Answers with a verdict then and now."""
        return sum(count for _, _, count in self.pairs)

    @property
    def size(self) -> int:
        return self.judged + sum(self.missing.values())

    def document(self) -> dict[str, object]:
        return {
            "set": self.set,
            "revision": self.revision,
            "judge": self.judge,
            "drawn_on": self.drawn_on,
            "pairs": [list(pair) for pair in self.pairs],
            "missing": dict(sorted(self.missing.items())),
            "told": {"then": list(self.told_then), "now": list(self.told_now)},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Anchors:
        return cls(
            set=document["set"],
            revision=document["revision"],
            judge=document["judge"],
            drawn_on=document["drawn_on"],
            pairs=tuple((float(then), float(now), int(count)) for then, now, count in document["pairs"]),
            missing={str(code): int(count) for code, count in document["missing"].items()},
            told_then=tuple(map(str, document["told"]["then"])),
            told_now=tuple(map(str, document["told"]["now"])),
        )
