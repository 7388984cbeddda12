"""S-07, S-08 and S-10: whole gates, asked by apps.kernel.gate.decide."""

from __future__ import annotations

import numpy as np

from apps.kernel.gate import decide
from apps.kernel.scorecard import Scorecard
from simulations.cards import Table, card, each_cohort
from simulations.result import Cell, Result, draws, generator, highest, widened

Counts = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

RULES = (1, 5, 12, 30)
FULL_GATES, FULL_MISSING = 8_000, 20_000
MARGIN, ROWS, DISCORDANCE = 0.03, 200, 0.1


def overall_pass(scale: float, seed: int) -> Result:
    """However many rules a gate has, it passes a student that breaks one of them in at most 5.5 % of cases.

    The other cohorts are clearly better, the kindest company a broken rule can have.
    """
    cells, policy = [], each_cohort("prove", MARGIN)
    for count in RULES:
        dice = generator(seed, 7, count)
        repeats = draws(FULL_GATES, scale)
        broken = _counts(dice, repeats, 1, -MARGIN)
        fine = _counts(dice, repeats, count - 1, 0.1, discordance=0.12)
        passed = 0
        for bad, good in zip(broken, fine, strict=True):
            passed += decide(_card(np.concatenate([bad, good])), policy).verdict == "pass"
        cells.append(Cell(f"{count} rules", passed / repeats))
    worst, bar = highest(cells), widened(0.055, FULL_GATES, scale)
    return Result("S-07", "a gate passes with one rule broken", worst.rate, bar, worst.rate <= bar, _listed(cells))


def overall_fail(scale: float, seed: int) -> Result:
    """At most 6.5 % of gates fail when all rules sit exactly at their margin, at most 0.5 % of equal models."""
    at_margin = [_failed(seed, count, -MARGIN, scale) for count in RULES]
    equal = [_failed(seed, count, 0.0, scale) for count in RULES]
    worst, worst_equal = highest(at_margin), highest(equal)
    bar, second = widened(0.065, FULL_GATES, scale), widened(0.005, FULL_GATES, scale)
    holds = worst.rate <= bar and worst_equal.rate <= second
    detail = f"{_listed(at_margin)}; equal models up to {worst_equal.rate:.4f} (bar {second:.4f})"
    return Result("S-08", "a gate fails though no rule is broken", worst.rate, bar, holds, detail)


def missing_answers(scale: float, seed: int) -> Result:
    """Whatever 5 % of the answers are missing, even the very ones that were lost, no false PASS above 5 %."""
    cells, fails = [], []
    proof, guard = each_cohort("prove", MARGIN), each_cohort("guard", MARGIN)
    for n, discordance, gone in ((100, 0.03, 5), (100, 0.1, 5), (200, 0.05, 4), (200, 0.05, 10)):
        dice = generator(seed, 10, n, round(100 * discordance), gone)
        counts = _counts(dice, draws(FULL_MISSING, scale), 1, -MARGIN, discordance=discordance, rows=n)[:, 0]
        for hidden in ("lost", "won", "any"):
            tables = [_hide(dice, Table(int(b), int(c), n), hidden, gone) for b, c in counts]
            where = f"n = {n}, discordance {discordance:g}, {gone} {hidden} rows missing"
            asked = {table: card({"all": table}) for table in set(tables)}
            passing = {table: decide(one, proof).verdict == "pass" for table, one in asked.items()}
            failing = {table: decide(one, guard).verdict == "fail" for table, one in asked.items()}
            cells.append(Cell(where, sum(passing[table] for table in tables) / len(tables)))
            fails.append(Cell(where, sum(failing[table] for table in tables) / len(tables)))
    worst, worst_fail = highest(cells), highest(fails)
    bar = widened(0.05, FULL_MISSING, scale)
    holds = max(worst.rate, worst_fail.rate) <= bar
    detail = f"at {worst.at}; false FAIL {worst_fail.rate:.4f} at {worst_fail.at} (same bar)"
    return Result("S-10", "false PASS with answers missing by spite", worst.rate, bar, holds, detail)


def _failed(seed: int, count: int, delta: float, scale: float) -> Cell:
    policy, repeats = each_cohort("guard", MARGIN), draws(FULL_GATES, scale)
    counts = _counts(generator(seed, 8, count, round(-100 * delta)), repeats, count, delta)
    failed = sum(decide(_card(tables), policy).verdict == "fail" for tables in counts)
    return Cell(f"{count} rules", failed / repeats)


def _counts(
    dice: np.random.Generator,
    repeats: int,
    cohorts: int,
    delta: float,
    *,
    discordance: float = DISCORDANCE,
    rows: int = ROWS,
) -> Counts:
    """Losses and wins of each cohort in each repeat: repeats × cohorts × 2."""
    lost, won = (discordance - delta) / 2, (discordance + delta) / 2
    return dice.multinomial(rows, [lost, max(won, 0.0), 1 - discordance], size=(repeats, cohorts))[..., :2]


def _card(counts: Counts) -> Scorecard:
    return card({f"cohort-{place:02}": Table(int(b), int(c), ROWS) for place, (b, c) in enumerate(counts)})


def _hide(dice: np.random.Generator, table: Table, hidden: str, gone: int) -> Table:
    """So many rows lose their student answer: the lost ones first, the won ones first, or any."""
    if hidden == "lost":
        losses, wins = min(gone, table.losses), 0
    elif hidden == "won":
        losses, wins = 0, min(gone, table.wins)
    else:
        ties = table.n - table.losses - table.wins
        losses, wins, _ = (int(x) for x in dice.multivariate_hypergeometric([table.losses, table.wins, ties], gone))
    return Table(table.losses - losses, table.wins - wins, table.n - gone, missing=gone)


def _listed(cells: list[Cell]) -> str:
    return ", ".join(f"{cell.at} {cell.rate:.4f}" for cell in cells)
