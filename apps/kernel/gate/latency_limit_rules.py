"""Latencies against a limit in ms: at least a share q of the student's answers comes in time (statistics.md §3, R5).

"p99 is at most L" is the claim that at least 99 % of the answers come within L, so the order-statistic limits of §4.6
and an exact binomial test of that share turn at the same point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding
from apps.kernel.gate.harm import Gate, Harm, verdict_of
from apps.kernel.gate.selection import cohorts_asked
from apps.kernel.gate.times import Times, student_times
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import latencies, scores
from apps.kernel.statistics import share


@dataclass(frozen=True, slots=True)
class _Claim:
    """A latency rule at a cohort. ``times`` is None where there is nothing to look at."""

    rule: Rule
    cohort: str
    times: Times | None
    blocked: str | None = None
    p_pass: float = 1.0
    p_pass_unkind: float = 1.0
    p_fail: float = 1.0
    p_fail_unkind: float = 1.0


def claims(card: Scorecard, policy: Policy) -> list[_Claim]:
    """One claim per latency rule and cohort; where high-value cohorts are asked for in vain, one that says so."""
    found: list[_Claim] = []
    for rule in policy.rules:
        if rule.figure == "latency":
            cohorts = cohorts_asked(card, rule)
            found += [_claim(card, rule, cohort) for cohort in cohorts]
            if not cohorts and rule.scope == "high_value":
                found.append(_Claim(rule, GLOBAL, None, "evidence_missing"))
    return found


def _claim(card: Scorecard, rule: Rule, cohort: str) -> _Claim:
    times = student_times(card, cohort, until=rule.until)
    if not times.n:
        return _Claim(rule, cohort, times, "evidence_missing")
    within, n, missing = times.within(rule.limit), times.n, times.missing
    seen = share.share_test(within, n, limit=rule.quantile)
    slow = share.share_test(within, n + missing, limit=rule.quantile)
    fast = share.share_test(within + missing, n + missing, limit=rule.quantile)
    # With no time missing the three are one; each reading has to hold on its own.
    return _Claim(
        rule,
        cohort,
        times,
        None,
        seen.p_pass,
        max(seen.p_pass, slow.p_pass),
        seen.p_fail,
        max(seen.p_fail, fast.p_fail),
    )


def finding(gate: Gate, claim: _Claim, harm: Harm) -> Finding:
    """What the claim comes to among all claims of the gate."""
    rule, times = claim.rule, claim.times
    verdict, reason = verdict_of(claim, harm, gate.alpha)
    found = replace(
        Finding.opened(rule, claim.cohort), verdict=verdict, reason=reason, quantile=rule.quantile, until=rule.until
    )
    if times is None:
        return replace(found, sentence=scores.absent(GLOBAL, None, scope=rule.scope))
    if not times.n:
        return replace(found, sentence=latencies.unknown(claim.cohort, until=rule.until))
    value, interval = times.percentile(rule.quantile), times.interval(rule.quantile, level=gate.level)
    within, needed = times.within(rule.limit), share.fewest_rows(rule.quantile, alpha=gate.alpha)
    found = replace(found, value=value, interval=interval, p_pass=claim.p_pass, p_fail=claim.p_fail)
    if verdict == "clear":
        found = replace(found, noticeable=share.highest_noticed(times.n, limit=rule.quantile, alpha=gate.alpha))
    if reason == "insufficient":
        wanted = share.rows_to_decide(within, times.n, limit=rule.quantile, alpha=gate.alpha)
        found = replace(found, rows_to_decide=wanted)
    seen = latencies.Seen(
        cohort=claim.cohort, quantile=rule.quantile, until=rule.until, value_ms=value, interval_ms=interval,
        limit_ms=rule.limit, rows=times.n, within=within, timed_out=times.timed_out, missing=times.missing,
        slowest_ms=times.slowest, needed=needed,
    )  # fmt: skip
    return replace(found, sentence=_sentence(found, seen, harm))


def _sentence(found: Finding, seen: latencies.Seen, harm: Harm) -> str:
    if found.verdict in ("pass", "fail"):
        return latencies.decided(seen, found.verdict)
    if found.verdict == "clear":
        return latencies.clear(seen, noticed=found.noticeable)
    if found.reason == "missing":
        return latencies.missing(seen, harm_shown=harm.shown)
    return latencies.insufficient(seen, wanted=found.rows_to_decide)
