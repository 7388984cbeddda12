"""Log probabilities are whole and possible, or they are left out."""

from __future__ import annotations

import math

import pytest

from apps.inference.providers.logprobs import Unusable, from_columns, from_items


def item(logprob: object = -0.5, *top: tuple[str, object]) -> dict[str, object]:
    return {
        "token": "a",
        "logprob": logprob,
        "top_logprobs": [{"token": name, "logprob": value} for name, value in top],
    }


HALVES = (("a", math.log(0.5)), ("b", math.log(0.5)))


@pytest.mark.parametrize(
    ("items", "top", "positions"),
    [
        (None, None, None),
        ([], 5, []),
        ([item()], None, [["a", -0.5, []]]),
        ([item(0), item(-9999.0)], None, [["a", 0.0, []], ["a", -9999.0, []]]),
        ([item(-0.5, ("a", -0.5), ("b", -1.5))], 2, [["a", -0.5, [["a", -0.5], ["b", -1.5]]]]),
        ([item(-0.5, ("a", -0.5), ("b", -1.5))], 1, [["a", -0.5, [["a", -0.5], ["b", -1.5]]]]),
        ([{"token": "a\x00", "logprob": -1}], None, [["a\u2400", -1.0, []]]),
    ],
)
def test_what_can_be_true_is_kept(items: object, top: object, positions: object) -> None:
    assert from_items(items, top=top) == positions


@pytest.mark.parametrize(
    ("items", "top"),
    [
        ({}, None),
        ("x", None),
        ([5], None),
        ([item(math.nan)], None),
        ([item(-math.inf)], None),
        ([item(0.1)], None),
        ([item("-1")], None),
        ([item(True)], None),
        ([item(10**400)], None),
        ([item(-(10**400))], None),
        ([item(-0.5, *HALVES)], 3),
        ([item(-0.5, ("a", -1.0), ("a", -2.0))], 2),
        ([item(-0.5, *HALVES, ("c", math.log(0.01)))], 2),
        ([item(-0.5, ("a", math.nan))], 1),
        ([{**item(), "top_logprobs": {"a": -1}}], None),
    ],
    ids=[
        "object", "text", "number", "nan", "infinite", "above-0", "string", "bool", "huge", "hugely-negative", "fewer",
        "twice", "above-1", "nan-inside", "others-no-list",
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_left_out(items: object, top: object) -> None:
    with pytest.raises(Unusable):
        from_items(items, top=top)


def test_two_tokens_that_read_the_same_go_by_their_bytes() -> None:
    halves = [{"token": "\ufffd", "bytes": [code], "logprob": -1.0} for code in (0xC3, 0xE2)]
    found = from_items([{"token": "a", "logprob": -0.5, "top_logprobs": halves}], top=2)
    assert found == [["a", -0.5, [["bytes:\\xc3", -1.0], ["bytes:\\xe2", -1.0]]]]


def test_the_older_form_stands_in_columns() -> None:
    given = {"tokens": ["a", "b"], "token_logprobs": [-0.5, -1], "top_logprobs": [{"a": -0.5, "c": -2}, {"b": -1}]}
    expected = [["a", -0.5, [["a", -0.5], ["c", -2.0]]], ["b", -1.0, [["b", -1.0]]]]
    assert from_columns(given, top=2) == expected
    assert from_columns({**given, "top_logprobs": None}, top=None) == [["a", -0.5, []], ["b", -1.0, []]]
    assert from_columns(None, top=2) is None
    assert from_columns({}, top=2) is None


@pytest.mark.parametrize(
    "given",
    [
        [],
        {"tokens": ["a"], "token_logprobs": []},
        {"tokens": ["a"], "token_logprobs": [None]},
        {"tokens": ["a"], "token_logprobs": [0.5]},
        {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{}]},
        {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{"a": 0, "b": -1}]},
        {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [None]},
        {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{"a": -1}, {"a": -1}]},
    ],
)
def test_columns_that_cannot_be_true_are_left_out(given: object) -> None:
    with pytest.raises(Unusable):
        from_columns(given, top=2)
