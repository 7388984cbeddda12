"""Two stored answers are comparable as long as they say the same, and at the first token that differs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from apps.kernel.scorecard.tokens import Divergence, divergence_of
from apps.kernel.statistics.divergence import RowDivergence, RowMissing
from apps.kernel.statistics.top_k import TopK, bounds

SAME = ("gemma-3", "gemma-3")


def position(token: str, **shares: float) -> list[Any]:
    return [token, math.log(shares[token]), [[name, math.log(share)] for name, share in shares.items()]]


def test_positions_count_up_to_and_with_the_first_token_that_differs() -> None:
    teacher = [position("a", a=0.9, b=0.1), position("b", a=0.4, b=0.6), position("c", c=1.0)]
    student = [position("a", a=0.8, b=0.2), position("a", a=0.7, b=0.3), position("c", c=0.5, d=0.5)]
    found = divergence_of(teacher, student, tokenizers=SAME)
    assert isinstance(found, RowDivergence)
    assert found.positions == 2
    each = [
        bounds(TopK(["a", "b"], [math.log(p), math.log(1 - p)]), TopK(["a", "b"], [math.log(q), math.log(1 - q)]))
        for p, q in ((0.9, 0.8), (0.4, 0.7))
    ]
    assert found.kl_low_nats == pytest.approx(sum(one.kl_low_nats for one in each) / 2)


def test_an_answer_that_ends_earlier_ends_the_comparison() -> None:
    teacher = [position("a", a=0.9, b=0.1)]
    found = divergence_of(teacher, [*teacher, position("b", b=1.0)], tokenizers=SAME)
    assert found == RowDivergence(0.0, 0.0, pytest.approx(0.0, abs=1e-12), pytest.approx(1.0), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("tokenizers", [("gemma-3", "llama-3"), ("", ""), ("gemma-3", "")])
def test_unlike_or_unknown_tokenizers_are_not_compared(tokenizers: tuple[str, str]) -> None:
    lists = [position("a", a=0.9, b=0.1)]
    assert divergence_of(lists, lists, tokenizers=tokenizers) == RowMissing("not_comparable")


@pytest.mark.parametrize("nothing", [None, []])
def test_what_was_not_stored_is_absent_or_missing_on_one_side(nothing: Any) -> None:
    lists = [position("a", a=0.9, b=0.1)]
    assert divergence_of(nothing, nothing, tokenizers=SAME) is None
    assert divergence_of(lists, nothing, tokenizers=SAME) == RowMissing("no_logprobs")
    assert divergence_of(nothing, lists, tokenizers=SAME) == RowMissing("no_logprobs")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ([["a", -0.1]], "logprobs_unreadable"),
        ([["a", -0.1, [["a"]]]], "logprobs_unreadable"),
        ([["a", -0.1, [["a", "no number"]]]], "logprobs_unreadable"),
        ([["a", -0.1, []]], "list_empty"),
        ([["a", 0.5, [["a", 0.5]]]], "logprob_positive"),
        ([["a", -0.1, [["a", -0.1], ["a", -3.0]]]], "duplicate_token"),
        ([["a", -0.1, [["a", -0.1], ["b", -0.2]]]], "mass_above_1"),
        ([["a", -0.1, [["a", float("-inf")]]]], "not_finite"),
    ],
)
def test_a_list_that_cannot_be_read_is_missing_with_its_fault(broken: Any, reason: str) -> None:
    found = divergence_of(broken, broken, tokenizers=SAME)
    assert isinstance(found, RowMissing)
    assert found.reason == reason


def test_rows_of_a_cohort_in_any_order_are_one_value_that_reads_back() -> None:
    rows = [RowDivergence(0.1, 0.1, 0.2, 0.97, 4), RowMissing("no_logprobs"), RowDivergence(0.05, 0.1, 0.2, 0.9, 2)]
    found = Divergence.of(rows)
    assert found == Divergence.of(rows[::-1])
    assert found == Divergence.merged([Divergence.of(rows[:1]), Divergence.of(rows[1:])])
    assert found == Divergence.from_document(found.document())
    assert found.lines == ((2, 0.05, 0.1, 0.2, 0.9), (4, 0.1, 0.1, 0.2, 0.97))
    assert found.missing == (("no_logprobs", 1),)
    assert found.rows()[1] == rows[0]
