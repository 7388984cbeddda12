"""What a server said becomes a completion, with flags for what is odd; each dialect's test says the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.inference import errors
from apps.inference.providers.logprobs import Unusable
from apps.inference.providers.said import Said, completion_of, counts_of
from apps.kernel.chat import ChatRequest, Completion, Message, Usage

ASK = ChatRequest("m", (Message("user", "twelve chars"),))
PLAIN = Said("hi", "stop", (7, 2), "served", lambda: None)


def unusable() -> None:
    raise Unusable


def test_what_is_plain_has_no_flags() -> None:
    assert completion_of(PLAIN, ASK, is_utf8=True) == Completion("hi", "stop", Usage(7, 2), model="served")


@pytest.mark.parametrize(
    ("said", "is_utf8", "flags"),
    [
        (replace(PLAIN, finish="content_filter"), True, (errors.REFUSED,)),
        (replace(PLAIN, is_refusal=True), True, (errors.REFUSED,)),
        (replace(PLAIN, finish="length"), True, (errors.CUT,)),
        (replace(PLAIN, finish="eos"), True, (errors.FINISH_UNKNOWN,)),
        (replace(PLAIN, counts=(7, None)), True, (errors.USAGE_INVALID,)),
        (PLAIN, False, (errors.UTF8,)),
        (replace(PLAIN, text="a\ud800"), True, (errors.UTF8,)),
        (replace(PLAIN, text="a\x00"), True, (errors.NUL,)),
        (replace(PLAIN, positions=unusable), True, (errors.LOGPROBS_INVALID,)),
        (replace(PLAIN, finish="length", text="a\x00", positions=unusable), False,
         (errors.CUT, errors.UTF8, errors.NUL, errors.LOGPROBS_INVALID)),
    ],
)  # fmt: skip
def test_what_is_odd_is_flagged(said: Said, is_utf8: bool, flags: tuple[str, ...]) -> None:
    assert completion_of(said, ASK, is_utf8=is_utf8).flags == flags


def test_without_counts_we_count() -> None:
    assert completion_of(replace(PLAIN, counts=None), ASK, is_utf8=True).usage == Usage(3, 1, estimated=True)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [(None, None), ({"in": 1, "out": 2}, (1, 2)), ({}, (None, None)), ("many", (None, None)), ([], (None, None))],
)
def test_counts_by_their_names(usage: object, counts: tuple[object, object] | None) -> None:
    assert counts_of(usage, "in", "out") == counts
