from __future__ import annotations

import math

import pytest

from apps.kernel.policy.figures import Refusal
from apps.kernel.policy.problems import Problems


def codes(problems: Problems) -> list[tuple[str, object]]:
    return [(problem.code, problem.where["pointer"]) for problem in problems.found]


def test_what_can_be_read_is_read_and_adds_nothing() -> None:
    problems = Problems()
    assert problems.text("a", "/a") == "a"
    assert problems.number(3, "/b") == 3.0
    assert problems.choice("x", ("x", "y"), "/c") == "x"
    assert problems.evaluators(["b", "a", "b"], "/d") == ("b", "a")
    assert problems.evaluators("all", "/d") == "all"
    problems.unknown({"a": 1}, {"a"}, "")
    problems.refuse(None, "/e")
    assert problems.found == []


@pytest.mark.parametrize("value", [True, "3", None, math.nan, math.inf, 1e9, 10**400])
def test_what_is_no_number(value: object) -> None:
    problems = Problems()
    assert problems.number(value, "/n") is None
    assert codes(problems) == [("not_a_number", "/n")]


def test_every_problem_has_its_place() -> None:
    problems = Problems()
    assert problems.text(" ", "/a") == ""
    assert problems.choice(["x"], ("x", "y"), "/b") == "x"
    assert problems.evaluators([], "/c") == "primary"
    problems.unknown({"a/b": 1}, {"a"}, "/rules/0")
    problems.refuse(Refusal("margin_not_positive", "Above 0."), "/d")
    assert codes(problems) == [
        ("text_missing", "/a"),
        ("not_a_choice", "/b"),
        ("not_a_choice", "/c"),
        ("unknown_field", "/rules/0/a~1b"),
        ("margin_not_positive", "/d"),
    ]
