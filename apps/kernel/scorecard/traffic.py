"""What a cohort's rows cost, how long they took, how they ended and what their tokens say, paired by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.kernel.scorecard.alone import Alone
from apps.kernel.scorecard.endings import Endings
from apps.kernel.scorecard.pairs import Pairs
from apps.kernel.scorecard.texts import Texts
from apps.kernel.scorecard.tokens import Divergence

NONE_TIMED, ALL_WELL, NONE_ALONE = Pairs(), Endings(), Alone()


@dataclass(frozen=True, slots=True)
class Traffic:
    """Costs in USD and latencies in ms of the rows of one cohort.

    ``unpriced`` counts arms without a price; one is enough to make the cost ratio unknown. ``untimed`` counts rows
    where an arm has no latency; they leave the latency figures of both arms. ``first_token`` holds the times until the
    first token in ms where both arms have one. ``latency_alone`` and ``first_token_alone`` hold the times of one arm
    where the other has none. ``divergence`` is None where no token lists were stored, ``texts`` where nobody asked how
    likely the teacher's answers are. A row that was answered several times counts once: its cost is the mean of its
    answers, all else is that of its first.
    """

    rows: int
    cost: Pairs
    unpriced: int
    latency: Pairs
    untimed: int
    first_token: Pairs = NONE_TIMED
    endings: Endings = ALL_WELL
    divergence: Divergence | None = None
    latency_alone: Alone = NONE_ALONE
    first_token_alone: Alone = NONE_ALONE
    texts: Texts | None = None

    @classmethod
    def merged(cls, parts: Iterable[Traffic]) -> Traffic:
        """All rows of the parts, each counting once."""
        parts = list(parts)
        return cls(
            rows=sum(part.rows for part in parts),
            cost=Pairs.merged(part.cost for part in parts),
            unpriced=sum(part.unpriced for part in parts),
            latency=Pairs.merged(part.latency for part in parts),
            untimed=sum(part.untimed for part in parts),
            first_token=Pairs.merged(part.first_token for part in parts),
            endings=Endings.merged(part.endings for part in parts),
            divergence=Divergence.merged(told) if (told := [p.divergence for p in parts if p.divergence]) else None,
            latency_alone=Alone.merged(part.latency_alone for part in parts),
            first_token_alone=Alone.merged(part.first_token_alone for part in parts),
            texts=Texts.merged(asked) if (asked := [p.texts for p in parts if p.texts]) else None,
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Traffic:
        return cls(
            rows=int(document["rows"]),
            cost=Pairs.from_document(document["cost_usd"]),
            unpriced=int(document["unpriced"]),
            latency=Pairs.from_document(document["latency_ms"]),
            untimed=int(document["untimed"]),
            first_token=Pairs.from_document(document.get("first_token_ms", ())),
            endings=Endings.from_document(document.get("endings", ())),
            divergence=Divergence.from_document(document["divergence"]) if "divergence" in document else None,
            latency_alone=_alone(document, "latency_alone_ms"),
            first_token_alone=_alone(document, "first_token_alone_ms"),
            texts=Texts.from_document(document["bits_per_byte"]) if "bits_per_byte" in document else None,
        )

    def document(self) -> dict[str, object]:
        """The JSON value; what was added to it later stands there only when there is something to say."""
        written: dict[str, object] = {
            "rows": self.rows,
            "cost_usd": self.cost.document(),
            "unpriced": self.unpriced,
            "latency_ms": self.latency.document(),
            "untimed": self.untimed,
        }
        if self.first_token.triples:
            written["first_token_ms"] = self.first_token.document()
        if self.endings.counts:
            written["endings"] = self.endings.document()
        if self.divergence is not None:
            written["divergence"] = self.divergence.document()
        if self.latency_alone:
            written["latency_alone_ms"] = self.latency_alone.document()
        if self.first_token_alone:
            written["first_token_alone_ms"] = self.first_token_alone.document()
        if self.texts is not None:
            written["bits_per_byte"] = self.texts.document()
        return written


def _alone(document: Mapping[str, Any], name: str) -> Alone:
    return Alone.from_document(document[name]) if name in document else NONE_ALONE
