"""S-26: the rule over corrected scores where rows share clusters, for a student exactly at the margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from apps.kernel.statistics.rectified import LabelledStratum, lean_of, rectified
from apps.kernel.statistics.rectified_clusters import LabelledClusters, rectified_by_cluster
from simulations.judges import ALPHA, JUDGES, MARGINS, seen_by, truth
from simulations.result import Cell, Result, draws, generator, highest, lowest, narrowed, widened
from simulations.shapes import Floats

FULL = 2_000
LEVEL, COVERED = 0.95, 0.93
GROUPS, LABELLED, TIMES = (10, 20, 40), (50, 200), 4
# How alike rows of a cluster are; at 1 whole conversations are lost together.
ALIKE = (0.0, 0.3, 0.6, 1.0)


@dataclass(slots=True)
class _Tally:
    passed: int = 0
    fooled: int = 0
    covered: int = 0


def corrected_clusters(scale: float, seed: int) -> Result:
    """At most 8.5 % false passes and at least 93 % coverage with 10 to 40 clusters, equal and unequal ones.

    A quarter of the rows is labelled at random. To ignore the clusters is shown to pass far more.
    """
    passed, fooled, covered = [], [], []
    for number, (judge, rates) in enumerate(JUDGES.items()):
        for groups in GROUPS:
            for labelled in LABELLED:
                for alike in ALIKE:
                    for margin in MARGINS:
                        is_equal = (number + groups // 10) % 2 == 0
                        dice = generator(seed, 26, number, groups, labelled, round(10 * alike), round(1000 * margin))
                        count, tally = draws(FULL, scale), _Tally()
                        for _ in range(count):
                            _once(dice, tally, groups, labelled, alike, margin, rates, is_equal)
                        shape = "equal" if is_equal else "unequal"
                        at = f"judge {judge}, {labelled} labels in {groups} {shape} clusters, ICC {alike:g}, {margin}"
                        passed.append(Cell(at, tally.passed / count))
                        fooled.append(Cell(at, tally.fooled / count))
                        covered.append(Cell(at, tally.covered / count))
    worst, naive, least = highest(passed), highest(fooled), lowest(covered)
    bar = widened(0.085, FULL, scale)
    holds = worst.rate <= bar and least.rate >= narrowed(COVERED, FULL, scale) and naive.rate > 0.3
    detail = (
        f"at {worst.at}; coverage at least {least.rate:.4f} at {least.at}; clusters ignored {naive.rate:.4f} at "
        f"{naive.at} (shown to be above 0.3)"
    )
    return Result("S-26", "false PASS of a corrected score with clusters", worst.rate, bar, holds, detail)


def _once(
    dice: np.random.Generator,
    tally: _Tally,
    groups: int,
    labelled: int,
    alike: float,
    margin: float,
    rates: tuple[float, float, float, float],
    is_equal: bool,
) -> None:
    n = TIMES * labelled
    sizes = np.ones(groups) if is_equal else np.arange(1.0, groups + 1)
    cluster = dice.choice(groups, n, p=sizes / sizes.sum())
    human, judge = _rows(dice, n, margin, rates)
    # A row that takes its cluster's own draw with chance √ρ makes any two of the cluster's rows correlate by ρ.
    shared_human, shared_judge = _rows(dice, groups, margin, rates)
    shares = dice.random(n) < math.sqrt(alike)
    human = np.where(shares, shared_human[cluster], human)
    judge = np.where(shares, shared_judge[cluster], judge)
    picked = dice.permutation(n) < labelled
    rows = [LabelledStratum(1.0, human[picked], judge[picked], judge[~picked])]
    found = rectified_by_cluster([_stratum(cluster, groups, human, judge, picked)], lean=lean_of(rows))
    interval = found.delta(level=LEVEL).interval
    tally.passed += found.test(margin=margin).p_pass <= ALPHA
    tally.fooled += rectified(rows).test(margin=margin).p_pass <= ALPHA
    tally.covered += interval.low <= -margin <= interval.high


def _rows(
    dice: np.random.Generator, n: int, margin: float, rates: tuple[float, float, float, float]
) -> tuple[Floats, Floats]:
    """Differences student − teacher of rows as people find them, and as the judge does."""
    teacher, student = truth(dice, n, margin)
    return student - teacher, seen_by(dice, student, *rates[2:]) - seen_by(dice, teacher, *rates[:2])


def _stratum(cluster: np.ndarray, groups: int, human: Floats, judge: Floats, picked: np.ndarray) -> LabelledClusters:
    own, others = picked.astype(np.float64), 1.0 - picked

    def summed(values: Floats) -> Floats:
        return np.bincount(cluster, weights=values, minlength=groups)

    return LabelledClusters(
        1.0, np.arange(groups), summed(own), summed(own * human), summed(own * judge), summed(others),
        summed(others * judge), np.zeros(groups),
    )  # fmt: skip
