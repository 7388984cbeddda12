"""What a cohort's rows cost and how long they took, paired by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.kernel.scorecard.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Traffic:
    """Costs in USD and latencies in ms of the rows of one cohort.

    ``unpriced`` counts arms without a price; one is enough to make the cost ratio unknown. ``untimed`` counts rows
    where an arm has no latency; they leave the latency figures of both arms.
    """

    rows: int
    cost: Pairs
    unpriced: int
    latency: Pairs
    untimed: int

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
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Traffic:
        return cls(
            rows=int(document["rows"]),
            cost=Pairs.from_document(document["cost_usd"]),
            unpriced=int(document["unpriced"]),
            latency=Pairs.from_document(document["latency_ms"]),
            untimed=int(document["untimed"]),
        )

    def document(self) -> dict[str, object]:
        return {
            "rows": self.rows,
            "cost_usd": self.cost.document(),
            "unpriced": self.unpriced,
            "latency_ms": self.latency.document(),
            "untimed": self.untimed,
        }
