"""Which status may follow which. The pictures in docs/lifecycles.md are drawn from these tables."""

from __future__ import annotations

from collections.abc import Mapping

from apps.kernel.errors import Conflict

PLANNED, RUNNING, PAUSED = "PLANNED", "RUNNING", "PAUSED"
COMPLETED, FAILED, CANCELLED = "COMPLETED", "FAILED", "CANCELLED"
DRAFT, PINNED = "DRAFT", "PINNED"

EVAL_RUN: Mapping[str, frozenset[str]] = {
    PLANNED: frozenset({RUNNING, PAUSED, CANCELLED, FAILED}),
    RUNNING: frozenset({PAUSED, COMPLETED, FAILED, CANCELLED}),
    PAUSED: frozenset({RUNNING, CANCELLED, FAILED}),
    COMPLETED: frozenset(),
    FAILED: frozenset(),
    CANCELLED: frozenset(),
}
DATASET_VERSION: Mapping[str, frozenset[str]] = {DRAFT: frozenset({PINNED}), PINNED: frozenset()}

TABLES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "evals.evalrun": EVAL_RUN,
    "datasets.datasetversion": DATASET_VERSION,
}


class MoveNotAllowed(Conflict):
    """The state machine has no such step."""

    code = "move_not_allowed"
    title = "This step is not possible now"


def check(kind: str, *, old: str, new: str) -> None:
    """Raise MoveNotAllowed unless the table of ``kind`` lets ``new`` follow ``old``."""
    allowed = TABLES[kind][old]
    if new not in allowed:
        after = ", ".join(sorted(allowed)) or "nothing: it is final"
        raise MoveNotAllowed(f"{old} cannot become {new}. After {old} comes {after}.", where={"from": old, "to": new})


def is_final(kind: str, status: str) -> bool:
    return not TABLES[kind][status]
