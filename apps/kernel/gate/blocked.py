"""What keeps a finding from being judged: evidence out of date, contaminated, or never meant as evidence (§8, step 1).

A blocked finding keeps its figures for the reader and loses its verdict: more rows on the same card would not help it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apps.kernel.gate import claimed
from apps.kernel.gate.circumstances import Change, Circumstances, Contamination, LiveTraffic, MixDrift
from apps.kernel.gate.finding import Finding
from apps.kernel.gate.without import without
from apps.kernel.policy import Policy
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import freshness

SELECTION = "selection"
COUNTS_ONLY = frozenset({"missing"})
"""Figures that only count what is there, whatever became of the models since."""
OF_THE_STUDENT = frozenset({"pass_rate", "latency"})
"""Figures of the student alone, which no change of the teacher touches."""
OF_SCORES = frozenset({"score", "pass_rate"})
"""Figures that a student may owe to rows which it was trained on."""


def selection_run(card: Scorecard) -> list[Finding]:
    """The finding that refuses the card of a run which chose golden rows (statistics.md §0.8); none for any other."""
    plan = card.facts.get("plan")
    if not isinstance(plan, dict) or plan.get("purpose") != SELECTION:
        return []
    refused = Finding("evidence", "guard", "evidence", GLOBAL, None, "invalid", reason="selection_run")
    return [replace(refused, sentence=freshness.selection_run())]


def blocked(findings: Sequence[Finding], card: Scorecard, policy: Policy, around: Circumstances) -> list[Finding]:
    """The findings as they stand under the circumstances, in the same order."""
    judged = [_stopped(finding, policy, around) for finding in findings]
    found = around.contamination
    if found is None or not found.rows:
        return judged
    if found.share > policy.contaminated_share:
        said = freshness.contaminated(rows=found.rows, compared=found.compared, at_most=policy.contaminated_share)
        return [_block(one, "contaminated", said) if one.figure in OF_SCORES else one for one in judged]
    return _agreeing(judged, card, policy, found)


def outrun(mix: MixDrift | None, live: LiveTraffic | None) -> str:
    """Why live traffic has made a card stale (statistics.md §4.12); "" where it has not."""
    if mix is not None and mix.drifted:
        return freshness.drifted(psi=mix.psi, p=mix.p)
    return freshness.content_drifted(live) if live is not None and live.content_drifted else ""


def _stopped(finding: Finding, policy: Policy, around: Circumstances) -> Finding:
    if finding.figure == "policy" or finding.reason == "evidence_missing":
        return finding
    if around.card_age_days > policy.age_days:
        return _block(finding, "stale", freshness.too_old(around.card_age_days, at_most=policy.age_days))
    if sentence := outrun(around.mix_drift, around.live):
        return _block(finding, "stale", sentence)
    for change in around.changes:
        reason = _reason(change, finding)
        if reason:
            return _block(finding, reason, freshness.changed(change.kind, change, finding.cohort))
    return finding


def _reason(change: Change, finding: Finding) -> str | None:
    """The code under which a change blocks a finding, None where the finding does not rest on what changed."""
    if change.kind == "dataset":
        return "stale"
    if change.kind == "teacher":
        return None if finding.figure in COUNTS_ONLY | OF_THE_STUDENT else "teacher_changed"
    if change.kind == "price":
        return "price_changed" if finding.figure == "cost_ratio" else None
    if change.kind in ("judge", "evaluator"):
        touched = finding.figure in ("score", "excess_loss", "pass_rate") and finding.evaluator == change.evaluator
        return f"{change.kind}_changed" if touched else None
    return None


def _agreeing(findings: Sequence[Finding], card: Scorecard, policy: Policy, found: Contamination) -> list[Finding]:
    """Few contaminated rows never decide: a verdict stands only if it is the same without them (§3, R11)."""
    clean = without(card, found.taken)
    again = None if clean is None else {_place(one): one for one in claimed.findings(clean, policy)}
    return [_agreed(one, again, found) if one.figure in OF_SCORES else one for one in findings]


def _agreed(finding: Finding, again: dict[tuple[object, ...], Finding] | None, found: Contamination) -> Finding:
    if finding.verdict not in ("pass", "clear", "fail"):
        return finding
    second = None if again is None else again.get(_place(finding))
    if second is not None and second.verdict == finding.verdict:
        return finding
    verdict = "inconclusive" if second is None else second.verdict
    said = freshness.rests_on_contaminated(
        finding.cohort, finding.evaluator, rows=found.rows, verdict=finding.verdict, without=verdict
    )
    return _block(finding, "contaminated", said)


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.cohort, finding.evaluator


def _block(finding: Finding, reason: str, sentence: str) -> Finding:
    # An excess loss never holds a gate back, and what it says rests on the same evidence: it falls silent.
    verdict = finding.verdict if finding.figure == "excess_loss" else "inconclusive"
    return replace(
        finding,
        verdict=verdict,
        reason=reason,
        sentence=sentence,
        p_pass=None,
        p_fail=None,
        rows_to_decide=None,
        noticeable=None,
    )
