"""What a gate says: one finding per rule and cell, and the verdict they add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from apps.kernel.gate.circumstances import Circumstances
from apps.kernel.policy import Rule
from apps.kernel.policy.figures import Until
from apps.kernel.statistics.interval import Interval

Verdict = Literal["pass", "fail", "inconclusive", "invalid"]
FindingVerdict = Literal["pass", "fail", "inconclusive", "invalid", "clear"]

WORST_FIRST: tuple[FindingVerdict, ...] = ("invalid", "fail", "inconclusive", "clear", "pass")


AT_LEAST = frozenset({"judge", "pass_rate"})
"""Figures whose limit is a floor."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer about one cohort, ``"*"`` for all rows.

    ``value`` is student − teacher as a fraction for a score, ms for a latency (endless where an answer never came), and
    the ratio or share for the other figures; ``limit`` is what the rule allows, in the same unit. ``noticeable`` is the
    smallest loss a clear guard would have noticed with 80 % chance; of a pass rate and a latency the highest share of
    rows that pass, or come in time. ``quantile`` and ``until`` are those of a latency rule. ``reason`` is
    the code of an inconclusive or invalid finding. ``judge`` is "corrected" where the figures are freed of the judge's
    error; ``measure`` is "bits_per_byte" where a divergence is read by whole texts.
    """

    rule: str
    kind: str
    figure: str
    cohort: str
    evaluator: str | None
    verdict: FindingVerdict
    sentence: str = ""
    reason: str | None = None
    value: float | None = None
    interval: Interval | None = None
    limit: float | None = None
    p_pass: float | None = None
    p_fail: float | None = None
    rows_to_decide: int | None = None
    noticeable: float | None = None
    judge: str = "raw"
    quantile: float | None = None
    until: Until = "answer"
    measure: str = ""

    @classmethod
    def opened(cls, rule: Rule, cohort: str, evaluator: str | None = None) -> Finding:
        """A finding of the rule that knows nothing yet, and therefore decides nothing."""
        return cls(
            rule.id, rule.kind, rule.figure, cohort, evaluator, "inconclusive", limit=rule.limit, judge=rule.judge
        )

    def document(self) -> dict[str, object]:
        """The finding as JSON; scores in percentage points (``_pp``), latencies in ``_ms``, all else as it is.

        Null where unknown and where there is no end; an interval of a ratio without an end is null as a whole.
        """
        score, latency = self.figure in ("score", "excess_loss"), self.figure == "latency"
        plain, share = not score and not latency, self.figure in ("pass_rate", "latency")
        interval = None if self.interval is None else [_finite(self.interval.low), _finite(self.interval.high)]
        return {
            "rule": self.rule,
            "kind": self.kind,
            "figure": self.figure,
            "cohort": self.cohort,
            "evaluator": self.evaluator,
            "verdict": self.verdict,
            "reason": self.reason,
            "sentence": self.sentence,
            "delta_pp": points(self.value) if score else None,
            "interval_pp": [points(end) for end in interval] if score and interval else None,
            "level": None if self.interval is None else self.interval.level,
            "margin_pp": points(self.limit) if score else None,
            "value": _finite(self.value) if plain else None,
            "interval": interval if plain and interval and None not in interval else None,
            "at_most": self.limit if plain and self.figure not in AT_LEAST else None,
            "p_pass": self.p_pass,
            "p_fail": self.p_fail,
            "rows_to_decide": self.rows_to_decide,
            "noticeable_pp": None if share else points(self.noticeable),
            # Written only where they say something, so that reports without them keep the digest they always had.
            **({"at_least": self.limit} if self.figure in AT_LEAST else {}),
            **({"noticeable_share": self.noticeable} if share else {}),
            **({"judge": self.judge} if self.judge != "raw" else {}),
            **({"measure": self.measure} if self.measure else {}),
            **(self._latency(interval) if latency else {}),
        }

    def _latency(self, interval: list[float | None] | None) -> dict[str, object]:
        return {
            "value_ms": _finite(self.value),
            "interval_ms": interval,
            "at_most_ms": self.limit,
            "quantile": self.quantile,
            "until": self.until,
        }


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing beside a verdict; it decides nothing."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The verdict on one scorecard under one policy, with the digests of both and the level of the intervals.

    ``circumstances`` are those it was reached under, None for a replay that asks the card and the policy alone.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    scorecard_digest: str
    policy_digest: str
    level: float
    circumstances: Circumstances | None = None
    remarks: tuple[Remark, ...] = ()

    def document(self) -> dict[str, object]:
        around: dict[str, object] = {}
        if self.circumstances is not None:
            around = {"circumstances": self.circumstances.document(), "remarks": remarks_document(self.remarks)}
        return {
            **around,
            "verdict": self.verdict,
            "findings": [finding.document() for finding in self.findings],
            "scorecard_digest": self.scorecard_digest,
            "policy_digest": self.policy_digest,
            "level": self.level,
        }


def remarks_document(remarks: Iterable[Remark]) -> list[dict[str, str]]:
    return [{"code": remark.code, "sentence": remark.sentence} for remark in remarks]


def worst(verdicts: Iterable[FindingVerdict]) -> FindingVerdict | None:
    """The verdict that outranks the others, None when there are none."""
    return min(verdicts, key=WORST_FIRST.index, default=None)


def points(fraction: float | None) -> float | None:
    """A fraction in percentage points, rounded to nine decimals."""
    return None if fraction is None else round(fraction * 100, 9) + 0.0


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
