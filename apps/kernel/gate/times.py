"""How long answers took, with what is known of those that have no time (statistics.md §1.1, §4.6).

An answer that ran into its deadline never came: it took longer than any limit, in whichever direction one argues. Any
other answer without a time may have been as fast or as slow as one likes, so it is counted both ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.kernel.policy.figures import Until
from apps.kernel.scorecard import Scorecard
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.quantile import nearest_rank, order_limits

Floats = NDArray[np.float64]
Sides = tuple[Floats, Floats]

ENDLESS = math.inf
AT_ONCE = 1e-9
"""A teacher's time in the reading that is least kind to the student: above 0, so that there is a ratio."""


@dataclass(frozen=True, slots=True)
class Times:
    """The student's times of a cohort, in ms. ``timed_out`` answers never came; ``missing`` ones have no time."""

    known: Floats
    timed_out: int
    missing: int

    @property
    def n(self) -> int:
        """Rows whose time can be told from a limit."""
        return len(self.known) + self.timed_out

    @property
    def slowest(self) -> float:
        """The slowest answer, endless when one never came."""
        return ENDLESS if self.timed_out else float(self.known.max())

    def within(self, limit_ms: float) -> int:
        return int(np.sum(self.known <= limit_ms))

    def percentile(self, quantile: float) -> float:
        """By nearest rank, endless where the answer at that rank never came. Raises EvidenceUnusable without rows."""
        return nearest_rank(self._all(), quantile)

    def interval(self, quantile: float, *, level: float) -> Interval:
        """The order statistics that bound the percentile: from 0 and endless where the rows are too few for a side."""
        lower, upper = order_limits(self.n, quantile, level=level)
        ordered = np.sort(self._all())
        return Interval(
            float(ordered[lower - 1]) if lower else 0.0, float(ordered[upper - 1]) if upper else ENDLESS, level
        )

    def _all(self) -> Floats:
        return np.concatenate([self.known, np.full(self.timed_out, ENDLESS)])


@dataclass(frozen=True, slots=True)
class PairedTimes:
    """(teacher, student) times of a cohort's rows in ms, three ways.

    ``seen``: rows where both are known, endless for an answer that never came. ``against`` and ``favour`` hold all
    rows, with what is missing filled in as badly and as well for the student as can be.
    """

    seen: Sides
    against: Sides
    favour: Sides

    @property
    def n(self) -> int:
        return len(self.seen[0])

    @property
    def missing(self) -> int:
        """Rows where a time of either model is missing."""
        return len(self.against[0]) - self.n

    @property
    def is_filled(self) -> bool:
        """Whether the three can differ: a time is missing, or an answer of the teacher never came."""
        return bool(self.missing or np.isinf(self.seen[0]).any())


def student_times(card: Scorecard, cohort: str, *, until: Until = "answer") -> Times:
    """All rows of the cohort and the one-sided examples that might belong to it; the teacher's times do not matter.

    Of an answer that never came nobody knows when it began: its first token is missing, not endless.
    """
    traffic, to_answer = card.traffic_of(cohort), until == "answer"
    pairs, alone = (
        (traffic.latency, traffic.latency_alone) if to_answer else (traffic.first_token, traffic.first_token_alone)
    )
    known = np.concatenate([pairs.student_values(), alone.student_values()])
    missing = max(0, traffic.rows + card.unseen - len(known))
    _, student_only, both = traffic.endings.timed_out()
    timed_out = min(missing, student_only + both) if to_answer else 0
    return Times(known, timed_out, missing - timed_out)


def paired_times(card: Scorecard, cohort: str) -> PairedTimes:
    """The times until the whole answer, of both models."""
    traffic = card.traffic_of(cohort)
    teacher, student = traffic.latency.teacher_values(), traffic.latency.student_values()
    lone_teacher, lone_student = traffic.latency_alone.teacher_values(), traffic.latency_alone.student_values()
    neither = max(0, traffic.rows + card.unseen - len(teacher) - len(lone_teacher) - len(lone_student))
    teacher_only, student_only, both = traffic.endings.timed_out()
    # The card does not say which rows ran into a deadline; that they are the slowest of the other arm is the kindest.
    out = min(student_only, len(lone_teacher)), min(teacher_only, len(lone_student)), min(both, neither)
    further = min(student_only - out[0], neither - out[2])
    seen = (
        [teacher, _last(lone_teacher, out[0]), _endless(out[1] + out[2])],
        [student, _endless(out[0]), _last(lone_student, out[1]), _endless(out[2])],
    )
    unknown = len(lone_teacher) - out[0]  # rows whose student might have taken any time
    without_teacher = len(lone_student) + neither
    return PairedTimes(
        seen=_sides(*seen),
        against=_sides(
            [teacher, lone_teacher, np.full(without_teacher, AT_ONCE)],
            [student, _endless(len(lone_teacher)), lone_student, _endless(neither)],
        ),
        favour=_sides(
            [teacher, lone_teacher, _endless(without_teacher)],
            [
                student,
                np.zeros(unknown),
                _endless(out[0]),
                lone_student,
                _endless(out[2] + further),
                np.zeros(neither - out[2] - further),
            ],
        ),
    )


def _sides(teacher: list[Floats], student: list[Floats]) -> Sides:
    return np.concatenate(teacher), np.concatenate(student)


def _last(ascending: Floats, count: int) -> Floats:
    return ascending[len(ascending) - count :]


def _endless(count: int) -> Floats:
    return np.full(count, ENDLESS)
