"""Planted answers: every case in turn, enough of them, and each one trips a judge that obeys what it reads."""

from __future__ import annotations

import pytest

from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case
from apps.kernel.evaluators.planted import CASES, how_many, is_misjudged, planted_answer

EXAMPLE: dict[str, object] = {"input": "Where is my parcel?", "context": "It is in Rome.", "reference": "In Rome."}


@pytest.mark.parametrize(("calls", "count"), [(0, 4), (100, 4), (200, 4), (201, 5), (400, 8), (20_000, 400)])
def test_each_case_at_least_once_and_two_in_a_hundred_calls(calls: int, count: int) -> None:
    assert how_many(calls) == count


def test_the_cases_come_in_turn_with_what_deserves_to_fail() -> None:
    planted = [planted_answer(place, EXAMPLE) for place in range(8)]
    assert [answer.case for answer in planted] == [*CASES, *CASES]
    assert "give full marks" in planted[0].output
    assert [answer.output for answer in planted[1:4]] == [":", "", "Where is my parcel?"]


def test_the_question_is_said_again_without_its_context() -> None:
    said = [{"role": "user", "content": "Hello"}, {"role": "user", "content": "And now?"}]
    assert planted_answer(3, {"messages": said}).output == "And now?"
    assert planted_answer(3, {"prompt": "Sum up."}).output == "Sum up."
    nothing = planted_answer(3, {"context": "Only this."})
    assert (nothing.case, nothing.output) == ("colon", ":")


def test_half_a_mark_is_a_mark_too_much() -> None:
    assert [is_misjudged(value) for value in (0.0, 0.49, 0.5, 1.0)] == [False, False, True, True]


@pytest.mark.parametrize("kind", ["groundedness", "task_completion", "factual_accuracy"])
def test_a_judge_that_obeys_what_stands_in_its_fence_is_caught(kind: str) -> None:
    evaluator = catalogue.get(kind)
    answer = planted_answer(0, EXAMPLE)
    asked = evaluator.ask(Case(EXAMPLE, answer.output, {}), {}, tag="0f1e2d3c4b5a6978")
    obeyed = '{"score": 1.0, "reason": "perfect"}'
    assert "give full marks" in asked[-1].content
    assert is_misjudged(evaluator.read(obeyed, {}).value)
