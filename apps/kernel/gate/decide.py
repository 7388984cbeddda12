"""One sealed scorecard, one policy and the circumstances give one verdict; nothing else is read (statistics.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apps.kernel.gate import (
    blocked,
    claimed,
    cost_rules,
    divergence_rules,
    excess_rules,
    judge_rules,
    latency_rules,
    missing_rules,
    remarks,
)
from apps.kernel.gate.circumstances import Circumstances
from apps.kernel.gate.finding import Decided, Finding, Verdict
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import evidence

JUDGED_ALONE: Mapping[str, Callable[[Scorecard, Policy, Rule], list[Finding]]] = {
    "cost_ratio": cost_rules.findings,
    "latency_ratio": latency_rules.findings,
    "divergence": divergence_rules.findings,
    "missing": missing_rules.findings,
    "judge": judge_rules.findings,
}
"""Figures whose rules are answered one by one. The others claim with p-values, and are judged together."""
UNPAIRED_LIMIT = 0.05
"""Above this share of one-sided examples the paired rest cannot be taken for the whole."""


def decide(card: Scorecard, policy: Policy, circumstances: Circumstances | None = None) -> Decided:
    """Judge the card under the policy, and under what stands around it where that is given.

    The verdict is the worst of the findings: any invalid, else any fail, else any inconclusive, else pass, and never
    pass unless something was proved. The chance of a pass while a proof's limit is broken is at most alpha for scores
    of 0 and 1, pass rates and latencies, whatever the number of rules; their harm claims are Holm-adjusted over the
    whole gate, ratios of cost and latency are judged each at their own interval. Circumstances only ever take a verdict
    away: a finding that rests on what has changed, aged or leaked into training is inconclusive. The same three give
    the same decision.
    """
    findings = _findings(card, policy)
    if circumstances is not None:
        findings = blocked.blocked(findings, card, policy, circumstances)
    findings = [*_unpaired(card), *blocked.selection_run(card), *findings]
    # That a judge can be believed says nothing yet of the student.
    if not any(finding.kind == "prove" and finding.figure != "judge" for finding in findings):
        findings.append(
            Finding(
                rule="policy",
                kind="prove",
                figure="policy",
                cohort=GLOBAL,
                evaluator=None,
                verdict="inconclusive",
                reason="nothing_proved",
                sentence=evidence.nothing_proved(),
            )
        )
    return Decided(
        _overall(findings),
        tuple(findings),
        card.digest,
        policy.digest,
        policy.level,
        circumstances,
        () if circumstances is None else remarks.remarks(card, circumstances),
    )


def _findings(card: Scorecard, policy: Policy) -> list[Finding]:
    """All findings in the order of the policy's rules, cohorts by name within a rule."""
    by_rule: dict[str, list[Finding]] = {rule.id: [] for rule in policy.rules}
    for finding in claimed.findings(card, policy):
        by_rule[finding.rule].append(finding)
    for rule in policy.rules:
        if rule.figure in JUDGED_ALONE:
            by_rule[rule.id] = JUDGED_ALONE[rule.figure](card, policy, rule)
    harm = [finding.p_fail for found in by_rule.values() for finding in found if finding.p_fail is not None]
    for finding in excess_rules.findings(card, policy, harm=harm):
        by_rule[finding.rule].append(finding)
    return [finding for rule in policy.rules for finding in by_rule[rule.id]]


def _unpaired(card: Scorecard) -> list[Finding]:
    one_sided = card.unpaired.one_sided
    examples = card.rows + card.unseen
    if not one_sided or one_sided <= UNPAIRED_LIMIT * examples:
        return []
    return [
        Finding(
            rule="evidence",
            kind="guard",
            figure="missing",
            cohort=GLOBAL,
            evaluator=None,
            verdict="invalid",
            reason="unpaired",
            sentence=evidence.unpaired(
                teacher_only=card.unpaired.teacher_only, student_only=card.unpaired.student_only, rows=examples
            ),
            value=one_sided / examples if examples else None,
            limit=UNPAIRED_LIMIT,
        )
    ]


def _overall(findings: list[Finding]) -> Verdict:
    given = {finding.verdict for finding in findings}
    for verdict in ("invalid", "fail", "inconclusive"):
        if verdict in given:
            return verdict
    return "pass"
