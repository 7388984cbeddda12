"""Conversations of a canary for the tests: one a second, the same for the same seed."""

from __future__ import annotations

import numpy as np

from apps.kernel.canary import Observation


def conversation(
    place: int, *, is_student: bool, score: float | None = 1.0, share: float = 0.05, **changes: object
) -> Observation:
    """The ``place``-th conversation, drawn to be scored, answered in time and settled a second later."""
    plain: dict[str, object] = {
        "conversation": f"c{place:06}",
        "is_student": is_student,
        "requested_at_ms": 1_000 * place,
        "cohort": "refunds",
        "share": share,
        "is_sampled": True,
        "score": score,
        "has_failed": False,
        "in_time": True,
        "settled_at_ms": 1_000 * place + 1_000,
    }
    return Observation(**{**plain, **changes})  # type: ignore[arg-type]


def stream(
    count: int, *, teacher: float, student: float, share: float = 0.05, seed: int = 1, **changes: object
) -> list[Observation]:
    """So many conversations, each passing with the chance of its model."""
    dice = np.random.Generator(np.random.Philox(seed))
    arms, luck = dice.random(count) < share, dice.random(count)
    return [
        conversation(
            place,
            is_student=bool(arms[place]),
            score=float(luck[place] < (student if arms[place] else teacher)),
            share=share,
            **changes,
        )
        for place in range(count)
    ]
