from __future__ import annotations

import pytest

from apps.console import rule_words
from apps.kernel.policy import SHAPES, parse


@pytest.mark.parametrize("figure", SHAPES)
def test_every_figure_and_each_of_its_fields_has_words(figure: str) -> None:
    assert set(rule_words.FIGURES[figure].fields) == SHAPES[figure].names
    assert [one.figure for one in rule_words.offered()].count(figure) == 1


@pytest.mark.parametrize(
    ("rule", "looks_at", "limit"),
    [
        ({"figure": "latency", "at_most_ms": 2000, "quantile": 0.95}, "the student's p95 latency", "≤ 2,000 ms"),
        (
            {"figure": "latency", "at_most_ms": 800, "until": "first_token"},
            "the student's p99 time to the first token",
            "≤ 800 ms",
        ),
        (
            {"figure": "pass_rate", "evaluators": ["json"], "at_least": 0.985},
            "rows the student passes on json evaluators",
            "≥ 98.5 %",
        ),
        ({"figure": "missing", "at_most": 0.05}, "missing answers of all evaluators", "≤ 5.0 %"),
        (
            {"figure": "missing", "at_most": 0.02, "fail_above": 0.05},
            "missing answers of all evaluators",
            "≤ 2.0 %, fails above 5.0 %",
        ),
    ],
)
def test_a_rule_in_words(rule: dict[str, object], looks_at: str, limit: str) -> None:
    said = rule_words.of(parse({"name": "p", "rules": [{"id": "r", "kind": "guard", **rule}]}).rules[0])
    assert (said.looks_at, said.limit, said.scope) == (looks_at, limit, "all traffic")


def test_a_guard_only_figure_is_offered_as_such() -> None:
    kinds = {one.figure: one.kinds for one in rule_words.offered()}
    assert (kinds["missing"], kinds["latency"]) == ("guard", "prove or guard")
