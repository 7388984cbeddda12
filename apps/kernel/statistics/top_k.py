"""What two top-k lists at one position say about the divergence behind them (statistics.md §4.8 b).

Only bounds are told: the tokens that a list leaves out carry mass that nobody has seen. "Sum over the common tokens" is
no bound; it is often negative, and often above the truth.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

MOST_MASS = 1.001
# A list whose mass is all used up still leaves this much: log-probabilities are rounded.
LEAST_LEFT = 1e-6
TINY = 1e-300
ROUNDING = 1e-15


@dataclass(frozen=True, slots=True)
class TopK:
    """The k most probable tokens at one position, any order, with natural log-probabilities (nats, 0 or less).

    Every token not listed must be no likelier than the least listed one: a chosen token that the provider appends to
    its top k is left out by the caller.
    """

    tokens: Sequence[str] | Sequence[int]
    logprobs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bounds:
    """KL(teacher‖student) ≥ ``kl_low_nats``; total variation lies in [``tv_low``, ``tv_high``], each 0 to 1.

    ``covered``: the teacher's mass on tokens that both lists hold, 0 to 1. KL has no finite upper bound.
    """

    kl_low_nats: float
    tv_low: float
    tv_high: float
    covered: float


@dataclass(frozen=True, slots=True)
class _Known:
    """Probabilities of the common tokens, and of those that only one list holds, with each list's least."""

    both: list[tuple[float, float]]
    teacher_only: list[float]
    student_only: list[float]
    teacher_least: float
    student_least: float
    teacher_left: float  # mass that the teacher's list does not hold
    student_left: float


def fault_of(found: TopK) -> str | None:
    """Why a list cannot be read: ``list_empty``, ``list_uneven``, ``not_finite``, ``logprob_positive``,
    ``duplicate_token`` or ``mass_above_1`` (more than 1.001); None when it can.
    """
    if len(found.tokens) != len(found.logprobs):
        return "list_uneven"
    if not found.tokens:
        return "list_empty"
    if not all(math.isfinite(logprob) for logprob in found.logprobs):
        return "not_finite"
    if any(logprob > 0 for logprob in found.logprobs):
        return "logprob_positive"
    if len(set(found.tokens)) < len(found.tokens):
        return "duplicate_token"
    return "mass_above_1" if math.fsum(map(math.exp, found.logprobs)) > MOST_MASS else None


def bounds(teacher: TopK, student: TopK) -> Bounds:
    """The bounds from two lists over the same vocabulary; both must be free of faults (``fault_of``).

    KL: the least divergence of any two distributions with these lists, by the data-processing inequality with the
    unlisted tokens merged, and water-filling: a token that one list lacks is no likelier there than its least token.
    """
    known = _known(teacher, student)
    common_low = math.fsum(max(0.0, p - q) for p, q in known.both)
    common_high = math.fsum(max(0.0, q - p) for p, q in known.both)
    rest_p = 1 - math.fsum(p for p, _ in known.both)
    rest_q = 1 - math.fsum(q for _, q in known.both)
    surplus = _surplus(known.teacher_only, known.student_least, known.student_left)
    shortfall = _surplus(known.student_only, known.teacher_least, known.teacher_left)
    low = max(common_low + max(surplus, rest_p - rest_q), common_high + max(shortfall, rest_q - rest_p))
    high = 1 - math.fsum(min(p, q) for p, q in known.both)
    return Bounds(
        kl_low_nats=max(0.0, _least_divergence(known)),
        tv_low=min(1.0, low),
        tv_high=min(1.0, max(low, high)),
        covered=min(1.0, math.fsum(p for p, _ in known.both)),
    )


def _known(teacher: TopK, student: TopK) -> _Known:
    p = {token: math.exp(logprob) for token, logprob in zip(teacher.tokens, teacher.logprobs, strict=True)}
    q = {token: math.exp(logprob) for token, logprob in zip(student.tokens, student.logprobs, strict=True)}
    spare = 1 - math.fsum(q.values())
    return _Known(
        both=[(p[token], q[token]) for token in p if token in q],
        teacher_only=[mass for token, mass in p.items() if token not in q],
        student_only=[mass for token, mass in q.items() if token not in p],
        teacher_least=min(p.values()),
        student_least=min(q.values()),
        teacher_left=max(0.0, 1 - math.fsum(p.values())),
        # Rounding that overshoots 1 by some amount may hide as much, and nothing left would be an infinite divergence.
        student_left=max(abs(spare), LEAST_LEFT),
    )


def _surplus(alone: list[float], other_least: float, other_left: float) -> float:
    """How far the tokens of one list must exceed the other model's, which gives each no more than its least."""
    return max(math.fsum(max(0.0, mass - other_least) for mass in alone), math.fsum(alone) - other_left, 0.0)


def _least_divergence(known: _Known) -> float:
    """Minimise KL over what is not known: the student's share of teacher-only tokens, and the other way about.

    KL is convex. At its least every share below its cap stands in one ratio of teacher to student, that of the rest.
    """
    ratio = _ratio(known)
    taken = [min(known.student_least, p / ratio) for p in known.teacher_only]
    given = _given(known, ratio)
    terms = [_term(p, q) for p, q in known.both]
    terms += [_term(p, q) for p, q in zip(known.teacher_only, taken, strict=True)]
    terms += [_term(p, q) for p, q in zip(given, known.student_only, strict=True)]
    teacher_rest, student_rest = known.teacher_left - math.fsum(given), known.student_left - math.fsum(taken)
    terms.append(_term(teacher_rest, max(student_rest, TINY)) if teacher_rest > ROUNDING else 0.0)
    return math.fsum(terms)


def _ratio(known: _Known) -> float:
    """Teacher's over student's mass of the rest: the least r at which the student has enough left for r to hold.

    Between the points where a share meets its cap everything is linear in r.
    """
    marks = [p / known.student_least for p in known.teacher_only]
    marks = sorted(marks + [known.teacher_least / q for q in known.student_only])
    place = bisect_left(marks, True, key=lambda mark: _enough(known, mark))
    low = marks[place - 1] if place else 0.0
    high = marks[place] if place < len(marks) else math.inf
    free = [p for p in known.teacher_only if p / known.student_least <= low]
    full = len(known.teacher_only) - len(free)
    open_ = [q for q in known.student_only if known.teacher_least / q > low]
    capped = len(known.student_only) - len(open_)
    spare = known.student_left - full * known.student_least
    fixed, slope = known.teacher_left + math.fsum(free) - capped * known.teacher_least, spare + math.fsum(open_)
    balanced = fixed / slope if slope > 0 else high
    fitting = math.fsum(free) / spare if spare > 0 else high
    return max(TINY, min(high, max(low, balanced, fitting)))


def _enough(known: _Known, ratio: float) -> bool:
    taken = math.fsum(min(known.student_least, p / ratio) for p in known.teacher_only)
    given = math.fsum(min(known.teacher_least, ratio * q) for q in known.student_only)
    student_rest = known.student_left - taken
    return student_rest > 0 and ratio * student_rest >= known.teacher_left - given


def _given(known: _Known, ratio: float) -> list[float]:
    """The teacher's share of student-only tokens, capped by its least token and by what its list leaves over."""
    if math.fsum(min(known.teacher_least, ratio * q) for q in known.student_only) > known.teacher_left:
        left, mass = known.teacher_left, math.fsum(known.student_only)
        for q in sorted(known.student_only, reverse=True):
            ratio = left / mass
            if ratio * q <= known.teacher_least:
                break
            left, mass = left - known.teacher_least, mass - q
    return [min(known.teacher_least, ratio * q) for q in known.student_only]


def _term(p: float, q: float) -> float:
    return p * math.log(p / q) if p > 0 else 0.0
