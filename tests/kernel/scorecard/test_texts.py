"""Rows of whole answers on a card: sums in bits, reasons for what is missing, one spelling."""

from __future__ import annotations

import math

import pytest

from apps.kernel.chat import Usage
from apps.kernel.likelihood import Likelihood
from apps.kernel.scorecard.texts import TextRow, Texts, row_of, teacher_likelihood
from apps.kernel.statistics.divergence import RowMissing

TWO = math.log(2)
SAID = [["yes", -1.0, []], [" sir", -0.5, []]]


def test_rows_are_kept_in_bits_and_in_one_order() -> None:
    rows = [TextRow(-3 * TWO, -4 * TWO, 7), RowMissing("text_cut"), TextRow(-5 * TWO, -5 * TWO, 9, "c1")]
    found = Texts.of(rows, sampling="greedy")
    assert found == Texts.of(rows[::-1], sampling="greedy")
    assert found.lines == ((-5.0, -5.0, 9, "c1"), (-3.0, -4.0, 7, ""))
    assert found.document() == {
        "rows": [[-5.0, -5.0, 9, "c1"], [-3.0, -4.0, 7]], "missing": {"text_cut": 1}, "sampling": "greedy",
    }  # fmt: skip
    assert Texts.from_document(found.document()) == found


def test_parts_are_merged_by_row() -> None:
    one = Texts(((-3.0, -4.0, 7, ""),), (("no_text", 1),), "temperature_1")
    other = Texts(((-5.0, -5.0, 9, ""),), (("no_text", 2), ("text_cut", 1)), "temperature_1")
    assert Texts.merged([one, other]) == Texts(
        ((-5.0, -5.0, 9, ""), (-3.0, -4.0, 7, "")), (("no_text", 3), ("text_cut", 1)), "temperature_1"
    )


@pytest.mark.parametrize(
    ("tokens", "text", "finish", "found"),
    [
        (SAID, "yes sir", "stop", Likelihood(-1.5, 2)),
        (SAID, None, "", Likelihood(reason="no_text")),
        (SAID, "", "stop", Likelihood(reason="no_bytes")),
        (SAID, "yes sir", "length", Likelihood(reason="text_cut")),
        (None, "yes sir", "stop", Likelihood(reason="no_logprobs")),
        ([], "yes sir", "stop", Likelihood(reason="no_logprobs")),
        (SAID, "yes madam", "stop", Likelihood(reason="teacher_tokens_differ")),
        ([["yes sir", -9999.0, []]], "yes sir", "stop", Likelihood(reason="logprobs_invalid")),
    ],
)
def test_what_the_teachers_own_tokens_tell(
    tokens: list[list[object]] | None, text: str | None, finish: str, found: Likelihood
) -> None:
    assert teacher_likelihood(tokens, text, finish=finish, usage=Usage(3, 2)) == found


def test_a_row_needs_both_sides_and_counts_bytes() -> None:
    teacher, student = Likelihood(-1.5, 2), Likelihood(-2.5, 3)
    assert row_of(teacher, student, text="né", cluster="c1") == TextRow(-1.5, -2.5, 3, "c1")
    missing = Likelihood(reason="boundary_not_found")
    assert row_of(teacher, missing, text="né") == RowMissing("boundary_not_found")
    assert row_of(Likelihood(reason="text_cut"), missing, text="né") == RowMissing("text_cut")
