"""What is worth knowing about the evidence although it may still be judged (statistics.md §4.12)."""

from __future__ import annotations

from collections.abc import Iterator

from apps.kernel.gate.circumstances import Circumstances
from apps.kernel.gate.finding import Remark
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import freshness

MANY_GATES = 20
"""More verdicts than this on one golden version, and the rows have been learnt by looking."""
OLD_GOLDEN_DAYS = 180
EASY_TEACHER, EASY_DISCORDANCE = 0.99, 0.01


def remarks(card: Scorecard, around: Circumstances) -> tuple[Remark, ...]:
    """Amber remarks, most serious first. None of them decides."""
    return tuple(_told(card, around))


def _told(card: Scorecard, around: Circumstances) -> Iterator[Remark]:
    golden, found = around.golden, around.contamination
    if golden is not None and golden.earlier_gates > MANY_GATES:
        said = freshness.looked_at_often(golden.version, gates=golden.earlier_gates)
        yield Remark("selection_by_looking", said)
    if found is not None and found.rows:
        yield Remark("contaminated", freshness.few_contaminated(rows=found.rows, compared=found.compared))
    yield from _easy(card)
    if golden is not None and golden.age_days > OLD_GOLDEN_DAYS:
        yield Remark("golden_old", freshness.golden_old(golden.version, days=golden.age_days))
    for change in around.changes:
        if change.kind == "policy":
            yield Remark("policy_superseded", freshness.policy_superseded(change))


def _easy(card: Scorecard) -> Iterator[Remark]:
    """Primary evaluators on which the teacher hardly ever fails and the two hardly ever differ."""
    for evaluator in card.evaluators:
        cell = card.cell(GLOBAL, evaluator.name) if evaluator.primary else None
        if cell is None or not cell.n or not cell.binary or cell.teacher is None:
            continue
        discordance = (cell.losses + cell.wins) / cell.n
        if cell.teacher >= EASY_TEACHER and discordance < EASY_DISCORDANCE:
            said = freshness.too_easy(evaluator.name, teacher=cell.teacher, discordance=discordance)
            yield Remark("too_easy", said)
