"""The system prompt apart, a length that has to be set, blocks of content, counts with those of the cache."""

from __future__ import annotations

import pytest

from apps.inference import errors
from apps.inference.client import Answer
from apps.kernel.chat import Completion, Message, Usage
from tests.inference.hostile import http
from tests.inference.providers.spoken import KEY, ask, events

SET: dict[str, object] = {"max_tokens": 20, "temperature": 0, "top_k": 5}
USAGE = {
    "input_tokens": 3, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 4,
}  # fmt: skip


def whole(**changes: object) -> dict[str, object]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "served",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi."}],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE, **changes,
    }  # fmt: skip


EXPECTED = Completion("Hi.", "stop", Usage(113, 4), model="served")


def test_a_body_holds_the_system_prompt_apart_and_what_was_set() -> None:
    answer, (asked,) = ask("anthropic_messages", http(whole()), parameters=SET)
    assert asked.line == "POST /v1/messages HTTP/1.1"
    assert (asked.headers["x-api-key"], asked.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in asked.headers
    messages = [{"role": "user", "content": "Hi?"}]
    assert asked.body == {"model": "a-model", "system": "Be short.", "messages": messages, **SET}
    assert answer.completion == EXPECTED


def test_without_a_system_prompt_none_is_sent() -> None:
    _, (asked,) = ask("anthropic_messages", http(whole()), parameters=SET, messages=(Message("user", "Hi?"),))
    assert "system" not in asked.body


def test_a_length_that_is_not_set_is_never_added() -> None:
    answer, asked = ask("anthropic_messages", http(whole()), parameters={"temperature": 0})
    assert (answer, asked) == (Answer(None, errors.PARAMETER_MISSING, None, 0), [])


@pytest.mark.parametrize(
    ("reason", "finish", "flags"),
    [
        ("stop_sequence", "stop", ()),
        ("max_tokens", "length", (errors.CUT,)),
        ("model_context_window_exceeded", "length", (errors.CUT,)),
        ("tool_use", "tool_calls", ()),
        ("refusal", "content_filter", (errors.REFUSED,)),
        ("pause_turn", "pause_turn", (errors.FINISH_UNKNOWN,)),
        (None, None, ()),
    ],
)
def test_reasons_to_stop_are_kept_in_one_language(reason: object, finish: str | None, flags: tuple[str, ...]) -> None:
    answer, _ = ask("anthropic_messages", http(whole(stop_reason=reason)), parameters=SET)
    assert answer.completion is not None
    assert (answer.completion.finish_reason, answer.completion.flags) == (finish, flags)


def test_a_call_of_a_tool_is_an_answer() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
    answer, _ = ask("anthropic_messages", http(whole(content=[call], stop_reason="tool_use")), parameters=SET)
    assert answer.completion is not None
    assert (answer.completion.text, answer.completion.tool_calls) == ("", [call])


@pytest.mark.parametrize(
    ("usage", "counted", "flags"),
    [
        ({"input_tokens": 3, "output_tokens": 4}, Usage(3, 4), ()),
        (None, Usage(3, 1, estimated=True), ()),
        ({"input_tokens": -3, "output_tokens": 4}, Usage(3, 1, estimated=True), (errors.USAGE_INVALID,)),
        ({"input_tokens": "3", "output_tokens": 4}, Usage(3, 1, estimated=True), (errors.USAGE_INVALID,)),
        ([], Usage(3, 1, estimated=True), (errors.USAGE_INVALID,)),
    ],
)
def test_counts_that_cannot_be_true_are_ours(usage: object, counted: Usage, flags: tuple[str, ...]) -> None:
    answer, _ = ask("anthropic_messages", http(whole(usage=usage)), parameters=SET)
    assert answer.completion is not None
    assert (answer.completion.usage, answer.completion.flags) == (counted, flags)


def stream(*middle: object) -> list[object]:
    begun = whole(content=[], stop_reason=None, usage={**USAGE, "output_tokens": 1})
    return [{"type": "message_start", "message": begun}, {"type": "ping"}, *middle]


TEXT: list[object] = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "H"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "i."}},
    {"type": "content_block_stop", "index": 0},
]
END: list[object] = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]


def test_a_stream_is_put_together() -> None:
    answer, _ = ask("anthropic_messages", events(*stream(*TEXT, *END), names=True), parameters={**SET, "stream": True})
    assert answer.completion == EXPECTED
    assert answer.first_token_ms is not None


def test_a_streamed_call_of_a_tool_keeps_its_input_as_it_came() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ('{"a"', ": 1}")]
    told = stream(
        {"type": "content_block_start", "index": 0, "content_block": call},
        *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces),
        *END,
    )
    answer, _ = ask("anthropic_messages", events(*told, names=True), parameters={**SET, "stream": True})
    assert answer.completion is not None
    assert answer.completion.tool_calls == [{**call, "input_json": '{"a": 1}'}]


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (stream(*TEXT), errors.TRUNCATED),
        (stream({"type": "error", "error": {"type": "overloaded_error"}}), errors.FAILED),
        (stream({"type": "error", "error": {"type": "rate_limit_error"}}), errors.RATE_LIMITED),
        (stream({"type": "content_block_delta", "index": -1, "delta": {}}), errors.SHAPE),
        (stream({"type": "content_block_start", "index": 0}), errors.SHAPE),
        ([{"text": "hi"}], errors.SHAPE),
    ],
)
def test_a_stream_that_fails_is_a_fault(told: list[object], fault: str) -> None:
    answer, _ = ask("anthropic_messages", events(*told, names=True), parameters={**SET, "stream": True})
    assert (answer.completion, answer.fault) == (None, fault)


@pytest.mark.parametrize(
    ("status", "content", "fault"),
    [
        ("529 Overloaded", {"type": "error", "error": {"type": "overloaded_error"}}, errors.FAILED),
        ("400 Bad", {"type": "error", "error": {"message": "prompt is too long: 9 > 8"}}, errors.CONTEXT_OVERFLOW),
        ("400 Bad", {"type": "error", "error": {"message": "temperature: range"}}, errors.BAD_REQUEST),
        ("413 Large", {"type": "error", "error": {"type": "request_too_large"}}, errors.BAD_REQUEST),
        ("200 OK", {"type": "error", "error": {"type": "api_error"}}, errors.FAILED),
        ("200 OK", {"type": "message", "content": "hi"}, errors.SHAPE),
    ],
)
def test_refusals_in_its_words(status: str, content: object, fault: str) -> None:
    answer, _ = ask("anthropic_messages", http(content, status=status), parameters=SET)
    assert (answer.completion, answer.fault) == (None, fault)
