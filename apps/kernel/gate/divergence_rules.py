"""How far the student's next tokens lie from the teacher's, and the guard that limits it (statistics.md §4.8, R12)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import by_cohort
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Scorecard
from apps.kernel.scorecard.tokens import NOT_COMPARABLE
from apps.kernel.sentences import evidence
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


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope."""
    return by_cohort(card, rule, lambda cohort: _finding(card, policy, rule, cohort))


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
