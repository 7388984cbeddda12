"""One scorecard against an earlier one: which verdicts turned, which rows were mended and which broke.

Only rows that both runs share count, and only where the example itself is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.kernel.evaluators import anchors
from apps.kernel.scorecard.anchors import Anchors


@dataclass(frozen=True, slots=True)
class Turn:
    """A cell then and now. Deltas in percentage points; None where the cell is absent. ``change_pp`` is now − then."""

    cohort: str
    evaluator: str
    then_pp: float | None
    now_pp: float | None
    then_verdict: str | None
    now_verdict: str | None

    @property
    def change_pp(self) -> float | None:
        if self.then_pp is None or self.now_pp is None:
            return None
        return round(self.now_pp - self.then_pp, 9) + 0.0

    @property
    def turned(self) -> bool:
        return self.then_verdict != self.now_verdict


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One example in one run: the digest of the example, and its student's scores by evaluator (None = missing)."""

    digest: str
    cohort: str
    student: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Changed:
    """A shared row whose student score moved."""

    key: str
    cohort: str
    evaluator: str
    then: float
    now: float


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judged an evaluator's column on a card: its digest, and what its anchors said there, None without any."""

    digest: str
    anchors: Anchors | None = None


@dataclass(frozen=True, slots=True)
class Incomparable:
    """An evaluator whose scores on two cards must not be set against each other, with the code of the reason."""

    evaluator: str
    code: str


@dataclass(frozen=True, slots=True)
class Rows:
    """``mended`` rose, ``broken`` fell, the worst first. ``other_content``: keys shared by name only, left out."""

    shared: int
    only_then: int
    only_now: int
    other_content: int
    mended: tuple[Changed, ...]
    broken: tuple[Changed, ...]


def incomparable(then: Mapping[str, Judge], now: Mapping[str, Judge]) -> tuple[Incomparable, ...]:
    """Evaluators of both cards whose judge is not shown to be the same, by name (statistics.md §4.5).

    ``judge_changed``: another model version, question or setting. ``judge_drifted``: anchors show on one card that it
    changed. ``judge_unchecked``: they could not be asked there. ``anchors_replaced``: a new set was drawn in between,
    which says that the judge may have changed. Without anchors on either card nothing speaks against it.
    """
    codes = {name: _kept_apart(then[name], now[name]) for name in sorted(then.keys() & now.keys())}
    return tuple(Incomparable(name, code) for name, code in codes.items() if code is not None)


def turns(then: Mapping[str, Any], now: Mapping[str, Any], *, without: Collection[str] = ()) -> tuple[Turn, ...]:
    """Every cell of two report documents, in the order of the newer one, cells that only the older has at the end.

    Evaluators in ``without`` are left out.
    """
    before = {(cell["cohort"], cell["evaluator"]): cell for cell in then["cells"]}
    after = {(cell["cohort"], cell["evaluator"]): cell for cell in now["cells"]}
    places = [*after, *(place for place in before if place not in after)]
    return tuple(
        Turn(
            cohort=place[0],
            evaluator=place[1],
            then_pp=_of(before.get(place), "delta_pp"),
            now_pp=_of(after.get(place), "delta_pp"),
            then_verdict=_of(before.get(place), "verdict"),
            now_verdict=_of(after.get(place), "verdict"),
        )
        for place in places
        if place[1] not in without
    )


def rows(then: Mapping[str, ScoredRow], now: Mapping[str, ScoredRow], *, without: Collection[str] = ()) -> Rows:
    """Compare the students' scores over shared rows, by example key; evaluators in ``without`` are left out."""
    common = then.keys() & now.keys()
    same = sorted(key for key in common if then[key].digest == now[key].digest)
    moved = [change for key in same for change in _changes(key, then[key], now[key]) if change.evaluator not in without]
    return Rows(
        shared=len(same),
        only_then=len(then.keys() - now.keys()),
        only_now=len(now.keys() - then.keys()),
        other_content=len(common) - len(same),
        mended=_worst_first([change for change in moved if change.now > change.then]),
        broken=_worst_first([change for change in moved if change.now < change.then]),
    )


def _kept_apart(then: Judge, now: Judge) -> str | None:
    if then.digest != now.digest:
        return "judge_changed"
    known = [found for found in (then.anchors, now.anchors) if found is not None]
    codes = {anchors.drift_of(found).code for found in known} - {None}
    if codes:
        return "judge_unchecked" if codes == {anchors.SILENT} else "judge_drifted"
    # A card without anchors was made before there were any: it goes with the first set and with no later one.
    sets = {found.set for found in known} if len(known) > 1 else {1, *(found.revision for found in known)}
    return "anchors_replaced" if len(sets) > 1 else None


def _changes(key: str, then: ScoredRow, now: ScoredRow) -> list[Changed]:
    found = []
    for evaluator in sorted(then.student.keys() & now.student.keys()):
        before, after = then.student[evaluator], now.student[evaluator]
        if before is not None and after is not None and before != after:
            found.append(Changed(key, now.cohort, evaluator, before, after))
    return found


def _worst_first(changes: Sequence[Changed]) -> tuple[Changed, ...]:
    return tuple(sorted(changes, key=lambda change: (-abs(change.now - change.then), change.key, change.evaluator)))


def _of(cell: Mapping[str, Any] | None, name: str) -> Any:
    return None if cell is None else cell[name]
