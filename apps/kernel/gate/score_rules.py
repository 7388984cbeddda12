"""Score rules: is the loss within the margin, beyond it, or not known (statistics.md §4.3, §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from apps.kernel.gate import corrected_rules, grouped, judge_rules, measure
from apps.kernel.gate.correction import Correction
from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import Asked, cells_asked
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Cell, Scorecard
from apps.kernel.scorecard.cell import NOT_FINITE
from apps.kernel.sentences import scores
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.multiplicity import holm
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


@dataclass(frozen=True, slots=True)
class _Gate:
    """What every claim of one gate shares; ``claims`` counts those with a p-value."""

    alpha: float
    level: float
    unseen: int
    claims: int


def findings(card: Scorecard, policy: Policy) -> list[Finding]:
    """One finding per score rule and cell. The harm claims of all of them, proofs and guards, share one Holm step."""
    distrusted = judge_rules.distrusted(card, policy)
    claims = [
        _claim(card, rule, asked, distrusted)
        for rule in policy.rules
        if rule.figure == "score"
        for asked in cells_asked(card, rule)
    ]
    open_claims = [claim for claim in claims if claim.blocked is None]
    shown = _adjusted([claim.p_fail for claim in open_claims], policy.alpha)
    sure = _adjusted([claim.p_fail_unkind for claim in open_claims], policy.alpha)
    harm = {id(claim): pair for claim, pair in zip(open_claims, zip(shown, sure, strict=True), strict=True)}
    gate = _Gate(policy.alpha, policy.level, card.unseen, len(open_claims))
    return [_finding(gate, claim, *harm.get(id(claim), (False, False))) for claim in claims]


def _adjusted(p_values: Sequence[float], alpha: float) -> list[bool]:
    return [adjusted <= alpha for adjusted in holm(p_values)] if p_values else []


def _claim(card: Scorecard, rule: Rule, asked: Asked, distrusted: Mapping[str, str]) -> _Claim:
    blocked = _blocked(asked.cell)
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


def _blocked(cell: Cell | None) -> str | None:
    if cell is None:
        return "evidence_missing"
    if cell.missing.reasons.get(NOT_FINITE):
        return "not_finite"
    if cell.unweighable:
        return "weights"
    if not cell.n:
        return "missing" if cell.missing.pairs else "no_rows"
    return "few_clusters" if grouped.has_few_clusters(cell) else None


def _verdict(claim: _Claim, alpha: float, shown: bool, sure: bool) -> tuple[FindingVerdict, str | None]:
    """Blocked, then shown harm, then proof, then the guard's all-clear: the first that applies (§8)."""
    if claim.blocked:
        return "inconclusive", claim.blocked
    if sure:
        return "fail", None
    if shown:
        return "inconclusive", "missing"
    if claim.rule.kind == "guard":
        return "clear", None
    if claim.p_pass_unkind <= alpha:
        return "pass", None
    return "inconclusive", "missing" if claim.p_pass <= alpha else "insufficient"


def _finding(gate: _Gate, claim: _Claim, shown: bool, sure: bool) -> Finding:
    rule, asked, cell = claim.rule, claim.asked, claim.asked.cell
    verdict, reason = _verdict(claim, gate.alpha, shown, sure)
    finding = replace(
        Finding.opened(rule, asked.cohort, asked.evaluator),
        verdict=verdict,
        reason=reason,
        rows_to_decide=smallest_passing_rows(rule.limit, alpha=gate.alpha) if reason else None,
    )
    if cell is None:
        return replace(finding, sentence=scores.absent(asked.cohort, asked.evaluator, scope=rule.scope))
    interval = measure.interval_of(
        cell, level=gate.level, margin=rule.limit if rule.unit == "pp" and not claim.blocked else None
    )
    margin = measure.margin_of(cell, rule)
    finding = replace(finding, value=cell.delta, interval=interval, limit=margin)
    if claim.blocked == "few_clusters":
        # More rows of the same clusters would not help, and how clusters differ is not known.
        return replace(finding, rows_to_decide=None, sentence=scores.blocked(cell, claim.blocked))
    if claim.blocked == judge_rules.UNRELIABLE:
        # More rows would be judged by the same judge.
        finding = replace(finding, rows_to_decide=None)
    if claim.blocked or interval is None:
        sentence = claim.blocked_because or scores.blocked(cell, str(reason))
        if claim.blocked == corrected_rules.UNCALIBRATED:
            # The raw figures must not stand where corrected ones were asked for.
            finding = replace(finding, value=None, interval=None)
        return replace(finding, sentence=sentence)
    finding = replace(finding, p_pass=claim.p_pass, p_fail=claim.p_fail)
    if claim.correction is not None:
        absent = cell.missing.pairs + gate.unseen
        return corrected_rules.completed(
            finding, claim.correction, margin=margin, alpha=gate.alpha, level=gate.level, absent=absent
        )
    if verdict == "clear":
        finding = replace(finding, noticeable=measure.noticeable_loss(cell, margin=margin, alpha=gate.alpha))
    if verdict == "inconclusive":
        # A teacher that scores nothing has no relative margin; the rule's own number then gives the floor.
        rows = measure.rows_to_decide(cell, margin=margin or rule.limit, alpha=gate.alpha)
        finding = replace(finding, rows_to_decide=rows)
    return replace(finding, sentence=_sentence(gate, finding, cell, interval, margin, harm_shown=shown))


def _sentence(gate: _Gate, finding: Finding, cell: Cell, interval: Interval, margin: float, *, harm_shown: bool) -> str:
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
