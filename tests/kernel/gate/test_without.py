"""A card less some pairs is a card; pairs it does not hold are noticed."""

from __future__ import annotations

from apps.kernel.gate.circumstances import Taken
from apps.kernel.gate.without import without
from tests.kernel.cards import card, table

CARD = card([*table("a", losses=2, wins=1, n=10), *table("b", n=5, missing=2)])


def test_only_the_named_pairs_are_gone() -> None:
    less = without(CARD, [Taken("a", "quality", ((0.0, 1.0, 1), (1.0, 1.0, 2)))])
    assert less is not None
    a, b, whole = (less.cell(name, "quality") for name in ("a", "b", "*"))
    assert a is not None
    assert b is not None
    assert whole is not None
    assert (a.losses, a.wins, a.n) == (2, 0, 7)
    assert (b.n, b.missing.pairs) == (5, 2)
    assert (whole.n, whole.losses, whole.wins) == (12, 2, 0)
    assert less.traffic == CARD.traffic


def test_all_of_a_cell_may_go() -> None:
    less = without(CARD, [Taken("b", "quality", ((1.0, 1.0, 5),))])
    assert less is not None
    cell = less.cell("b", "quality")
    assert cell is not None
    assert (cell.n, cell.missing.pairs) == (0, 2)


def test_pairs_or_cells_the_card_does_not_have_are_noticed() -> None:
    assert without(CARD, [Taken("a", "quality", ((0.0, 1.0, 2),))]) is None
    assert without(CARD, [Taken("c", "quality", ())]) is None
    assert without(CARD, []) == CARD
