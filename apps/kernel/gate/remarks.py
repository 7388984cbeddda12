"""What is worth knowing about the evidence although it may still be judged (statistics.md §4.12)."""

from __future__ import annotations

from collections.abc import Iterator

from apps.kernel.gate.circumstances import Circumstances, LiveTraffic
from apps.kernel.gate.finding import Remark
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.sentences import freshness

MANY_GATES = 20
"""More verdicts than this on one golden version, and the rows have been learnt by looking."""
OLD_GOLDEN_DAYS = 180
MUCH_IS_NEW = 0.15
"""With more of live traffic unlike any golden row, the golden rows are getting old."""
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
    if around.live is not None:
        yield from _live(around.live)
    for change in around.changes:
        if change.kind == "policy":
            yield Remark("policy_superseded", freshness.policy_superseded(change))


def _live(live: LiveTraffic) -> Iterator[Remark]:
    """What live traffic hints at before it makes the evidence stale."""
    if live.novelty is not None and live.novelty > MUCH_IS_NEW:
        yield Remark("much_is_new", freshness.much_is_new(live, share=live.novelty))
    if live.newest.content_moved and not live.content_drifted:
        yield Remark("content_moving", freshness.content_moving(live))


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
