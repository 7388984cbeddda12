"""Live traffic of a canary: conversations in the order they were asked, split between two models, and their blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from simulations.shapes import Floats

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

CONVERSATIONS, SHARE = 100_000, 0.05
# What a canary does in practice: more traffic for the student step by step.
STEPS = ((0.01, 0.3), (0.05, 0.3), (0.2, 0.2), (0.5, 0.2))
MISSING = 0.01
TURNS = 5


@dataclass(frozen=True, slots=True)
class Traffic:
    """By conversation: whether the student had it, its score 0 to 1 (NaN: missing), where new blocks must begin.

    ``turns``: how many scored turns the score is the mean of; ``order``: in which order the scores arrived.
    """

    student: Flags
    score: Floats
    cuts: tuple[int, ...] = ()
    turns: Places | None = None
    order: Places | None = None


Scenario = Callable[[np.random.Generator, float, float], Traffic]
"""Draws traffic of which the teacher's and the student's mean scores are the two numbers (before any drift)."""


def steady(dice: np.random.Generator, teacher: float, student: float) -> Traffic:
    """Nothing ever changes."""
    arms = dice.random(CONVERSATIONS) < SHARE
    return Traffic(arms, _passes(dice, np.where(arms, student, teacher)))


def drifting(dice: np.random.Generator, teacher: float, student: float) -> Traffic:
    """Days and nights of unlike difficulty, and an incident in which both models lose a fifth."""
    arms, hour = dice.random(CONVERSATIONS) < SHARE, np.arange(CONVERSATIONS) / CONVERSATIONS
    wave = 0.05 * np.sin(2 * np.pi * (4 * hour + dice.random()))
    begun = dice.random() * 0.9
    incident = np.where((hour > begun) & (hour < begun + 0.1), -0.2, 0.0)
    return Traffic(arms, _passes(dice, np.clip(np.where(arms, student, teacher) - 0.05 + wave + incident, 0, 1)))


def delayed(dice: np.random.Generator, teacher: float, student: float) -> Traffic:
    """Scores of failures take longer, the teacher's longest; one in a hundred never comes, of either model."""
    plain = steady(dice, teacher, student)
    wait = np.where(plain.score == 0, 5_000.0, 500.0) * np.where(plain.student, 1.0, 3.0)
    arrived = np.arange(CONVERSATIONS) + dice.exponential(wait)
    score = np.where(dice.random(CONVERSATIONS) < MISSING, np.nan, plain.score)
    return Traffic(plain.student, score, order=np.argsort(arrived, kind="stable"))


def sticky(dice: np.random.Generator, teacher: float, student: float) -> Traffic:
    """Conversations of one to many turns that go well or badly as a whole, all turns with one model."""
    arms, turns = dice.random(CONVERSATIONS) < SHARE, dice.geometric(1 / TURNS, CONVERSATIONS)
    mean = np.where(arms, student, teacher)
    going = dice.beta(mean, 1 - mean)
    return Traffic(arms, dice.binomial(turns, going) / turns, turns=turns)


def reweighted(dice: np.random.Generator, teacher: float, student: float) -> Traffic:
    """The student's share grows in steps while traffic gets harder for both: the teacher's scores are mostly older."""
    sizes = [round(CONVERSATIONS * part) for _, part in STEPS]
    share = np.repeat([share for share, _ in STEPS], sizes)
    arms = dice.random(CONVERSATIONS) < share
    harder = np.linspace(0.0, 0.1, CONVERSATIONS)
    cuts = tuple(int(place) for place in np.cumsum(sizes)[:-1])
    return Traffic(arms, _passes(dice, np.clip(np.where(arms, student, teacher) - harder, 0, 1)), cuts)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "drift": drifting,
        "delayed scores": delayed,
        "sticky conversations": sticky,
        "growing share": reweighted,
    }
)


def differences(traffic: Traffic, *, as_they_arrive: bool = False) -> tuple[Floats, Places]:
    """Teacher − student of each block, and how many students were asked until it closed.

    Written apart from apps.kernel.canary.guarded, over whole arrays. ``as_they_arrive`` takes scores in the order of
    their arrival, which is what a watch must not do.
    """
    order = traffic.order if as_they_arrive and traffic.order is not None else np.arange(len(traffic.score))
    arms, scores = traffic.student[order], traffic.score[order]
    asked = np.cumsum(arms)
    there = np.flatnonzero(~np.isnan(scores))
    pieces = np.split(there, np.searchsorted(there, traffic.cuts))
    found, closed = [], []
    for piece in pieces:
        losses, ends = _blocks(arms[piece], scores[piece])
        found.append(losses)
        closed.append(asked[piece[ends]])
    return np.concatenate(found), np.concatenate(closed)


def _blocks(arms: Flags, scores: Floats) -> tuple[Floats, Places]:
    """A block ends with the first conversation that gives it one of each model."""
    if not len(arms):
        return np.empty(0), np.empty(0, dtype=np.int64)
    begins = np.concatenate([[0], np.flatnonzero(np.diff(arms)) + 1])
    lengths = np.diff(np.concatenate([begins, [len(arms)]]))
    # A stretch of one model ends the block before it if that left something over: it is then one shorter itself.
    places = np.arange(len(begins))
    sure = np.concatenate([[False], lengths[:-1] >= 2])
    since = np.maximum.accumulate(np.where(sure, places, -1))
    ends_one = np.where(since >= 0, (places - since) % 2 == 0, places % 2 == 1)
    ends = begins[ends_one]
    if not len(ends):
        return np.empty(0), np.empty(0, dtype=np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    inside = arms[: ends[-1] + 1]
    values = scores[: ends[-1] + 1]
    students, teachers = np.add.reduceat(inside.astype(float), starts), np.add.reduceat((~inside).astype(float), starts)
    student_total, teacher_total = np.add.reduceat(values * inside, starts), np.add.reduceat(values * ~inside, starts)
    losses: Floats = teacher_total / teachers - student_total / students
    return losses, ends


def _passes(dice: np.random.Generator, chance: Floats) -> Floats:
    return (dice.random(len(chance)) < chance).astype(np.float64)
