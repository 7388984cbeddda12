from __future__ import annotations

import pytest

from apps.kernel.gate import measure
from apps.kernel.policy import Rule
from apps.kernel.scorecard import GLOBAL, Cell, Row
from tests.kernel.cards import card, scored, table

RULE = Rule("r", "prove", "score", "global", 0.03)


def cell(rows: list[Row], **more: object) -> Cell:
    found = card(rows, **more).cell(GLOBAL, "quality")  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_binary_cell_has_the_counted_interval() -> None:
    interval = measure.interval_of(cell(table("a", losses=6, wins=2, n=200)), level=0.9)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((-0.04805, 0.00429), abs=6e-6)


def test_a_graded_cell_has_the_phantom_interval() -> None:
    differences = [0.1, -0.2, 0.0, 0.0, 0.05, -0.05, 0.0, 0.0, -1.0, 0.0]
    # A teacher at .5 with a student at .5 + d would leave the scale for d = −1: give that row a teacher of 1.
    pairs = [(1.0, 0.0) if d == -1.0 else (0.5, 0.5 + d) for d in differences]
    interval = measure.interval_of(cell(scored("a", pairs)), level=0.9)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((-0.348893, 0.165559), abs=1e-6)


def test_all_ties_are_not_certainty() -> None:
    binary = measure.interval_of(cell(table("a", n=25)), level=0.9)
    graded = measure.interval_of(cell(scored("a", [(0.5, 0.5)] * 25)), level=0.9)
    assert binary is not None
    assert graded is not None
    assert (binary.low, binary.high) == pytest.approx((0.05 ** (1 / 25) - 1, 1 - 0.05 ** (1 / 25)), abs=2e-5)
    assert (graded.low, graded.high) == pytest.approx((-0.089337, 0.089337), abs=1e-6)


def test_weighted_binary_cells_are_measured_as_graded() -> None:
    rows = [*table("a", losses=2, n=100), *table("b", n=100)]
    assert measure.exact(cell(rows)) is True
    assert measure.exact(cell(rows, weights={"a": 0.5, "b": 0.5})) is False


def test_nothing_complete_has_no_interval() -> None:
    assert measure.interval_of(cell(table("a", n=0, missing=4)), level=0.9) is None


def test_binary_p_values_are_exact() -> None:
    # Without a loss or a win the proof is the chance of n rows without a loss: 0.97 to the 25th.
    found = measure.p_values(cell(table("a", n=25)), RULE)
    assert found == pytest.approx((0.97**25, 1.0), abs=1e-9)


def test_missing_pairs_are_counted_as_losses_or_wins() -> None:
    with_gaps = cell(table("a", losses=6, wins=4, n=188, missing=12))
    as_losses = cell(table("a", losses=18, wins=4, n=200))
    as_wins = cell(table("a", losses=6, wins=16, n=200))
    assert measure.p_values(with_gaps, RULE, pretend="losses") == measure.p_values(as_losses, RULE)
    assert measure.p_values(with_gaps, RULE, pretend="wins") == measure.p_values(as_wins, RULE)


def test_missing_graded_pairs_are_counted_in_their_own_cohort() -> None:
    rows = [*scored("a", [(0.5, 0.4)] * 20), *scored("b", [(0.5, 0.6)] * 20)]
    weights = {"a": 0.9, "b": 0.1}
    in_a = cell([*rows, *table("a", n=0, missing=4)], weights=weights)
    in_b = cell([*rows, *table("b", n=0, missing=4)], weights=weights)
    worse, mild = (measure.p_values(found, RULE, pretend="losses")[0] for found in (in_a, in_b))
    assert worse > mild > measure.p_values(in_a, RULE)[0]


def test_an_example_of_unknown_cohort_is_counted_where_it_weighs_most() -> None:
    rows = [*scored("a", [(0.5, 0.4)] * 20), *scored("b", [(0.5, 0.6)] * 20)]
    weights = {"a": 0.9, "b": 0.1}
    unknown = measure.p_values(cell(rows, weights=weights), RULE, pretend="losses", unseen=4)
    in_a = cell([*rows, *table("a", n=0, missing=4)], weights=weights)
    assert unknown == measure.p_values(in_a, RULE, pretend="losses")


def test_rows_to_decide_grow_with_the_square_of_the_margin() -> None:
    found = cell(table("a", losses=20, wins=20, n=400))
    wide, narrow = (measure.rows_to_decide(found, margin=margin, alpha=0.05) for margin in (0.02, 0.01))
    assert wide is not None
    assert narrow is not None
    assert 3.5 < narrow / wide < 4.5


def test_graded_rows_to_decide_scale_with_the_design() -> None:
    graded = [(0.5, 0.5 + 0.1 * (-1) ** i) for i in range(60)]
    plain = measure.rows_to_decide(cell(scored("a", graded)), margin=0.01, alpha=0.05)
    rows = [*scored("a", graded[:6]), *scored("b", graded[6:])]
    lopsided = measure.rows_to_decide(cell(rows, weights={"a": 0.9, "b": 0.1}), margin=0.01, alpha=0.05)
    assert plain is not None
    assert lopsided is not None
    assert lopsided > 4 * plain


def test_the_noticeable_loss_lies_beyond_the_margin_and_shrinks_with_rows() -> None:
    small, large = (
        measure.noticeable_loss(cell(table("a", losses=n // 50, wins=n // 50, n=n)), margin=0.03, alpha=0.05)
        for n in (100, 1000)
    )
    assert 1.0 >= small > large > 0.03


def test_a_noticeable_loss_cannot_exceed_the_scale() -> None:
    assert measure.noticeable_loss(cell(table("a", losses=1, n=1)), margin=0.03, alpha=0.05) == 1.0


def test_without_a_complete_pair_the_rule_of_three_is_all_there_is_to_say() -> None:
    assert measure.rows_to_decide(cell(table("a", n=0, missing=3)), margin=0.01, alpha=0.05) == 299
