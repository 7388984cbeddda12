"""S-14 and S-15: how often a canary is rolled back, or promoted, wrongly, looked at after every conversation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from apps.kernel.statistics.sequential import log_needed, log_path
from simulations.live_traffic import SCENARIOS, Traffic, differences, steady
from simulations.result import Cell, Result, draws, generator, highest, widened
from simulations.shapes import Floats

FULL_CANARIES, FULL_SPEEDS = 2_000, 400
ALPHA = 0.05
MOST_CALLS_OF_BREAKAGE, MOST_CALLS_OF_A_LOSS = 15, 150
Z = 1.6448536269514722
# From so many student calls on an ordinary test is looked at; earlier its normal reading means nothing.
FIRST_LOOK, EVERY = 30, 50
BREAKS_AFTER = 1_000

# Quality, answered, in time: what three guards at once see of two equal models.
FIGURES = (0.90, 0.99, 0.95)

# Name, scenario, both models' scores, and the loss that is allowed: an innocent student in each.
NULLS = (
    ("0.90 = 0.90", steady, 0.90, 0.90, 0.0),
    ("0.99 = 0.99", steady, 0.99, 0.99, 0.0),
    ("0.90 against 0.87, 3 pt allowed", steady, 0.90, 0.87, 0.03),
    *((name, scenario, 0.90, 0.90, 0.0) for name, scenario in SCENARIOS.items()),
)
SPEEDS = ((0.99, 0.0), (0.90, 0.50), (0.90, 0.80), (0.90, 0.85), (0.99, 0.95))
PROOFS = (
    ("0.90 against 0.87", steady, 0.90, 0.87, 0.03),
    ("0.99 against 0.96", steady, 0.99, 0.96, 0.03),
    ("0.90 against 0.85", steady, 0.90, 0.85, 0.05),
    *((f"{name}, 3 pt worse", scenario, 0.90, 0.87, 0.03) for name, scenario in SCENARIOS.items()),
)


def false_rollback(scale: float, seed: int) -> Result:
    """An innocent student is rolled back in at most 5 % of canaries of about 5,000 of its conversations.

    Total breakage is stopped within 15 of its calls, a fall from 0.9 to 0.8 within 150 (median). The detail says what a
    z-test would do in the same traffic, looked at each time, now and then, and once.
    """
    cells, peeking, told, naive = [], [], [], 0.0
    for number, (name, scenario, teacher, student, allowed) in enumerate(NULLS):
        rolled, looks, late = [], [], []
        for run in range(draws(FULL_CANARIES, scale)):
            traffic = scenario(generator(seed, 14, number, run), teacher, student)
            rolled.append(_ever(differences(traffic)[0], allowed))
            looks.append(_z_tests(traffic, allowed))
            if traffic.order is not None:
                late.append(_ever(differences(traffic, as_they_arrive=True)[0], allowed))
        cells.append(Cell(name, float(np.mean(rolled))))
        each, some, once = np.mean(looks, axis=0)
        peeking.append(Cell(name, float(each)))
        told.append(f"{name} {cells[-1].rate:.3f} (z-test {each:.3f} / {some:.3f} / {once:.3f})")
        naive = float(np.mean(late)) if late else naive
    cells.append(Cell(f"any of {len(FIGURES)} guards", _any_guard(scale, seed)))
    told.append(f"{cells[-1].at} {cells[-1].rate:.3f}")
    worst, bar = highest(cells), widened(ALPHA, FULL_CANARIES, scale)
    speed, fast = _speeds(scale, seed)
    detail = (
        f"{'; '.join(told)}: z-test at each student call / every {EVERY} / once; scores taken as they arrive "
        f"{naive:.3f}; student calls to roll back, p50/p90: {speed}"
    )
    return Result("S-14", "an innocent canary rolled back", worst.rate, bar, worst.rate <= bar and fast, detail)


def false_promotion(scale: float, seed: int) -> Result:
    """A student exactly at the limit is promoted in at most 5 % of canaries, though E may be looked at each time.

    The hours that promotion also asks for are left out: they can only lower this. The detail says how long a student as
    good as its teacher takes.
    """
    cells = []
    for number, (name, scenario, teacher, student, margin) in enumerate(PROOFS):
        promoted = [
            _ever(-differences(scenario(generator(seed, 15, number, run), teacher, student))[0], -margin)
            for run in range(draws(FULL_CANARIES, scale))
        ]
        cells.append(Cell(name, float(np.mean(promoted))))
    worst, bar = highest(cells), widened(ALPHA, FULL_CANARIES, scale)
    proofs = []
    for margin in (0.05, 0.03):
        calls = [
            _calls(steady(generator(seed, 15, 90, run), 0.90, 0.90), lambda loss: -loss, -margin)
            for run in range(draws(FULL_SPEEDS, scale))
        ]
        proofs.append(f"{100 * margin:g} pt {_halfway(calls)}")
    listed = ", ".join(f"{cell.at} {cell.rate:.4f}" for cell in cells)
    detail = f"{listed}; student calls until an equal student at 0.90 is shown within, p50/p90: {', '.join(proofs)}"
    return Result("S-15", "a student at the limit promoted", worst.rate, bar, worst.rate <= bar, detail)


def _ever(losses: Floats, limit: float, *, watched: int = 1) -> bool:
    return bool(log_path(losses, limit=limit).max(initial=0.0) >= log_needed(ALPHA, watched=watched))


def _any_guard(scale: float, seed: int) -> float:
    """How often any guard of a whole canary rolls back one of two equal models; each needs K/α."""
    rolled = []
    for run in range(draws(FULL_CANARIES, scale)):
        rolled.append(False)
        for number, mean in enumerate(FIGURES):
            traffic = steady(generator(seed, 14, 70, run, number), mean, mean)
            rolled[-1] |= _ever(differences(traffic)[0], 0.0, watched=len(FIGURES))
    return float(np.mean(rolled))


def _calls(traffic: Traffic, turned: Callable[[Floats], Floats], limit: float, *, watched: int = 1) -> float:
    """Student conversations asked when E is first high enough; infinite if it never is."""
    losses, asked = differences(traffic)
    there = np.flatnonzero(log_path(turned(losses), limit=limit) >= log_needed(ALPHA, watched=watched))
    return float(asked[there[0]]) if len(there) else math.inf


def _speeds(scale: float, seed: int) -> tuple[str, bool]:
    told, holds, runs = [], True, draws(FULL_SPEEDS, scale)
    for number, (teacher, student) in enumerate(SPEEDS):
        traffic = [steady(generator(seed, 14, 50, number, run), teacher, student) for run in range(runs)]
        alone = [_calls(one, lambda loss: loss, 0.0) for one in traffic]
        among = [_calls(one, lambda loss: loss, 0.0, watched=len(FIGURES)) for one in traffic]
        told.append(f"{teacher:g} to {student:g} {_halfway(alone)} ({_halfway(among)} among {len(FIGURES)} guards)")
        if student == 0.0:
            holds = holds and max(among) <= MOST_CALLS_OF_BREAKAGE
        if (teacher, student) == (0.90, 0.80):
            holds = holds and float(np.median(alone)) <= MOST_CALLS_OF_A_LOSS
    later = [_calls(_breaking(generator(seed, 14, 60, run)), lambda loss: loss, 0.0) for run in range(runs)]
    after = [calls - BREAKS_AFTER for calls in later if calls > BREAKS_AFTER]
    return f"{', '.join(told)}, 0.9 to 0 after {BREAKS_AFTER:,} good calls {_halfway(after)}", holds


def _breaking(dice: np.random.Generator) -> Traffic:
    """A student that is as good as its teacher for a thousand calls, and then fails each time."""
    good = steady(dice, 0.90, 0.90)
    broken = good.student & (np.cumsum(good.student) > BREAKS_AFTER)
    return Traffic(good.student, np.where(broken, 0.0, good.score))


def _halfway(calls: list[float]) -> str:
    half, most = np.quantile(calls, [0.5, 0.9], method="inverted_cdf")
    return f"{half:.0f}/{most:.0f}"


def _z_tests(traffic: Traffic, allowed: float) -> tuple[bool, bool, bool]:
    """Whether an ordinary one-sided test of two means ever rejects: at each student call, every 50th, at the end.

    Every scored turn counts as a row, as it does where one exports a table of calls.
    """
    there = ~np.isnan(traffic.score)
    arms, scores = traffic.student[there], traffic.score[there]
    weight = np.ones(len(scores)) if traffic.turns is None else traffic.turns[there].astype(np.float64)
    rows = [np.cumsum(weight * arm) for arm in (arms, ~arms)]
    sums = [np.cumsum(weight * scores * arm) for arm in (arms, ~arms)]
    looks = np.flatnonzero(arms)[FIRST_LOOK - 1 :]
    student, teacher = (total[looks] / np.maximum(n[looks], 1) for total, n in zip(sums, rows, strict=True))
    spread = student * (1 - student) / rows[0][looks] + teacher * (1 - teacher) / np.maximum(rows[1][looks], 1)
    beyond = teacher - student - allowed > Z * np.sqrt(np.maximum(spread, 0.0))
    beyond &= spread > 0
    return bool(beyond.any()), bool(beyond[EVERY - FIRST_LOOK :: EVERY].any()), bool(beyond[-1])
