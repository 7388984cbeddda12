"""A good average can hide a bad cohort; that is said without calling it a verdict."""

from __future__ import annotations

import math
from typing import Any

import pytest

from apps.kernel.mix import LiveWeightsRefused, decompose, warnings


def report(*cells: tuple[str, int, float | None], weights: dict[str, float]) -> dict[str, Any]:
    return {
        "cells": [{"cohort": name, "evaluator": "E", "n": n, "delta_pp": delta} for name, n, delta in cells],
        "cohorts": [{"cohort": "*", "weight": 1.0}, *({"cohort": n, "weight": w} for n, w in weights.items())],
    }


def test_a_loss_inside_a_good_average_is_named_with_its_share() -> None:
    found = warnings(report(("a", 95, 0.0), ("b", 5, -20.0), weights={"a": 0.95, "b": 0.05}))
    assert found == ["E: −1.0 pp on all traffic hides −20.0 pp in b (5.0 % of traffic)."]


def test_rows_drawn_unlike_traffic_are_told_with_what_the_mix_makes() -> None:
    found = warnings(report(("a", 50, 0.0), ("b", 50, -2.0), weights={"a": 0.95, "b": 0.05}))
    assert found == [
        "E: by share of rows the difference would read −1.0 pp, by traffic it is −0.1 pp; "
        "the mix of cohorts makes +0.9 pp of that."
    ]


def test_a_bad_average_hides_nothing() -> None:
    assert warnings(report(("a", 50, -10.0), ("b", 50, -10.0), weights={"a": 0.5, "b": 0.5})) == []


def test_one_cohort_or_none_with_figures_is_no_mix() -> None:
    assert warnings(report(("a", 50, -9.0), ("b", 0, None), weights={"a": 0.5, "b": 0.5})) == []
    assert warnings(report(("a", 5, 0.0), ("b", 5, -9.0), weights={"a": 0.0, "b": 0.0})) == []


def test_given_live_weights_are_set_against_the_weights_of_the_card() -> None:
    [found] = decompose(
        report(("a", 95, 0.0), ("b", 5, -20.0), weights={"a": 0.95, "b": 0.05}), live={"a": 0.6, "b": 0.4}
    )
    assert found.check.golden_delta == pytest.approx(-0.01)
    assert found.check.live_delta == pytest.approx(-0.08)
    assert (found.check.split.mix, found.check.split.rate) == (pytest.approx(-0.07), 0.0)
    assert found.check.lost_in_the_mix
    assert found.sentences == (
        "E: −1.0 pp by the weights of the card, −8.0 pp by live traffic; the mix of cohorts makes −7.0 pp of that.",
    )


def test_live_traffic_without_figures_is_said_and_not_guessed() -> None:
    shown = report(("a", 50, 0.0), ("b", 50, -2.0), ("c", 0, None), weights={"a": 0.5, "b": 0.5, "c": 0.0})
    [found] = decompose(shown, live={"a": 0.3, "b": 0.3, "c": 0.4})
    assert found.left_out == pytest.approx(0.4)
    assert found.check.live_delta == pytest.approx(-0.01)


@pytest.mark.parametrize(
    ("live", "code"),
    [
        ({"a": 0.5, "z": 0.5}, "cohort_unknown"),
        ({"a": 0.5, "b": 0.4}, "weights_sum"),
        ({"a": 1.5, "b": -0.5}, "weights_sum"),
        ({"a": math.nan, "b": 1.0}, "weights_sum"),
        ({}, "weights_sum"),
    ],
)
def test_live_weights_that_do_not_fit_are_refused(live: dict[str, float], code: str) -> None:
    with pytest.raises(LiveWeightsRefused) as refused:
        decompose(report(("a", 5, 0.0), ("b", 5, -2.0), weights={"a": 0.5, "b": 0.5}), live=live)
    assert refused.value.code == code
