"""S-19: a sample of a window by keyed hash is uniform, and the same whoever takes it, however often it is told."""

from __future__ import annotations

import numpy as np

from apps.kernel.sampling import WindowSample, draw, merge, without
from simulations.result import Result, generator

SEEDS, TRACES, SIZE, WORKERS = 60, 20_000, 1_000, 7
TOLD_AGAIN, DELETED = 0.2, 0.05
BAR = 0.1


def window_samples(scale: float, seed: int) -> Result:
    """How often each trace is drawn varies as chance alone would have it: variance ratio 0.9 to 1.1, over 60 seeds.

    Seven workers that share the traces, in any order and with a fifth told to two of them, merge to the sample of one
    who saw all; deletions leave the sample of what is left. Seconds at either scale, so both are whole.
    """
    ids, drawn, reservoir = [f"trace-{n}" for n in range(TRACES)], np.zeros(TRACES), np.zeros(TRACES)
    twice, same, estimates = np.arange(TRACES) < TOLD_AGAIN * TRACES, True, []
    for number in range(SEEDS):
        dice = generator(seed, 19, number)
        whole = draw(ids, size=SIZE, seed=f"window-{number}")
        drawn[_places(whole.drawn)] += 1
        estimates.append(whole.seen_about / TRACES)
        told = dice.permutation(np.concatenate([np.arange(TRACES), np.flatnonzero(twice)]))
        same = same and _merged(dice, ids, told, whole.seed) == whole
        gone = {ids[place] for place in dice.choice(TRACES, round(DELETED * TRACES), replace=False)}
        left = draw((key for key in ids if key not in gone), size=SIZE, seed=whole.seed)
        same = same and without(whole, gone).drawn == left.drawn
        np.add.at(reservoir, _reservoir(dice, told), 1)
    chance = SIZE / TRACES
    ratio = float(np.var(drawn) / (SEEDS * chance * (1 - chance)))
    leaning = float(reservoir[twice].mean() / reservoir[~twice].mean())
    detail = (
        f"variance ratio {ratio:.4f} over {TRACES:,} traces and {SEEDS} seeds; merges of {WORKERS} workers, traces "
        f"told twice and {DELETED:.0%} deleted: {'identical' if same else 'NOT identical'}; those told twice are drawn "
        f"{drawn[twice].mean() / drawn[~twice].mean():.2f} times as often as others (a reservoir, Algorithm R: "
        f"{leaning:.2f}); estimated number of traces off by {np.std(estimates):.1%}"
    )
    return Result(
        "S-19",
        "uneven samples of a window: variance ratio − 1",
        abs(ratio - 1),
        BAR,
        same and abs(ratio - 1) <= BAR,
        detail,
    )


def _merged(dice: np.random.Generator, ids: list[str], told: np.ndarray, seed: str) -> WindowSample:
    parts = [draw((ids[place] for place in part), size=SIZE, seed=seed) for part in np.array_split(told, WORKERS)]
    found = parts[0]
    for place in dice.permutation(np.arange(1, WORKERS)):
        found = merge(parts[place], found)
    return found


def _reservoir(dice: np.random.Generator, told: np.ndarray) -> np.ndarray:
    """Algorithm R over the same deliveries, which does not know a trace when it comes again."""
    held = told[:SIZE].copy()
    slots = dice.integers(0, np.arange(SIZE, len(told)) + 1)
    for place, slot in zip(told[SIZE:], slots, strict=True):
        if slot < SIZE:
            held[slot] = place
    return np.asarray(held)


def _places(keys: tuple[str, ...]) -> list[int]:
    return [int(key.removeprefix("trace-")) for key in keys]
