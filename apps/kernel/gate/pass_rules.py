"""Pass rates: on which share of the rows the student passes an evaluator (statistics.md §3, R7).

Rows that count alike and are independent are counted: exact binomial tests. Where cohorts are weighted by traffic or
rows share clusters, a pass rate of at least x is the same claim as "at most 1 − x worse than a model that passes every
row", and is judged as that, with the phantom rows or clusters of statistics.md §4.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from apps.kernel.gate import judge_rules, measure
from apps.kernel.gate.finding import Finding
from apps.kernel.gate.harm import Gate, Harm, unusable, verdict_of
from apps.kernel.gate.selection import Asked, places_asked
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Cell, PairedStratum, Pairs, Scorecard
from apps.kernel.scorecard.clusters import Clusters
from apps.kernel.sentences import scores, shares
from apps.kernel.statistics import share
from apps.kernel.statistics.interval import Interval

NOT_BINARY = "not_binary"
PERFECT = 1.0
Filled = Literal["dropped", "failed", "passed"]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A pass-rate rule at a cell. ``cell`` is the student against a model that passes every row, None when blocked."""

    rule: Rule
    asked: Asked
    blocked: str | None
    blocked_because: str = ""
    cell: Cell | None = None
    p_pass: float = 1.0
    p_pass_unkind: float = 1.0
    p_fail: float = 1.0
    p_fail_unkind: float = 1.0


def claims(card: Scorecard, policy: Policy) -> list[_Claim]:
    """One claim per pass-rate rule and cell."""
    distrusted = judge_rules.distrusted(card, policy)
    return [_claim(card, rule, asked, distrusted) for rule, asked in places_asked(card, policy, "pass_rate")]


def _claim(card: Scorecard, rule: Rule, asked: Asked, distrusted: Mapping[str, str]) -> _Claim:
    blocked = unusable(asked.cell)
    if blocked or asked.cell is None:
        return _Claim(rule, asked, blocked)
    if sentence := distrusted.get(str(asked.evaluator)):
        return _Claim(rule, asked, judge_rules.UNRELIABLE, sentence)
    # One cohort may happen to hold whole scores only; the evaluator is graded all the same.
    if not all(cell.binary for cell in card.cells if cell.evaluator == asked.evaluator):
        return _Claim(rule, asked, NOT_BINARY, shares.not_binary(asked.cell))
    cell = _against_perfect(asked.cell)
    p_pass, p_fail = _p_values(cell, rule.limit, "dropped", 0)
    against, favour = p_pass, p_fail
    if cell.missing.pairs or card.unseen:
        against, _ = _p_values(cell, rule.limit, "failed", card.unseen)
        _, favour = _p_values(cell, rule.limit, "passed", card.unseen)
    return _Claim(rule, asked, None, "", cell, p_pass, max(p_pass, against), p_fail, max(p_fail, favour))


def _p_values(cell: Cell, limit: float, missing: Filled, unseen: int) -> tuple[float, float]:
    """(p_pass, p_fail) with the missing rows, and one-sided examples of unknown cohort, left out, failed or passed."""
    if cell.is_counted:
        extra = 0 if missing == "dropped" else cell.missing.pairs + unseen
        passed = cell.n - cell.losses + (extra if missing == "passed" else 0)
        counted = share.share_test(passed, cell.n + extra, limit=limit)
        return counted.p_pass, counted.p_fail
    pretend: measure.Pretend = "dropped"
    if missing != "dropped":
        cell, pretend = _filled(cell, passed=missing == "passed"), "losses" if missing == "failed" else "wins"
    moments = measure.moments_of(cell, pretend=pretend, unseen=0 if missing == "dropped" else unseen)
    tested = moments.test(margin=1 - limit)
    return tested.p_pass, tested.p_fail


def _against_perfect(cell: Cell) -> Cell:
    """The cell with a teacher that passes every row."""
    strata = []
    for stratum in cell.strata:
        counts: dict[tuple[float, float], int] = {}
        for _, student, count in stratum.pairs.triples:
            counts[PERFECT, student] = counts.get((PERFECT, student), 0) + count
        pairs = Pairs(tuple((teacher, student, count) for (teacher, student), count in sorted(counts.items())))
        clusters = stratum.clusters and Clusters(
            tuple((name, n, n * PERFECT, student, missing) for name, n, _, student, missing in stratum.clusters.entries)
        )
        strata.append(replace(stratum, pairs=pairs, clusters=clusters))
    return replace(cell, strata=tuple(strata))


def _filled(cell: Cell, *, passed: bool) -> Cell:
    """The cell with its missing rows failed or passed, in their own cohorts and clusters."""
    return replace(cell, strata=tuple(_filled_stratum(stratum, float(passed)) for stratum in cell.strata))


def _filled_stratum(stratum: PairedStratum, score: float) -> PairedStratum:
    absent = Pairs(((PERFECT, score, stratum.missing_pairs),) if stratum.missing_pairs else ())
    clusters = stratum.clusters and Clusters(
        tuple(
            (name, n + missing, (n + missing) * PERFECT, student + missing * score, 0)
            for name, n, _, student, missing in stratum.clusters.entries
        )
    )
    return replace(stratum, pairs=Pairs.merged([stratum.pairs, absent]), missing_pairs=0, clusters=clusters)


def finding(gate: Gate, claim: _Claim, harm: Harm) -> Finding:
    """What the claim comes to among all claims of the gate."""
    rule, asked = claim.rule, claim.asked
    verdict, reason = verdict_of(claim, harm, gate.alpha)
    found = replace(Finding.opened(rule, asked.cohort, asked.evaluator), verdict=verdict, reason=reason)
    if asked.cell is None:
        return replace(found, sentence=scores.absent(asked.cohort, asked.evaluator, scope=rule.scope))
    cell = claim.cell
    if cell is None:
        return replace(found, sentence=claim.blocked_because or scores.blocked(asked.cell, str(reason)))
    rate, interval = cell.student or 0.0, _interval(cell, gate.level)
    found = replace(found, value=rate, interval=interval, p_pass=claim.p_pass, p_fail=claim.p_fail)
    passed, rows = _effective(cell)
    if verdict == "clear":
        found = replace(found, noticeable=share.highest_noticed(rows, limit=rule.limit, alpha=gate.alpha))
    if reason == "insufficient":
        wanted = share.rows_to_decide(passed, rows, limit=rule.limit, alpha=gate.alpha)
        scaled = None if wanted is None else max(cell.n + 1, math.ceil(wanted * cell.n / rows))
        found = replace(found, rows_to_decide=scaled)
    tally = shares.Tally(asked.cell, rate, passed if cell.is_counted else None)
    return replace(found, sentence=_sentence(gate, found, tally, interval, harm, share_rows=cell.n / rows))


def _sentence(
    gate: Gate, found: Finding, tally: shares.Tally, interval: Interval, harm: Harm, *, share_rows: float
) -> str:
    limit = found.limit or 0.0
    if found.verdict in ("pass", "fail"):
        return shares.decided(tally, found.verdict, interval=interval, limit=limit)
    if found.verdict == "clear":
        return shares.clear(tally, interval=interval, limit=limit, noticed=found.noticeable, claims=gate.claims)
    if found.reason == "missing":
        return shares.missing(tally, limit=limit, unseen=gate.unseen, harm_shown=harm.shown)
    floor = math.ceil(share.fewest_rows(limit, alpha=gate.alpha) * share_rows)
    return shares.insufficient(tally, interval=interval, limit=limit, floor=floor, wanted=found.rows_to_decide)


def _interval(cell: Cell, level: float) -> Interval:
    """Clopper and Pearson's where rows are counted, else the one of the phantoms moved to the scale of a rate."""
    if cell.is_counted:
        return share.share_interval(cell.n - cell.losses, cell.n, level=level)
    around = measure.moments_of(cell).estimate(level=level).interval
    return Interval(max(0.0, 1 + around.low), max(0.0, min(1.0, 1 + around.high)), level)


def _effective(cell: Cell) -> tuple[int, int]:
    """(passed, rows) as independent rows that count alike: what weighted or clustered rows are worth, for planning."""
    if cell.is_counted:
        return cell.n - cell.losses, cell.n
    rows = max(1, round(measure.spread_of(cell)[1]))
    return min(rows, round((cell.student or 0.0) * rows)), rows
