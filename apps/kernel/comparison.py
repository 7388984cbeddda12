"""One scorecard against an earlier one: which verdicts turned, which rows were mended and which broke.

Only rows that both runs share count, and only where the example itself is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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
class Rows:
    """``mended`` rose, ``broken`` fell, the worst first. ``other_content``: keys shared by name only, left out."""

    shared: int
    only_then: int
    only_now: int
    other_content: int
    mended: tuple[Changed, ...]
    broken: tuple[Changed, ...]


def turns(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Turn, ...]:
    """Every cell of two report documents, in the order of the newer one, cells that only the older has at the end."""
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
    )


def rows(then: Mapping[str, ScoredRow], now: Mapping[str, ScoredRow]) -> Rows:
    """Compare the students' scores over shared rows, by example key."""
    common = then.keys() & now.keys()
    same = sorted(key for key in common if then[key].digest == now[key].digest)
    moved = [change for key in same for change in _changes(key, then[key], now[key])]
    return Rows(
        shared=len(same),
        only_then=len(then.keys() - now.keys()),
        only_now=len(now.keys() - then.keys()),
        other_content=len(common) - len(same),
        mended=_worst_first([change for change in moved if change.now > change.then]),
        broken=_worst_first([change for change in moved if change.now < change.then]),
    )


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
