"""Log probabilities are whole and possible, or they are left out."""

from __future__ import annotations

import math

import pytest

from apps.inference.providers.logprobs import are_usable


def item(logprob: object = -0.5, *top: tuple[str, object]) -> dict[str, object]:
    return {
        "token": "a",
        "logprob": logprob,
        "top_logprobs": [{"token": name, "logprob": value} for name, value in top],
    }


HALVES = (("a", math.log(0.5)), ("b", math.log(0.5)))


@pytest.mark.parametrize(
    ("logprobs", "top"),
    [
        (None, None),
        ({"content": None}, None),
        ({"content": []}, 5),
        ({"content": [item()]}, None),
        ({"content": [item(0), item(-9999.0)]}, None),
        ({"content": [item(-0.5, *HALVES)]}, 2),
        ({"content": [item(-0.5, *HALVES)]}, 1),
    ],
)
def test_what_can_be_true_is_kept(logprobs: object, top: object) -> None:
    assert are_usable(logprobs, top=top)


@pytest.mark.parametrize(
    ("logprobs", "top"),
    [
        ([], None),
        ({"content": "x"}, None),
        ({"content": [5]}, None),
        ({"content": [item(math.nan)]}, None),
        ({"content": [item(-math.inf)]}, None),
        ({"content": [item(0.1)]}, None),
        ({"content": [item("-1")]}, None),
        ({"content": [item(True)]}, None),
        ({"content": [item(10**400)]}, None),
        ({"content": [item(-(10**400))]}, None),
        ({"content": [item(-0.5, *HALVES)]}, 3),
        ({"content": [item(-0.5, ("a", -1.0), ("a", -2.0))]}, 2),
        ({"content": [item(-0.5, *HALVES, ("c", math.log(0.01)))]}, 2),
        ({"content": [item(-0.5, ("a", math.nan))]}, 1),
    ],
    ids=[
        "list", "text", "number", "nan", "infinite", "above-0", "string", "bool", "huge", "hugely-negative", "fewer",
        "twice", "above-1", "nan-inside",
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_left_out(logprobs: object, top: object) -> None:
    assert not are_usable(logprobs, top=top)


def test_two_tokens_that_read_the_same_differ_by_their_bytes() -> None:
    halves = [{"token": "\ufffd", "bytes": [code], "logprob": -1.0} for code in (0xC3, 0xE2)]
    assert are_usable({"content": [{"token": "a", "logprob": -0.5, "top_logprobs": halves}]}, top=2)
