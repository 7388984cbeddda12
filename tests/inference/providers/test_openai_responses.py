"""Items in, items out, a status instead of a finish reason."""

from __future__ import annotations

import pytest

from apps.inference import errors
from apps.kernel.chat import Completion, Usage
from tests.inference.hostile import http
from tests.inference.providers.spoken import KEY, ask, events

ITEM = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": [{"token": "Hi", "logprob": -0.1}]}


def whole(**changes: object) -> dict[str, object]:
    text = {"type": "output_text", "text": "Hi.", "annotations": [], "logprobs": [ITEM]}
    thoughts = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    usage = {"input_tokens": 11, "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 3}}
    return {
        "id": "resp_1", "object": "response", "status": "completed", "error": None, "incomplete_details": None,
        "model": "served", "output": [thoughts, message], "usage": usage, **changes,
    }  # fmt: skip


EXPECTED = Completion("Hi.", "stop", Usage(11, 5), model="served", logprobs=[["Hi", -0.1, [["Hi", -0.1]]]])


def test_a_body_holds_the_items_and_what_was_set() -> None:
    set_ = {"max_output_tokens": 9, "include": ["message.output_text.logprobs"], "top_logprobs": 1, "store": False}
    answer, (asked,) = ask("openai_responses", http(whole()), parameters=set_)
    assert asked.line == "POST /v1/responses HTTP/1.1"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    items = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi?"}]
    assert asked.body == {"model": "a-model", "input": items, **set_}
    assert answer.completion == EXPECTED


def test_a_streams_last_event_carries_the_answer() -> None:
    told = [
        {"type": "response.created", "response": whole(status="in_progress", output=[])},
        {"type": "response.output_text.delta", "delta": "Hi", "output_index": 1, "content_index": 0},
        {"type": "response.an_event_of_tomorrow"},
        {"type": "response.completed", "response": whole()},
    ]
    answer, _ = ask("openai_responses", events(*told, names=True), parameters={"stream": True})
    assert answer.completion == EXPECTED
    assert answer.first_token_ms is not None


@pytest.mark.parametrize(
    ("changes", "finish", "flags"),
    [
        ({"incomplete_details": {"reason": "max_output_tokens"}}, "length", (errors.CUT,)),
        ({"incomplete_details": {"reason": "content_filter"}}, "content_filter", (errors.REFUSED,)),
        ({"incomplete_details": None}, "incomplete", (errors.FINISH_UNKNOWN,)),
    ],
)
def test_an_incomplete_answer_says_why(changes: dict[str, object], finish: str, flags: tuple[str, ...]) -> None:
    answer, _ = ask("openai_responses", http(whole(status="incomplete", **changes)))
    assert answer.completion is not None
    assert (answer.completion.finish_reason, answer.completion.flags) == (finish, flags)


def test_a_refusal_is_an_answer_and_a_call_of_a_tool_too() -> None:
    part = {"type": "refusal", "refusal": "I will not."}
    refused, _ = ask("openai_responses", http(whole(output=[{"type": "message", "content": [part]}])))
    assert refused.completion is not None
    assert (refused.completion.text, refused.completion.flags) == ("I will not.", (errors.REFUSED,))
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    called, _ = ask("openai_responses", http(whole(output=[call])))
    assert called.completion is not None
    assert (called.completion.text, called.completion.finish_reason) == ("", "tool_calls")
    assert called.completion.tool_calls == [call]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (whole(status="failed", error={"code": "server_error"}), errors.FAILED),
        (whole(status="failed", error={"code": "rate_limit_exceeded"}), errors.RATE_LIMITED),
        (whole(status="failed", error={"code": "invalid_prompt"}), errors.BAD_REQUEST),
        (whole(output=[]), errors.SHAPE),
        (whole(output=None), errors.SHAPE),
        (whole(output=["text"]), errors.SHAPE),
    ],
)
def test_what_is_no_answer_is_a_fault(content: object, fault: str) -> None:
    answer, _ = ask("openai_responses", http(content))
    assert (answer.completion, answer.fault) == (None, fault)


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({"type": "error", "code": "server_error"}, errors.FAILED),
        ({"type": "response.failed", "response": whole(status="failed", error={"code": "x"})}, errors.FAILED),
        ({"type": "response.completed"}, errors.SHAPE),
        ({"delta": "Hi"}, errors.SHAPE),
        ({"type": "response.output_text.delta", "delta": "Hi"}, errors.TRUNCATED),
    ],
)
def test_a_stream_that_fails_is_a_fault(event: object, fault: str) -> None:
    answer, _ = ask("openai_responses", events(event), parameters={"stream": True})
    assert (answer.completion, answer.fault) == (None, fault)


def test_log_probabilities_that_cannot_be_true_are_left_out() -> None:
    text = {"type": "output_text", "text": "Hi.", "logprobs": [{**ITEM, "logprob": 0.5}]}
    answer, _ = ask("openai_responses", http(whole(output=[{"type": "message", "content": [text]}])))
    assert answer.completion is not None
    assert (answer.completion.logprobs, answer.completion.flags) == (None, (errors.LOGPROBS_INVALID,))
