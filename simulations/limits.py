"""S-23 and S-24: what a student must reach by itself, a pass rate and a latency in milliseconds."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln, ndtri, xlog1py, xlogy

from apps.kernel.gate import decide
from apps.kernel.policy import Policy, parse
from apps.kernel.scorecard import Cohort, Scorecard, Unpaired
from apps.kernel.scorecard.alone import Alone
from apps.kernel.scorecard.endings import TIMED_OUT, Endings
from apps.kernel.scorecard.pairs import Pairs
from apps.kernel.scorecard.traffic import Traffic
from apps.kernel.statistics.share import share_test
from simulations.result import Cell, Result, draws, generator, highest, widened
from simulations.shapes import Floats

FULL_LATENCIES = 2_000
ALPHA = 0.05
SIZES = (10, 25, 50, 59, 100, 149, 200, 299, 300, 500, 1000)
LIMITS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
LIMIT_MS = 2_000.0
# (share of answers that never come, percentile asked for)
LATENCIES = ((0.0, 0.95), (0.01, 0.95), (0.02, 0.95), (0.0, 0.99), (0.02, 0.99))


def pass_rates(scale: float, seed: int) -> Result:
    """A rate at its limit passes, and fails, in at most 5 % of cases: every table of every size, nothing is drawn."""
    cells = []
    for n in SIZES:
        counts = np.arange(n + 1)
        for limit in LIMITS:
            logs = gammaln(n + 1) - gammaln(counts + 1) - gammaln(n - counts + 1)
            chances = np.exp(logs + xlogy(counts, limit) + xlog1py(n - counts, -limit))
            tests = [share_test(int(count), n, limit=limit) for count in counts]
            for word, shown in (
                ("false pass", [test.p_pass <= ALPHA for test in tests]),
                ("false fail", [test.p_fail <= ALPHA for test in tests]),
            ):
                cells.append(Cell(f"{word}, n = {n}, limit {limit:g}", math.fsum(chances[np.array(shown)])))
    worst = highest(cells)
    detail = f"at {worst.at}; {len(cells)} cells, counted exactly"
    return Result("S-23", "false pass and fail of a pass rate", worst.rate, ALPHA, worst.rate <= ALPHA, detail)


def latency_limits(scale: float, seed: int) -> Result:
    """A percentile at its limit passes, and fails, in at most 5 % of cards, with answers that never come and without,

    and with the slowest hundredth of the times missing. Where more answers never come than the percentile leaves out,
    no card passes more often.
    """
    cells, count = [], draws(FULL_LATENCIES, scale)
    for number, (lost, quantile) in enumerate(LATENCIES):
        asked = _policy(quantile)
        # The share in time is just the percentile; where too many never come it is what is left.
        within = min(quantile, 1 - lost - 0.001)
        for n in (300, 1000):
            for hidden in (0.0, 0.01):
                dice = generator(seed, 24, number, n, round(100 * hidden))
                verdicts = [decide(_card(dice, n, lost, within, hidden), asked).verdict for _ in range(count)]
                at = f"p{100 * quantile:g}, {lost:.0%} never come, {hidden:.0%} hidden, n = {n}"
                cells.append(Cell(f"false pass, {at}", verdicts.count("pass") / count))
                if within == quantile:
                    cells.append(Cell(f"false fail, {at}", verdicts.count("fail") / count))
    worst, bar = highest(cells), widened(0.065, FULL_LATENCIES, scale)
    detail = f"at {worst.at}; mean over {len(cells)} cells {np.mean([cell.rate for cell in cells]):.4f}"
    return Result("S-24", "false pass and fail of a latency limit", worst.rate, bar, worst.rate <= bar, detail)


def _policy(quantile: float) -> Policy:
    rule = {"id": "l", "kind": "prove", "figure": "latency", "at_most_ms": LIMIT_MS, "quantile": quantile}
    return parse({"name": "limit", "rules": [rule]})


def _card(dice: np.random.Generator, n: int, lost: float, within: float, hidden: float) -> Scorecard:
    """A long-tailed student whose answers come within the limit with chance ``within``, and never with ``lost``."""
    sigma = 0.6
    times = LIMIT_MS * np.exp(sigma * (dice.normal(size=n) - _z(within / (1 - lost))))
    came = dice.random(n) >= lost
    known = np.sort(times[came])
    known = known[: len(known) - round(hidden * n)]
    timed_out = int(np.sum(~came))
    traffic = Traffic(
        rows=n,
        cost=Pairs(),
        unpriced=0,
        latency=Pairs(),
        untimed=n,
        endings=Endings.of({("", TIMED_OUT): timed_out} if timed_out else {}),
        latency_alone=Alone.counted({}, _counted(known), digits=6),
    )
    return Scorecard(
        cohorts=(Cohort("all", weight=1.0),), evaluators=(), weights_source="row_share", cells=(),
        traffic={"all": traffic}, unpaired=Unpaired(), unseen=0, facts={},
    )  # fmt: skip


def _counted(values: Floats) -> dict[float, int]:
    unique, counts = np.unique(values, return_counts=True)
    return dict(zip(unique.tolist(), counts.tolist(), strict=True))


def _z(share: float) -> float:
    return float(ndtri(share))
