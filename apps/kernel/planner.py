"""Before money is spent: which loss these rows could rule out, how many rows a policy needs, and what they would cost.

Formulas: statistics.md, section 4.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.kernel.policy import Policy, Rule
from apps.kernel.statistics import power

GLOBAL = "*"
POWER = 0.8


@dataclass(frozen=True, slots=True)
class CohortSize:
    """A cohort of a dataset version: its rows, at least 0."""

    name: str
    rows: int
    high_value: bool


@dataclass(frozen=True, slots=True)
class Pilot:
    """What an earlier card of the same kind saw in a cohort: rows, and rows lost and won by the student."""

    rows: int
    losses: int
    wins: int


@dataclass(frozen=True, slots=True)
class Price:
    """What one more row costs to evaluate for both models, and how long it takes; None where it cannot be told."""

    usd_per_row: float | None = None
    seconds_per_row: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cohort (``"*"``: all rows) can show under the strictest score rule that asks about it.

    ``best_case`` is the smallest limit these rows show if not one is lost; ``expected`` the smallest they show with
    80 % chance at the pilot's disagreement, None without a pilot. ``rows_needed`` is for the rule's margin; without a
    pilot it is the least possible. Fractions are of the 0–1 scale.
    """

    cohort: str
    rows: int
    high_value: bool
    rule: str | None
    kind: str | None
    margin: float | None
    best_case: float | None
    expected: float | None
    rows_needed: int | None
    rows_missing: int
    has_pilot: bool
    usd: float | None
    minutes: float | None


def plan(
    sizes: Sequence[CohortSize], policy: Policy, *, pilot: Mapping[str, Pilot] | None = None, price: Price | None = None
) -> tuple[Plan, ...]:
    """One plan for all rows and one a cohort, in the order given. ``pilot`` is by cohort name, ``"*"`` for all rows."""
    whole = CohortSize(GLOBAL, sum(size.rows for size in sizes), high_value=False)
    known, cost = pilot or {}, price or Price()
    return tuple(_planned(size, policy, known.get(size.name), cost) for size in (whole, *sizes))


def _planned(size: CohortSize, policy: Policy, pilot: Pilot | None, price: Price) -> Plan:
    rule = _strictest(size, policy)
    seen = pilot if pilot is not None and pilot.rows > 0 else None
    needed = None if rule is None else _needed(rule, policy.alpha, seen)
    missing = max(0, (needed or 0) - size.rows)
    return Plan(
        cohort=size.name,
        rows=size.rows,
        high_value=size.high_value,
        rule=rule.id if rule else None,
        kind=rule.kind if rule else None,
        margin=rule.limit if rule else None,
        best_case=power.smallest_limit_shown(size.rows, alpha=policy.alpha) if size.rows else None,
        expected=_expected(size.rows, policy.alpha, seen),
        rows_needed=needed,
        rows_missing=missing,
        has_pilot=seen is not None,
        usd=None if price.usd_per_row is None else missing * price.usd_per_row,
        minutes=None if price.seconds_per_row is None else missing * price.seconds_per_row / 60,
    )


def _strictest(size: CohortSize, policy: Policy) -> Rule | None:
    """The rule with the smallest margin among those that ask about this cohort; a proof before a guard."""
    asked = [rule for rule in policy.rules if rule.figure == "score" and rule.unit == "pp" and _asks(rule, size)]
    return min(asked, key=lambda rule: (rule.kind != "prove", rule.limit), default=None)


def _asks(rule: Rule, size: CohortSize) -> bool:
    if size.name == GLOBAL or rule.scope == "global":
        return size.name == GLOBAL and rule.scope == "global"
    return rule.scope == "each_cohort" or size.high_value == (rule.scope == "high_value")


def _needed(rule: Rule, alpha: float, pilot: Pilot | None) -> int:
    if pilot is None:
        return power.smallest_passing_rows(rule.limit, alpha=alpha)
    return power.rows_to_decide(pilot.losses, pilot.wins, pilot.rows, margin=rule.limit, alpha=alpha, power=POWER)


def _expected(rows: int, alpha: float, pilot: Pilot | None) -> float | None:
    """The margin that this many rows show with 80 % chance; never below what they show without a loss."""
    if pilot is None or not rows:
        return None
    discordance = (pilot.losses + pilot.wins + 1) / (pilot.rows + 2)
    losses = round(discordance * rows)
    seen = power.smallest_regression_seen(losses, 0, rows, alpha=alpha, power=POWER)
    return min(1.0, max(seen, power.smallest_limit_shown(rows, alpha=alpha)))


def total_missing(plans: Sequence[Plan]) -> int:
    """Rows to collect so that every proof has what it needs: cohorts first, then whatever all rows still lack."""
    proofs = [one for one in plans if one.kind == "prove"]
    by_cohort = math.fsum(one.rows_missing for one in proofs if one.cohort != GLOBAL)
    overall = max((one.rows_missing for one in proofs if one.cohort == GLOBAL), default=0)
    return max(int(by_cohort), overall)
