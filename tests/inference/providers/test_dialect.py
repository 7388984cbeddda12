"""What all dialects hold to: nothing is sent that nobody set, and an error's words tell its fault."""

from __future__ import annotations

import json

import pytest

from apps.inference import errors
from apps.inference.providers.catalogue import DIALECTS
from apps.inference.providers.dialect import MOST_ALTERNATIVES, MOST_CHARACTERS, Broken, Dialect, fault_told
from apps.kernel.chat import ChatRequest, Message

every = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
ASKED = {"model", "messages", "prompt", "input"}


@every
def test_a_body_holds_the_question_and_exactly_what_was_set(dialect: Dialect) -> None:
    messages = (Message("user", "ü"),)
    assert set(json.loads(dialect.body_of(ChatRequest("m", messages)))) <= ASKED
    set_: dict[str, object] = {"max_tokens": 5, "seed": 7, "stop": ["\n"], "an_extra_of_tomorrow": {"a": None}}
    body = json.loads(dialect.body_of(ChatRequest("m", messages, set_)))
    assert {name: body[name] for name in body if name not in ASKED} == set_
    assert body["model"] == "m"


@every
def test_what_cannot_be_utf8_is_escaped_and_a_large_number_is_kept(dialect: Dialect) -> None:
    body = dialect.body_of(ChatRequest("m", (Message("user", "a\ud800b"),), {"seed": 2**70}))
    assert b"a\\ud800b" in body
    assert json.loads(body)["seed"] == 2**70


@every
def test_a_key_stands_in_a_header_and_nowhere_else(dialect: Dialect) -> None:
    assert [value for value in dialect.headers("sk-1").values() if "sk-1" in value] != []
    assert "sk-1" not in "".join(dialect.headers(None).values())
    assert b"sk-1" not in dialect.body_of(ChatRequest("m", (Message("user", "hi"),)))


@every
def test_a_gathering_that_heard_nothing_is_no_answer(dialect: Dialect) -> None:
    gathering = dialect.gathering()
    assert (gathering.whole(), gathering.has_begun, gathering.is_done) == (None, False, False)


@every
def test_what_a_stream_makes_us_keep_is_bounded(dialect: Dialect) -> None:
    gathering = dialect.gathering()
    gathering.count(MOST_CHARACTERS)
    assert gathering.has_begun
    for keep in (lambda: gathering.count(1), lambda: gathering.count_items([{}] * (MOST_ALTERNATIVES + 1))):
        with pytest.raises(Broken) as broken:
            keep()
        assert broken.value.code == errors.TOO_LARGE


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ({"type": "rate_limit_error"}, errors.RATE_LIMITED),
        ({"code": 429}, errors.RATE_LIMITED),
        ({"code": "context_length_exceeded"}, errors.CONTEXT_OVERFLOW),
        ({"type": "invalid_request_error"}, errors.BAD_REQUEST),
        ({"type": "overloaded_error"}, errors.FAILED),
        ("busy", errors.FAILED),
        (None, errors.FAILED),
    ],
)
def test_an_error_in_an_answer_tells_its_fault(error: object, fault: str) -> None:
    assert fault_told(error) == fault
