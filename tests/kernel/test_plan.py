"""What can be paired is run, what cannot is counted, and a lacking column is named before the first call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel import plan
from apps.kernel.plan import RowsLackField

KEYS = st.sets(st.sampled_from("abcdefghij"))


def test_keys_on_both_sides_are_paired_in_order_and_the_rest_counted() -> None:
    found = plan.pair("edcba", teacher=["a", "b", "c", "x"], student=["b", "a", "d", "y", "z"])
    assert found.keys == ("a", "b")
    assert found.as_json() == {
        "teacher_only": 1, "student_only": 1, "neither": 1, "unknown_teacher_outputs": 1, "unknown_student_outputs": 2,
    }  # fmt: skip


def test_a_live_side_can_answer_everything_and_has_no_strays() -> None:
    found = plan.pair("abc", teacher=None, student=["b", "x"])
    assert found.keys == ("b",)
    assert (found.teacher_only, found.neither, found.unknown_teacher_outputs, found.unknown_student_outputs) == (
        2,
        0,
        0,
        1,
    )


def test_two_live_sides_pair_every_example() -> None:
    found = plan.pair("cab", teacher=None, student=None)
    assert found.keys == ("a", "b", "c")
    assert set(found.as_json().values()) == {0}


def test_a_side_without_any_output_pairs_nothing() -> None:
    found = plan.pair("ab", teacher=["a", "b"], student=[])
    assert (found.keys, found.teacher_only, found.neither) == ((), 2, 0)


@given(KEYS, KEYS, KEYS)
def test_every_example_is_counted_once(examples: set[str], teacher: set[str], student: set[str]) -> None:
    found = plan.pair(examples, teacher=teacher, student=student)
    assert len(found.keys) + found.teacher_only + found.student_only + found.neither == len(examples)
    assert set(found.keys) == examples & teacher & student


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
def test_batches_keep_the_order_and_lose_nothing(count: int, sizes: list[int]) -> None:
    keys = [f"k{number}" for number in range(count)]
    cut = list(plan.batches(keys, size=4))
    assert [len(batch) for batch in cut] == sizes
    assert [key for batch in cut for key in batch] == keys


def test_columns_that_are_there_pass() -> None:
    contents = {"a": {"schema": {}, "context": ""}, "b": {"schema": {"type": "object"}, "context": "c"}}
    assert plan.check_fields(contents, ["schema", "context"], evaluator="JSON") is None


def test_the_examples_without_a_needed_column_are_named() -> None:
    contents = {"c": {"input": "q"}, "a": {"input": "q", "context": None}, "b": {"input": "q", "context": "given"}}
    with pytest.raises(RowsLackField) as refused:
        plan.check_fields(contents, ["input", "context"], evaluator="Groundedness")
    assert refused.value.detail == "The evaluator 'Groundedness' needs 'context', and 2 of 3 examples lack it."
    assert refused.value.where == {"evaluator": "Groundedness", "column": "context"}
    assert [problem.where for problem in refused.value.errors] == [{"example": "a"}, {"example": "c"}]


def test_at_most_twenty_examples_are_named() -> None:
    contents: dict[str, dict[str, object]] = {f"k{number:03d}": {} for number in range(100)}
    with pytest.raises(RowsLackField, match="100 of 100") as refused:
        plan.check_fields(contents, ["context"], evaluator="G")
    assert [problem.where["example"] for problem in refused.value.errors] == [f"k{number:03d}" for number in range(20)]


def test_a_row_lost_twice_goes_alone_and_three_times_is_given_up() -> None:
    losses: dict[str, int] = {}
    for suspects in (["a", "b"], ["a"], ["a", "b"]):
        losses = plan.after_loss(losses, suspects, deaths=3)
    assert losses == {"a": plan.LOSSES_TO_END, "b": 2}
    assert plan.care(losses) == plan.Care(lost=frozenset({"a"}), alone=("b",))


def test_where_workers_die_without_a_row_its_third_loss_convicts_nothing() -> None:
    losses: dict[str, int] = {}
    for count in range(1, plan.LOSSES_TO_END):
        losses = plan.after_loss(losses, ["a"], deaths=count + 2)
        assert losses == {"a": count}
        assert plan.care(losses) == plan.Care(lost=frozenset(), alone=("a",) if count >= 2 else ())
    assert plan.care(plan.after_loss(losses, ["a"], deaths=30)).lost == {"a"}


def test_who_was_missing_at_one_death_only_is_convicted() -> None:
    assert plan.after_loss({"a": 2}, ["a"], deaths=4) == {"a": plan.LOSSES_TO_END}
    assert plan.after_loss({"a": 2}, ["a"], deaths=5) == {"a": 3}


def test_what_lies_in_the_row_is_not_worth_asking_again() -> None:
    assert plan.is_worth_retrying("rate_limited")
    assert plan.is_worth_retrying("worker_lost")
    assert not plan.is_worth_retrying("input_missing")
    assert not plan.is_worth_retrying("upstream_context_overflow")
