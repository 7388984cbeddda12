"""The order of a list: the greatest loss first, small cohorts drawn towards the others, and nothing else."""

from __future__ import annotations

import pytest

from apps.kernel.display_order import places, worst_places
from apps.kernel.gate import decide, measure
from apps.kernel.report import report
from apps.kernel.scorecard import Cohort, Unpaired, assemble
from apps.kernel.statistics.shrinkage import shrink
from tests.kernel.cards import card, guard, policy, prove, table

TINY = [*table("tiny", losses=1, n=2), *table("large", losses=40, n=300), *table("fine", n=300), *table("good", n=200)]


def test_a_large_cohort_that_lost_stands_before_a_tiny_one_that_lost_one_of_two() -> None:
    evidence = card(TINY)
    tiny = evidence.cell("tiny", "quality")
    assert tiny is not None
    assert tiny.delta == -0.5
    assert list(worst_places(evidence))[:2] == ["large", "tiny"]
    assert set(worst_places(evidence)) == {"tiny", "large", "fine", "good"}


def test_the_figures_are_the_cells_own_drawn_together_by_evaluator() -> None:
    evidence = card([*TINY, *table("fine", losses=9, n=90, evaluator="json")], evaluators=("quality", "json"))
    found = places(evidence)
    names = ["fine", "good", "large", "tiny"]
    cells = [evidence.cell(name, "quality") for name in names]
    moments = [measure.moments_of(cell) for cell in cells if cell is not None]
    expected = shrink([(one.delta, one.spread) for one in moments])
    mine = {one.cohort: one for one in found if one.evaluator == "quality"}
    for name, figure in zip(names, expected.figures, strict=True):
        assert (mine[name].delta, mine[name].spread, mine[name].weight) == (figure.value, figure.spread, figure.weight)
    [json] = [one for one in found if one.evaluator == "json"]
    assert (json.cohort, json.delta) == ("fine", pytest.approx(-0.1))
    assert [one.delta for one in found] == sorted(one.delta for one in found)


def test_a_cohort_stands_where_its_worst_evaluator_puts_it() -> None:
    evidence = card([*TINY, *table("fine", losses=60, n=90, evaluator="json"), *table("good", n=90, evaluator="json")],
                    evaluators=("quality", "json"))  # fmt: skip
    found = worst_places(evidence)
    assert next(iter(found)) == "fine"
    assert (found["fine"].evaluator, found["large"].evaluator) == ("json", "quality")


def test_cohorts_without_a_figure_have_no_place() -> None:
    evidence = card([*table("b", losses=1, n=50), *table("a", n=50)], weights={"a": 0.4, "b": 0.4, "empty": 0.2})
    assert set(worst_places(evidence)) == {"a", "b"}
    empty = assemble(
        [], cohorts=[Cohort("a", False, 1.0)], evaluators=[], weights_source="row_share", unpaired=Unpaired(), facts={}
    )
    assert places(empty) == ()


def test_no_report_and_no_verdict_holds_it() -> None:
    evidence = card(TINY)
    document = report(evidence, decide(evidence, policy(prove(0.03), guard(0.03))))
    assert "order" not in str(document)
