"""Cohorts by verdict, by name or by shrunken loss; all traffic always first."""

from __future__ import annotations

from dataclasses import dataclass

from apps.console.scorecard_order import drawn, in_order, known, links
from apps.kernel.display_order import Placed


@dataclass(frozen=True)
class One:
    title: str
    is_global: bool = False


RANKED = [
    ((True, 2, 0.0), One("b")),
    ((True, 1, 0.0), One("c")),
    ((False, 3, 0.0), One("All traffic", is_global=True)),
    ((True, 2, -4.0), One("a")),
]


def titles(order: str, by_loss: tuple[str, ...] = ()) -> list[str]:
    return [one.title for one in in_order(RANKED, order, by_loss)]


def test_each_order_and_all_traffic_first() -> None:
    assert titles("verdict") == ["All traffic", "c", "a", "b"]
    assert titles("name") == ["All traffic", "a", "b", "c"]
    assert titles("name", ("c", "b")) == ["All traffic", "a", "b", "c"]
    assert titles("loss", ("b", "a")) == ["All traffic", "b", "a", "c"]


def test_an_unknown_order_is_the_first() -> None:
    assert (known("name"), known("luck")) == ("name", "verdict")
    assert [key for key, _, is_on in links("loss") if is_on] == ["loss"]


def test_what_a_cohort_is_ordered_by_is_told_with_its_error() -> None:
    assert drawn(Placed("a", "json", -0.0213, 0.0108, 0.4)) == "−2.1 ± 1.1 pp (json)"
    assert drawn(None) == ""
