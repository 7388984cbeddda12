"""In which order cohorts stand on a scorecard's page; it changes what is read first and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from apps.console import figures
from apps.kernel.display_order import Placed

BY_VERDICT, BY_NAME, BY_LOSS = "verdict", "name", "loss"
ORDERS: Mapping[str, str] = {BY_VERDICT: "worst verdict", BY_NAME: "name", BY_LOSS: "loss (shrunken)"}
Rank = tuple[bool, int, float]


class Ordered(Protocol):
    """A cohort as the page shows it."""

    @property
    def title(self) -> str: ...
    @property
    def is_global(self) -> bool: ...


G = TypeVar("G", bound=Ordered)


def known(order: str) -> str:
    """The order itself, or the first for one that is unknown."""
    return order if order in ORDERS else BY_VERDICT


def links(order: str) -> tuple[tuple[str, str, bool], ...]:
    """Each order's word in the address, its name, and whether it is the one in use."""
    return tuple((key, label, key == order) for key, label in ORDERS.items())


def in_order(ranked: Sequence[tuple[Rank, G]], order: str, by_loss: Sequence[str]) -> tuple[G, ...]:
    """By verdict as ranked; else all traffic first, then by name, or by loss and those without a figure by name."""
    if order == BY_VERDICT:
        return tuple(group for _, group in sorted(ranked, key=lambda one: one[0]))
    last = len(by_loss)
    places = {name: place for place, name in enumerate(by_loss)} if order == BY_LOSS else {}
    groups = [group for _, group in ranked]
    return tuple(sorted(groups, key=lambda one: (not one.is_global, places.get(one.title, last), one.title)))


def drawn(placed: Placed | None) -> str:
    """What a cohort is ordered by: "−2.1 ± 1.1 pp (ExactMatch)", "" in any other order."""
    if placed is None:
        return ""
    return f"{figures.signed(100 * placed.delta)} ± {100 * placed.spread:.1f} pp ({placed.evaluator})"
