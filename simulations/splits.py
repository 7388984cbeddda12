"""S-16: how often an intact router or recorder of scores is called broken, looked at after every conversation."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc

from apps.kernel.statistics.sequential import log_path
from apps.kernel.statistics.split import ALPHA, log_e
from simulations.live_traffic import MISSING, differences, steady
from simulations.result import Cell, Result, draws, generator, highest, widened

FULL_SPLITS, CONVERSATIONS = 2_000, 20_000
SHARES = (0.01, 0.05, 0.5)
EVERY, NOMINAL = 100, 0.01
LEANING, TURNS = 0.06, 5
FOUND_WITHIN = 40_000


def intact_splits(scale: float, seed: int) -> Result:
    """At most 1 % of canaries whose router splits as intended are ever called broken, or whose scores miss alike.

    The detail says what a χ² test every hundred conversations would do, what becomes of turns that are counted as if
    each were split anew, and how soon a router is found that sends 6 % where 5 % were meant.
    """
    cells, ordinary, turns = [], [], []
    for number, share in enumerate(SHARES):
        alarmed, peeked, counted = [], [], []
        for run in range(draws(FULL_SPLITS, scale)):
            dice = generator(seed, 16, number, run)
            arms = dice.random(CONVERSATIONS) < share
            alarmed.append(_alarm(arms, share) is not None)
            peeked.append(_peeked(arms, share))
            each = np.repeat(arms, dice.geometric(1 / TURNS, CONVERSATIONS))[:CONVERSATIONS]
            counted.append(_alarm(each, share) is not None)
        where = f"{100 * share:g} % meant"
        cells.append(Cell(where, float(np.mean(alarmed))))
        ordinary.append(Cell(where, float(np.mean(peeked))))
        turns.append(Cell(where, float(np.mean(counted))))
    cells.append(Cell(f"{100 * MISSING:g} % of all scores missing", _missing(scale, seed)))
    worst, bar = highest(cells), widened(ALPHA, FULL_SPLITS, scale)
    found = [
        _alarm(generator(seed, 16, 9, run).random(FOUND_WITHIN) < LEANING, 0.05)
        for run in range(draws(FULL_SPLITS // 4, scale))
    ]
    soon = np.quantile([FOUND_WITHIN if one is None else one for one in found], [0.5, 0.9], method="inverted_cdf")
    detail = (
        f"{', '.join(f'{cell.at} {cell.rate:.4f}' for cell in cells)}; χ² every {EVERY} conversations up to "
        f"{highest(ordinary).rate:.3f}; turns of sticky conversations counted one by one up to "
        f"{highest(turns).rate:.3f}; 6 % instead of 5 % is found after {soon[0]:,.0f} conversations (p90 "
        f"{soon[1]:,.0f})"
    )
    return Result("S-16", "an intact split or recorder called broken", worst.rate, bar, worst.rate <= bar, detail)


def _missing(scale: float, seed: int) -> float:
    """How often the mean of two E, one that the student misses more and one that the teacher does, reaches 100."""
    alarmed = []
    for run in range(draws(FULL_SPLITS, scale)):
        losses, _ = differences(steady(generator(seed, 16, 8, run), 1 - MISSING, 1 - MISSING))
        both = np.logaddexp(log_path(losses, limit=0.0), log_path(-losses, limit=0.0)) - math.log(2)
        alarmed.append(bool(both.max() >= -math.log(ALPHA)))
    return float(np.mean(alarmed))


def _alarm(arms: np.ndarray, share: float) -> int | None:
    """After how many conversations E is first at 100."""
    students = np.cumsum(arms)
    teachers = np.arange(1, len(arms) + 1) - students
    there = np.flatnonzero(log_e(students, teachers, share=share) >= -math.log(ALPHA))
    return int(there[0]) + 1 if len(there) else None


def _peeked(arms: np.ndarray, share: float) -> bool:
    n = np.arange(EVERY, len(arms) + 1, EVERY)
    expected = n * share
    chi = (np.cumsum(arms)[n - 1] - expected) ** 2 / (expected * (1 - share))
    return bool((chdtrc(1, chi) < NOMINAL).any())
