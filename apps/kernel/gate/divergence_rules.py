"""How far the student's next tokens lie from the teacher's, and the guard that limits it (statistics.md §4.8, R12)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import by_cohort
from apps.kernel.policy import Policy, Rule
from apps.kernel.policy.figures import BITS_PER_BYTE
from apps.kernel.scorecard import Scorecard
from apps.kernel.scorecard.texts import NOT_MEASURED, UNSUPPORTED
from apps.kernel.scorecard.tokens import NOT_COMPARABLE
from apps.kernel.sentences import evidence
from apps.kernel.statistics.byte_gap import BitsPerByteGap, bits_per_byte_gap
from apps.kernel.statistics.divergence import MeanDivergence, mean_divergence

RESAMPLES = 2000
NOT_AVAILABLE = "not_available"


@dataclass(frozen=True, slots=True)
class TokenDivergence:
    """The bounds over a cohort's shared prefixes, or the reason why there are none.

    ``positions``: tokens compared in all. ``missing``: rows left out, by reason.
    """

    rows: int
    positions: int
    missing: tuple[tuple[str, int], ...] = ()
    mean: MeanDivergence | None = None
    reason: str | None = None


def token_divergence(card: Scorecard, cohort: str, *, level: float) -> TokenDivergence:
    """``GLOBAL``: over all rows, each position counting once. The interval is seeded by the card's digest.

    Reasons: ``not_available`` (no lists stored), ``not_comparable`` (unlike or unknown tokenizers), ``no_rows``.
    """
    found = card.traffic_of(cohort).divergence
    if found is None:
        return TokenDivergence(0, 0, reason=NOT_AVAILABLE)
    if not found.lines:
        unlike = any(code == NOT_COMPARABLE for code, _ in found.missing)
        return TokenDivergence(0, 0, found.missing, reason=NOT_COMPARABLE if unlike else "no_rows")
    rows = found.rows()
    mean = mean_divergence(rows, level=level, resamples=RESAMPLES, seed=card.seed)
    return TokenDivergence(len(rows), sum(row.positions for row in rows), found.missing, mean)


@dataclass(frozen=True, slots=True)
class TextDivergence:
    """The bits-per-byte gap over a cohort's rows, or the reason why there is none; ``missing`` rows by reason."""

    missing: tuple[tuple[str, int], ...] = ()
    gap: BitsPerByteGap | None = None
    reason: str | None = None


def text_divergence(card: Scorecard, cohort: str, *, level: float) -> TextDivergence:
    """``GLOBAL``: over all rows, by their bytes. The interval is seeded by the card's digest; clusters are its units.

    Reasons: ``not_measured`` (the run did not ask for it), else the one by which most rows are missing.
    """
    found = card.traffic_of(cohort).texts
    if found is None:
        return TextDivergence(reason=NOT_MEASURED)
    if not found.lines:
        most = max(found.missing, key=lambda one: one[1], default=("no_rows", 0))
        return TextDivergence(found.missing, reason=most[0])
    teacher, student, sizes, named = zip(*found.lines, strict=True)
    gap = bits_per_byte_gap(
        [bits * math.log(2) for bits in teacher],
        [bits * math.log(2) for bits in student],
        sizes,
        is_sampled_at_1=found.sampling == "temperature_1",
        clusters=[name or place for place, name in enumerate(named)],
        level=level,
        resamples=RESAMPLES,
        seed=card.seed,
    )
    return TextDivergence(found.missing, gap)


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope."""
    finding = _by_bytes if rule.measure == BITS_PER_BYTE else _finding
    return by_cohort(card, rule, lambda cohort: finding(card, policy, rule, cohort))


def _by_bytes(card: Scorecard, policy: Policy, rule: Rule, cohort: str) -> Finding:
    """Fail only when the whole interval is beyond the limit."""
    found = text_divergence(card, cohort, level=policy.level)
    finding = replace(Finding.opened(rule, cohort), measure=rule.measure)
    if found.gap is None:
        sentence = evidence.byte_gap_unknown(cohort, reason=str(found.reason))
        reason = NOT_COMPARABLE if found.reason == UNSUPPORTED else "evidence_missing"
        return replace(finding, reason=reason, sentence=sentence)
    interval = found.gap.interval
    is_beyond = interval is not None and interval.low > rule.limit
    sentence = evidence.byte_gap(
        cohort, is_beyond=is_beyond, bits=found.gap.bits_per_byte, interval=interval, rows=found.gap.n,
        at_most=rule.limit, is_divergence=found.gap.means == "kl_rate",
    )  # fmt: skip
    verdict: FindingVerdict = "fail" if is_beyond else "clear"
    return replace(finding, verdict=verdict, value=found.gap.bits_per_byte, interval=interval, sentence=sentence)


def _finding(card: Scorecard, policy: Policy, rule: Rule, cohort: str) -> Finding:
    """Fail only when the whole interval of the lower bound is beyond the limit. A lower bound can prove nothing."""
    found = token_divergence(card, cohort, level=policy.level)
    finding = Finding.opened(rule, cohort)
    if found.mean is None:
        reason = NOT_COMPARABLE if found.reason == NOT_COMPARABLE else "evidence_missing"
        return replace(finding, reason=reason, sentence=evidence.divergence_unknown(cohort, reason=str(found.reason)))
    interval = found.mean.interval
    is_beyond = interval is not None and interval.low > rule.limit
    sentence = evidence.divergence(
        cohort,
        is_beyond=is_beyond,
        nats=found.mean.kl_low_nats,
        interval=interval,
        covered=found.mean.covered,
        rows=found.rows,
        at_most=rule.limit,
    )
    verdict: FindingVerdict = "fail" if is_beyond else "clear"
    return replace(finding, verdict=verdict, value=found.mean.kl_low_nats, interval=interval, sentence=sentence)
