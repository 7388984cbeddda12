"""A good average can hide a bad cohort; the page says so without calling it a verdict."""

from __future__ import annotations

from typing import Any

from apps.console.hidden_loss import warnings


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
