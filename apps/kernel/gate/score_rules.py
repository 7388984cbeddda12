"""Score rules: is the loss within the margin, beyond it, or not known (statistics.md §4.3, §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.kernel.gate import corrected_rules, grouped, judge_rules, measure
from apps.kernel.gate.correction import Correction
from apps.kernel.gate.finding import Finding
from apps.kernel.gate.harm import Gate, Harm, unusable, verdict_of
from apps.kernel.gate.selection import Asked, places_asked
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Cell, Scorecard
from apps.kernel.sentences import scores
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.power import smallest_passing_rows


@dataclass(frozen=True, slots=True)
class _Claim:
    """A rule at a cell with its p-values: over complete pairs, and with the missing counted the unkind way.

    ``blocked_because`` is the sentence of a block that the cell itself does not explain.
    """

    rule: Rule
    asked: Asked
    blocked: str | None
    p_pass: float = 1.0
    p_pass_unkind: float = 1.0
    p_fail: float = 1.0
    p_fail_unkind: float = 1.0
    correction: Correction | None = None
    blocked_because: str = ""


def claims(card: Scorecard, policy: Policy) -> list[_Claim]:
    """One claim per score rule and cell."""
    distrusted = judge_rules.distrusted(card, policy)
    return [_claim(card, rule, asked, distrusted) for rule, asked in places_asked(card, policy, "score")]


def _claim(card: Scorecard, rule: Rule, asked: Asked, distrusted: Mapping[str, str]) -> _Claim:
    blocked = unusable(asked.cell)
    if blocked or asked.cell is None:
        return _Claim(rule, asked, blocked)
    if sentence := distrusted.get(str(asked.evaluator)):
        return _Claim(rule, asked, judge_rules.UNRELIABLE, blocked_because=sentence)
    correction = corrected_rules.correction_asked(card, rule, asked)
    if rule.judge == "corrected" and correction is None:
        sentence = corrected_rules.uncalibrated(card, asked.cohort, str(asked.evaluator))
        return _Claim(rule, asked, corrected_rules.UNCALIBRATED, blocked_because=sentence)
    p_pass, p_fail = _p_values(asked.cell, rule, correction, "dropped", 0)
    against, favour = p_pass, p_fail
    if asked.cell.missing.pairs or card.unseen:
        against, _ = _p_values(asked.cell, rule, correction, "losses", card.unseen)
        _, favour = _p_values(asked.cell, rule, correction, "wins", card.unseen)
    # The exact p need not grow with one more loss, so each reading has to hold on its own.
    return _Claim(rule, asked, None, p_pass, max(p_pass, against), p_fail, max(p_fail, favour), correction)


def _p_values(
    cell: Cell, rule: Rule, correction: Correction | None, pretend: grouped.Pretend, unseen: int
) -> tuple[float, float]:
    if correction is not None:
        return correction.p_values(rule, pretend=pretend, unseen=unseen)
    return measure.p_values(cell, rule, pretend=pretend, unseen=unseen)


def finding(gate: Gate, claim: _Claim, harm: Harm) -> Finding:
    """What the claim comes to among all claims of the gate."""
    rule, asked, cell = claim.rule, claim.asked, claim.asked.cell
    verdict, reason = verdict_of(claim, harm, gate.alpha)
    found = replace(
        Finding.opened(rule, asked.cohort, asked.evaluator),
        verdict=verdict,
        reason=reason,
        rows_to_decide=smallest_passing_rows(rule.limit, alpha=gate.alpha) if reason else None,
    )
    if cell is None:
        return replace(found, sentence=scores.absent(asked.cohort, asked.evaluator, scope=rule.scope))
    interval = measure.interval_of(
        cell, level=gate.level, margin=rule.limit if rule.unit == "pp" and not claim.blocked else None
    )
    margin = measure.margin_of(cell, rule)
    found = replace(found, value=cell.delta, interval=interval, limit=margin)
    if claim.blocked == "few_clusters":
        # More rows of the same clusters would not help, and how clusters differ is not known.
        return replace(found, rows_to_decide=None, sentence=scores.blocked(cell, claim.blocked))
    if claim.blocked == judge_rules.UNRELIABLE:
        # More rows would be judged by the same judge.
        found = replace(found, rows_to_decide=None)
    if claim.blocked or interval is None:
        sentence = claim.blocked_because or scores.blocked(cell, str(reason))
        if claim.blocked == corrected_rules.UNCALIBRATED:
            # The raw figures must not stand where corrected ones were asked for.
            found = replace(found, value=None, interval=None)
        return replace(found, sentence=sentence)
    found = replace(found, p_pass=claim.p_pass, p_fail=claim.p_fail)
    if claim.correction is not None:
        absent = cell.missing.pairs + gate.unseen
        return corrected_rules.completed(
            found, claim.correction, margin=margin, alpha=gate.alpha, level=gate.level, absent=absent
        )
    if verdict == "clear":
        found = replace(found, noticeable=measure.noticeable_loss(cell, margin=margin, alpha=gate.alpha))
    if verdict == "inconclusive":
        # A teacher that scores nothing has no relative margin; the rule's own number then gives the floor.
        rows = measure.rows_to_decide(cell, margin=margin or rule.limit, alpha=gate.alpha)
        found = replace(found, rows_to_decide=rows)
    return replace(found, sentence=_sentence(gate, found, cell, interval, margin, harm_shown=harm.shown))


def _sentence(gate: Gate, finding: Finding, cell: Cell, interval: Interval, margin: float, *, harm_shown: bool) -> str:
    if finding.verdict == "pass":
        return scores.passed(cell, interval=interval, margin=margin)
    if finding.verdict == "fail":
        return scores.failed(cell, interval=interval, margin=margin)
    if finding.verdict == "clear":
        seen = finding.noticeable or 0.0
        return scores.clear(cell, interval=interval, noticeable=seen, margin=margin, claims=gate.claims)
    if finding.reason == "missing":
        return scores.missing(cell, unseen=gate.unseen, harm_shown=harm_shown)
    if finding.rows_to_decide is None:
        return scores.behind(cell, interval=interval, margin=margin, claims=gate.claims)
    floor = measure.fewest_rows(cell, margin=margin or gate.alpha, alpha=gate.alpha)
    wanted = finding.rows_to_decide
    return scores.insufficient(cell, interval=interval, margin=margin, alpha=gate.alpha, floor=floor, wanted=wanted)
