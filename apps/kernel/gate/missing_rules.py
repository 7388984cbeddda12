"""How many scores are missing, and the rules that limit their share (statistics.md §1.1, §3 R8)."""

from __future__ import annotations

from dataclasses import replace

from apps.kernel.gate.finding import Finding
from apps.kernel.gate.selection import cohorts_asked, evaluators_asked
from apps.kernel.policy import Rule
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import evidence, scores


def findings(card: Scorecard, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope, about the evaluator and arm that miss most.

    Over the limit is inconclusive, not fail: a missing score is a fault of ours or of the road, and shows no harm.
    """
    cohorts = cohorts_asked(card, rule)
    if not cohorts and rule.scope == "high_value":
        sentence = scores.absent(GLOBAL, None, scope=rule.scope)
        return [replace(Finding.opened(rule, GLOBAL), reason="evidence_missing", sentence=sentence)]
    return [_finding(card, rule, cohort) for cohort in cohorts]


def _finding(card: Scorecard, rule: Rule, cohort: str) -> Finding:
    finding = Finding.opened(rule, cohort)
    named = [(name, card.cell(cohort, name)) for name in evaluators_asked(card, rule)]
    # A cell may be there and have no rows: over all cohorts, when only cohorts without traffic know the evaluator.
    cells = [cell for _, cell in named if cell is not None and cell.rows]
    if not cells or (len(cells) < len(named) and not isinstance(rule.evaluators, str)):
        return replace(finding, reason="evidence_missing", sentence=evidence.missing_unknown(cohort))
    counts = [
        (count / cell.rows, cell.evaluator, arm, count, cell.rows)
        for cell in cells
        for arm, count in (("teacher", cell.missing.teacher), ("student", cell.missing.student))
    ]
    share, evaluator, arm, count, rows = max(counts, key=lambda worst: worst[0])
    over = share > rule.limit
    return replace(
        finding,
        verdict="inconclusive" if over else "clear",
        reason="missing" if over else None,
        value=share,
        sentence=evidence.missing_share(
            cohort, evaluator=evaluator, arm=arm, count=count, rows=rows, at_most=rule.limit
        ),
    )
