"""Content drift of 500 live rows against 500 golden ones, beside the same figure by a plain double loop, in one run.

    python -m benchmarks.content

Prints a Markdown table: what was done, wall seconds on one core, peak extra megabytes, and what came out of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import median

import numpy as np

from apps.kernel.sketches import pack
from apps.kernel.statistics.content_drift import Likeness, TextRow
from apps.kernel.statistics.hashed_text import BINS, sketch
from benchmarks.measured import measured

ROWS, WORDS, LETTERS = 500, 40, "etaoinshrdlucmfwypvbgk"


def main() -> None:
    """One line a way; the figures must agree."""
    print("| what | seconds | peak MB | answer |\n|---|--:|--:|---|")
    _line(f"**ours**: sketches of {2 * ROWS:,} texts of {WORDS} words", _sketched)
    _line(f"**ours**: MMD² of {ROWS} against {ROWS} with 200 permutations, and novelty", _ours)
    _line(f"plain Python: the same MMD² by a double loop over {ROWS * (2 * ROWS - 1):,} pairs, no permutation", _plain)


def _line(what: str, work: Callable[[], Callable[[], str]]) -> None:
    found = measured(work, memory=True)
    peak = "–" if found.peak_mb is None else f"{found.peak_mb:.1f}"
    print(f"| {what} | {found.seconds:.2f} | {peak} | {found.answer} |", flush=True)


def _sketched() -> Callable[[], str]:
    texts = [text for side in _texts() for text in side]

    def run() -> str:
        rows = _rows(texts)
        return f"{len(pack(rows)) / len(rows):,.0f} bytes a row to keep"

    return run


def _ours() -> Callable[[], str]:
    golden, live = (_rows(side) for side in _texts())

    def run() -> str:
        likeness = Likeness(golden, live)
        found = likeness.drift(seed=1)
        return f"MMD² {found.mmd2:.9f}, p {found.p:.4f}, novelty {likeness.novelty().share:.3f}"

    return run


def _plain() -> Callable[[], str]:
    golden, live = (_rows(side) for side in _texts())

    def run() -> str:
        rows = _vectors([*golden, *live])
        apart = {
            (one, other): max(
                0.0, 2 - 2 * math.fsum(value * rows[other].get(place, 0.0) for place, value in rows[one].items())
            )
            for one, other in combinations(range(2 * ROWS), 2)
        }
        width2 = median(apart.values())
        sums = [0.0, 0.0, 0.0]
        for (one, other), square in apart.items():
            sums[(one >= ROWS) + (other >= ROWS)] += math.exp(-square / (2 * width2))
        pairs = ROWS * (ROWS - 1) / 2
        return f"MMD² {sums[0] / pairs + sums[2] / pairs - 2 * sums[1] / ROWS**2:.9f}"

    return run


def _vectors(rows: Sequence[TextRow]) -> list[dict[int, float]]:
    """TF-IDF bin by bin, each row of length 1."""
    counted = [
        dict(
            zip(
                np.frombuffer(row.sketch.bins, "<u2").tolist(),
                np.frombuffer(row.sketch.counts, "<u2").tolist(),
                strict=True,
            )
        )
        for row in rows
    ]
    having = [0] * BINS
    for one in counted:
        for place in one:
            having[place] += 1
    found = []
    for one in counted:
        raw = {
            place: (1 + math.log(n)) * (1 + math.log((1 + len(rows)) / (1 + having[place]))) for place, n in one.items()
        }
        length = math.sqrt(math.fsum(value**2 for value in raw.values()))
        found.append({place: value / length for place, value in raw.items()})
    return found


def _rows(texts: Sequence[str]) -> list[TextRow]:
    sketches = (sketch(text, key=b"benchmark") for text in texts)
    return [TextRow("", one) for one in sketches if one is not None]


def _texts() -> tuple[list[str], list[str]]:
    """Made-up words of which some are said often; the live side says a tenth of them in other places."""
    dice = np.random.Generator(np.random.Philox(20240611))
    words = ["".join(dice.choice(list(LETTERS), size=dice.integers(3, 9))) for _ in range(2_000)]
    often = dice.dirichlet(np.full(len(words), 0.05))
    moved = 0.9 * often + 0.1 * often[::-1]
    golden, live = (
        [" ".join(words[place] for place in dice.choice(len(words), size=WORDS, p=shares)) for _ in range(ROWS)]
        for shares in (often, moved)
    )
    return golden, live


if __name__ == "__main__":
    main()
