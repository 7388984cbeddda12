"""S-17: how often two samples of one mix, and of one kind of texts (S-17b), are called different."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apps.kernel.reading.traffic import drawn
from apps.kernel.statistics.content_drift import Likeness, TextRow
from apps.kernel.statistics.drift import population_stability
from apps.kernel.statistics.hashed_text import Sketch, sketch
from simulations.result import Cell, Result, draws, generator, highest, lowest, narrowed, widened

FULL_MIXES = 10_000
NOMINAL, LEAST, MOST = 0.05, 0.03, 0.06
SIZES = (200, 500, 1_000, 5_000)
CATEGORIES = (3, 5, 10, 20)
FULL_TEXTS, FULL_MOVED, FEWEST_MOVED = 2_000, 200, 20
WORDS, TOPICS, WORDS_A_ROW = 3_000, 8, 25
POOL = 12_000
NEW_TOPIC, NEW_SHARE = TOPICS - 1, 0.15
Texts = Sequence[Sketch]


def equal_mixes(scale: float, seed: int) -> Result:
    """At a nominal 5 %, 3 to 6 % of equal mixes look moved; with the rule as it stands (p < 1 %, PSI > 0.1) hardly any.

    The part of S-17 on mixes; texts are in ``equal_texts``.
    """
    cells, ruled, folklore = [], [], []
    for n in SIZES:
        for categories in CATEGORIES:
            dice, count = generator(seed, 17, n, categories), draws(FULL_MIXES, scale)
            shares = np.linspace(1.0, 3.0, categories) / np.linspace(1.0, 3.0, categories).sum()
            names = [f"c{place:02}" for place in range(categories)]
            found = [
                population_stability(dict(zip(names, before, strict=True)), dict(zip(names, after, strict=True)))
                for before, after in zip(
                    dice.multinomial(n, shares, count).tolist(),
                    dice.multinomial(n, shares, count).tolist(),
                    strict=True,
                )
            ]
            where = f"{n} and {n} rows, {categories} categories"
            cells.append(Cell(where, float(np.mean([drift.p < NOMINAL for drift in found]))))
            ruled.append(Cell(where, float(np.mean([drift.drifted for drift in found]))))
            folklore.append(Cell(where, float(np.mean([drift.psi > 0.1 for drift in found]))))
    high, low, bar = highest(cells), lowest(cells), widened(MOST, FULL_MIXES, scale)
    least = narrowed(LEAST, FULL_MIXES, scale)
    detail = (
        f"at {high.at}, lowest {low.rate:.4f} (bar {least:.4f}) at {low.at}; the rule calls up to "
        f"{highest(ruled).rate:.4f} moved, PSI > 0.1 alone up to {highest(folklore).rate:.4f} at {highest(folklore).at}"
    )
    holds = low.rate >= least and high.rate <= bar
    return Result("S-17", "equal mixes called moved at 5 %", high.rate, bar, holds, detail)


def equal_texts(scale: float, seed: int) -> Result:
    """At a nominal 5 %, 3 to 6 % of equal texts look moved, in any number of rows and under another mix of cohorts.

    Rows are 25 words of one of seven topics. Two sides of 5,000 rows are sampled to 500 each by keyed hash, as traffic
    is. Power, and what happens without cohorts, are told beside the bar.
    """
    dice = generator(seed, 17, 2)
    known, new = _pool(dice, range(NEW_TOPIC), POOL), _pool(dice, [NEW_TOPIC], POOL // 8)
    count = draws(FULL_TEXTS, scale)
    cells = [
        Cell(f"{n:,} and {n:,} rows", _share_below(NOMINAL, [_pair(known, n, dice, draw) for draw in range(count)]))
        for n in (200, 5_000)
    ]
    cohorts = [_pool(dice, topics, POOL // 4) for topics in (range(4), range(4, NEW_TOPIC))]
    mixed = [_mixed(cohorts, dice) for _ in range(count)]
    cells.append(Cell("200 and 200 rows, cohorts 50 : 50 against 10 : 90", _share_below(NOMINAL, mixed)))
    # What is not held to a bar is told from fewer draws.
    few = max(FEWEST_MOVED, round(FULL_MOVED * scale))
    bare = [
        ([TextRow("", row.sketch) for row in one], [TextRow("", row.sketch) for row in other]) for one, other in mixed
    ]
    moved = {n: [_moved(known, new, n, dice) for _ in range(few)] for n in (200, 500)}
    high, low, bar = highest(cells), lowest(cells), widened(MOST, FULL_TEXTS, scale)
    least = narrowed(LEAST, FULL_TEXTS, scale)
    power = ", ".join(f"{_share_below(0.01, pairs):.2f} at n = {n}" for n, pairs in moved.items())
    detail = (
        f"at {high.at}, lowest {low.rate:.4f} (bar {least:.4f}) at {low.at}; 15 % of a new topic found at p < 0.01: "
        f"{power}; without cohorts the mix alone would be called other content in {_share_below(0.01, bare[:few]):.2f}"
    )
    holds = low.rate >= least and high.rate <= bar
    return Result("S-17b", "equal texts called moved at 5 %", high.rate, bar, holds, detail)


def _pool(dice: np.random.Generator, topics: Sequence[int], rows: int) -> list[Sketch]:
    """Sketches of texts, each about one of the topics; a topic is a distribution over made-up words."""
    letters = list("etaoinshrdlucmfwypvbgk")
    fixed = generator(17, 17)
    words = ["".join(fixed.choice(letters, size=fixed.integers(3, 9))) for _ in range(WORDS)]
    spoken = [fixed.dirichlet(np.full(WORDS, 0.02)) for _ in range(TOPICS)]
    found = []
    for _ in range(rows):
        said = dice.choice(WORDS, size=WORDS_A_ROW, p=spoken[topics[dice.integers(len(topics))]])
        one = sketch(" ".join(words[place] for place in said), key=b"simulated")
        if one is not None:
            found.append(one)
    return found


def _pair(known: Texts, n: int, dice: np.random.Generator, draw: int) -> tuple[list[TextRow], list[TextRow]]:
    """Two sides of n different rows each, at most 500 of either by keyed hash."""
    places = dice.permutation(len(known))[: 2 * n].tolist()
    first, second = (
        drawn(((f"{draw}/{place}", place) for place in side), seed="simulated") for side in (places[:n], places[n:])
    )
    return [TextRow("", known[place]) for place in first], [TextRow("", known[place]) for place in second]


def _mixed(cohorts: Sequence[Texts], dice: np.random.Generator) -> tuple[list[TextRow], list[TextRow]]:
    """Two cohorts that ask different things, half and half on one side and 10 to 90 on the other."""
    sides: tuple[list[TextRow], list[TextRow]] = ([], [])
    for number, counts in enumerate(((100, 20), (100, 180))):
        places = iter(dice.permutation(len(cohorts[number])).tolist())
        for side, count in zip(sides, counts, strict=True):
            side += [TextRow(str(number), cohorts[number][next(places)]) for _ in range(count)]
    return sides


def _moved(known: Texts, new: Texts, n: int, dice: np.random.Generator) -> tuple[list[TextRow], list[TextRow]]:
    """The second side asks a new thing in 15 of 100 rows."""
    golden, live = _pair(known, n, dice, 0)
    strange = dice.permutation(len(new))[: round(NEW_SHARE * n)].tolist()
    return golden, [*live[len(strange) :], *(TextRow("", new[place]) for place in strange)]


def _share_below(limit: float, pairs: Sequence[tuple[list[TextRow], list[TextRow]]]) -> float:
    found = [Likeness(*pair).drift(seed=place).p for place, pair in enumerate(pairs)]
    return float(np.mean([p < limit for p in found]))
