"""How many scores are missing, and the rules that limit their share (statistics.md §1.1, §3 R8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.selection import by_cohort, evaluators_asked
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Cell, Scorecard
from apps.kernel.sentences import evidence

OF_A_JUDGE = "judge_"
"""How the reasons begin for which a judge, and not a model, left a score missing."""
_WORST_FIRST: tuple[FindingVerdict, ...] = ("fail", "inconclusive", "clear")


@dataclass(frozen=True, slots=True)
class _Share:
    """What one arm misses of one evaluator's scores. ``own`` leaves out all that a judge may have left missing."""

    cell: Cell
    arm: str
    count: int
    own: int

    @property
    def seen(self) -> float:
        return self.count / self.cell.rows

    def verdict(self, rule: Rule) -> FindingVerdict:
        """Over ``at_most`` is inconclusive: a missing score is mostly a fault of the road, and shows no harm.

        A policy may say from which share on a student that does not answer has failed. The teacher's silence, and a
        judge's, is no harm of the student's.
        """
        student = self.arm == "student"
        if rule.fail_above is not None and student and self.own / self.cell.rows > rule.fail_above:
            return "fail"
        return "inconclusive" if self.seen > rule.limit else "clear"


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per cohort of the scope, about the evaluator and arm that fare worst."""
    return by_cohort(card, rule, lambda cohort: _finding(card, rule, cohort))


def _finding(card: Scorecard, rule: Rule, cohort: str) -> Finding:
    finding = Finding.opened(rule, cohort)
    named = [(name, card.cell(cohort, name)) for name in evaluators_asked(card, rule)]
    # A cell may be there and have no rows: over all cohorts, when only cohorts without traffic know the evaluator.
    cells = [cell for _, cell in named if cell is not None and cell.rows]
    if not cells or (len(cells) < len(named) and not isinstance(rule.evaluators, str)):
        return replace(finding, reason="evidence_missing", sentence=evidence.missing_unknown(cohort))
    shares = [share for cell in cells for share in _shares(cell)]
    worst = max(shares, key=lambda share: (-_WORST_FIRST.index(share.verdict(rule)), share.seen))
    verdict, missing = worst.verdict(rule), worst.cell.missing
    return replace(
        finding,
        verdict=verdict,
        reason="missing" if verdict == "inconclusive" else None,
        value=worst.seen,
        sentence=evidence.missing_share(
            cohort, verdict, evaluator=worst.cell.evaluator, arm=worst.arm, count=worst.count, rows=worst.cell.rows,
            limit=rule.limit if rule.fail_above is None or verdict != "fail" else rule.fail_above,
            difference=(missing.student - missing.teacher) / worst.cell.rows,
        ),
    )  # fmt: skip


def _shares(cell: Cell) -> Iterator[_Share]:
    missing = cell.missing
    # The card counts reasons over both arms: in the worst case all of a judge's are of this one.
    judged = sum(count for code, count in missing.reasons.items() if code.startswith(OF_A_JUDGE))
    for arm, count in (("teacher", missing.teacher), ("student", missing.student)):
        yield _Share(cell, arm, count, max(0, count - judged))
