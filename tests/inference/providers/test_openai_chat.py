"""How a request is spelled and an answer read, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from apps.inference import errors
from apps.inference.providers.openai_chat import OpenAIChat
from apps.inference.wire import place_of
from apps.kernel.chat import ChatRequest, Completion, Message, Usage
from tests.inference.hostile import chat, http
from tests.inference.providers.spoken import ask, events

DIALECT = OpenAIChat()
ASK = ChatRequest("m", (Message("user", "twelve chars"),))


def read(answer: object, request: ChatRequest = ASK) -> Completion:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    done = DIALECT.read_whole(content, request)[0]
    assert isinstance(done, Completion), done
    return done


def with_message(message: Mapping[str, object], *, finish: object = "stop") -> dict[str, object]:
    return chat(choices=[{"message": message, "finish_reason": finish}])


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.example/v1", "https://api.example/v1/chat/completions"),
        ("https://api.example/v1/", "https://api.example/v1/chat/completions"),
        ("https://api.example", "https://api.example/chat/completions"),
        ("https://api.example/d?api-version=1", "https://api.example/d/chat/completions?api-version=1"),
    ],
)
def test_the_path_goes_behind_the_base_and_before_its_query(base: str, url: str) -> None:
    assert str(place_of(base, None, DIALECT).url) == url


def test_a_body_holds_what_was_set_and_no_more() -> None:
    request = ChatRequest("m", (Message("system", "s"), Message("user", "ü")), {"max_tokens": 5, "stop": ["\n"]})
    assert json.loads(DIALECT.body_of(request)) == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "ü"}],
        "max_tokens": 5,
        "stop": ["\n"],
    }


def test_parameters_replace_neither_model_nor_messages() -> None:
    spoilt = {"model": "other", "messages": [], "stream": True, "stream_options": {"include_usage": True}}
    body = json.loads(DIALECT.body_of(ChatRequest("m", (Message("user", "hi"),), spoilt)))
    stream = {"stream": True, "stream_options": {"include_usage": True}}
    assert body == {"model": "m", "messages": [{"role": "user", "content": "hi"}], **stream}


def test_what_else_a_message_carries_is_sent() -> None:
    tool = Message("tool", "42", {"tool_call_id": "call_1"})
    (sent,) = json.loads(DIALECT.body_of(ChatRequest("m", (tool,))))["messages"]
    assert sent == {"role": "tool", "content": "42", "tool_call_id": "call_1"}


def test_half_a_surrogate_pair_is_sent_as_its_escape() -> None:
    body = DIALECT.body_of(ChatRequest("m", (Message("user", "a\ud800b"),)))
    assert b"a\\ud800b" in body
    assert json.loads(body)["messages"][0]["content"] == "a\ud800b"


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (200, None), (201, errors.STATUS), (204, errors.STATUS), (206, errors.STATUS), (301, errors.REDIRECTED),
        (304, errors.STATUS), (308, errors.REDIRECTED), (400, errors.BAD_REQUEST), (401, errors.REFUSED_KEY),
        (403, errors.REFUSED_KEY), (404, errors.NO_SUCH_MODEL), (408, errors.FAILED), (418, errors.STATUS),
        (422, errors.BAD_REQUEST), (429, errors.RATE_LIMITED), (500, errors.FAILED), (529, errors.FAILED),
    ],
)  # fmt: skip
def test_every_status_but_200_is_a_fault(status: int, fault: str | None) -> None:
    assert DIALECT.fault_of_status(status) == fault


@pytest.mark.parametrize(
    ("content", "is_overflow"),
    [
        ({"error": {"code": "context_length_exceeded", "message": "x"}}, True),
        ({"error": {"type": "exceed_context_size_error"}}, True),
        ({"error": {"message": "This model's maximum context length is 4096 tokens."}}, True),
        ({"error": "the request exceeds the available context size"}, True),
        ({"error": {"message": "temperature must be at most 2"}}, False),
        ({"error": None}, False),
        ([], False),
    ],
)
def test_a_request_too_long_for_the_model_is_told_apart(content: object, is_overflow: bool) -> None:
    assert DIALECT.is_overflow(json.dumps(content).encode()) is is_overflow


@pytest.mark.parametrize("content", [b"", b"<html>", b"[" * 60_000, b"\xff"])
def test_a_refusal_that_is_no_json_tells_nothing(content: bytes) -> None:
    assert DIALECT.is_overflow(content) is False


def test_an_answer_is_read_whole() -> None:
    done = read(chat("hi", system_fingerprint="fp_1"))
    assert done == Completion("hi", "stop", Usage(7, 2), model="served-model", fingerprint="fp_1")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b" \n", errors.EMPTY),
        (b"  <!doctype html>", errors.HTML),
        (b"null", errors.SHAPE),
        (b'"text"', errors.SHAPE),
        (b'{"choices": {}}', errors.SHAPE),
        (b'{"choices": [null]}', errors.SHAPE),
        (b'{"choices": [{"message": "hi"}]}', errors.SHAPE),
        (b'{"choices": [{"message": {"content": 5}}]}', errors.SHAPE),
        (b'{"choices": [{"message": {"content": "a"}}]} {}', errors.SHAPE),
        (b'{"n": ' + b"9" * 5000 + b', "choices": [{"message": {"content": "a"}}]}', errors.SHAPE),
        (b'{"a":' * 50_000, errors.SHAPE),
        (b"[" + b"{}," * 400_000 + b"{}]", errors.SHAPE),
    ],
    ids=[
        "blank",
        "html",
        "null",
        "text",
        "object",
        "null-choice",
        "text-message",
        "number",
        "two",
        "digits",
        "deep",
        "wide",
    ],
)
def test_what_is_no_answer_is_a_fault(content: bytes, fault: str) -> None:
    assert DIALECT.read_whole(content, ASK) == (fault, None)


def test_a_tool_call_is_an_answer_without_text() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    done = read(with_message({"content": None, "tool_calls": calls}, finish="tool_calls"))
    assert (done.text, done.tool_calls, done.flags) == ("", calls, ())


@pytest.mark.parametrize(
    ("message", "finish", "text"),
    [
        ({"content": None, "refusal": "I will not."}, "stop", "I will not."),
        ({"content": ""}, "content_filter", ""),
        ({"content": "half"}, "content_filter", "half"),
    ],
)
def test_a_refusal_is_an_answer(message: dict[str, object], finish: str, text: str) -> None:
    done = read(with_message(message, finish=finish))
    assert (done.text, done.flags) == (text, (errors.REFUSED,))


@pytest.mark.parametrize(
    ("finish", "kept", "flags"),
    [
        ("stop", "stop", ()),
        (None, None, ()),
        (7, None, ()),
        ("length", "length", (errors.CUT,)),
        ("eos", "eos", (errors.FINISH_UNKNOWN,)),
        ("x" * 90, "x" * 40, (errors.FINISH_UNKNOWN,)),
    ],
)
def test_an_end_is_kept_and_an_odd_one_flagged(finish: object, kept: str | None, flags: tuple[str, ...]) -> None:
    done = read(with_message({"content": "hi"}, finish=finish))
    assert (done.finish_reason, done.flags) == (kept, flags)


def test_an_answer_in_parts_is_put_together_from_its_text() -> None:
    parts = [{"type": "thinking", "text": "hm"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert read(with_message({"content": parts})).text == "ab"


def test_without_a_count_we_count_and_say_so() -> None:
    done = read(chat("123456789", usage=None))
    assert (done.usage, done.flags) == (Usage(3, 3, estimated=True), ())


@pytest.mark.parametrize(
    "usage",
    [
        "many", [], {"prompt_tokens": 3}, {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": "3", "completion_tokens": 2}, {"prompt_tokens": 3, "completion_tokens": 10**18},
        {"prompt_tokens": 3, "completion_tokens": 2.5}, {"prompt_tokens": True, "completion_tokens": 2},
        {"prompt_tokens": 3, "completion_tokens": 0}, {"prompt_tokens": 0, "completion_tokens": 2},
    ],
)  # fmt: skip
def test_a_count_that_cannot_be_true_is_replaced_by_ours_and_flagged(usage: object) -> None:
    done = read(chat("123456789", usage=usage))
    assert (done.usage, done.flags) == (Usage(3, 3, estimated=True), (errors.USAGE_INVALID,))


def test_bytes_that_are_no_utf8_are_replaced_and_flagged() -> None:
    done = read(json.dumps(chat("aXb")).encode().replace(b"aXb", b"a\xffb"))
    assert (done.text, done.flags) == ("a\ufffdb", (errors.UTF8,))


def test_text_that_no_database_keeps_is_made_visible_and_flagged() -> None:
    assert (read(chat("a\x00b")).text, read(chat("a\x00b")).flags) == ("a\u2400b", (errors.NUL,))
    assert (read(chat("a\ud800b")).text, read(chat("a\ud800b")).flags) == ("a\ufffdb", (errors.UTF8,))


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    assert read(b"\xef\xbb\xbf" + json.dumps(chat("hi")).encode()).text == "hi"


def test_log_probabilities_are_kept_whole_or_left_out() -> None:
    good: dict[str, object] = {"content": [{"token": "a", "logprob": -0.5}]}
    choice = {"message": {"content": "hi"}, "finish_reason": "stop"}
    kept = read(chat(choices=[{**choice, "logprobs": good}]))
    assert (kept.logprobs, kept.flags) == ([["a", -0.5, []]], ())
    left = read(b'{"choices": [{"message": {"content": "hi"}, "logprobs": {"content": [{"logprob": NaN}]}}]}')
    assert (left.text, left.logprobs, left.flags) == ("hi", None, (errors.LOGPROBS_INVALID,))


def test_names_are_cut_to_what_is_kept() -> None:
    done = read(chat("hi", model="m" * 500, system_fingerprint=["x"]))
    assert (done.model, done.fingerprint) == ("m" * 200, None)


DONE = b"data: [DONE]\n\n"


def chunk(delta: Mapping[str, object] | None = None, *, finish: str | None = None, **more: object) -> dict[str, object]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish, "logprobs": more.pop("logprobs", None)}
    return {"id": "c-1", "object": "chat.completion.chunk", "model": "served", "choices": [choice], **more}


def test_a_stream_is_put_together() -> None:
    item = {"token": "He", "logprob": -0.5, "bytes": [72], "top_logprobs": [{"token": "He", "logprob": -0.5}]}
    answer, asked = ask(
        "openai_chat",
        events(
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "He"}, logprobs={"content": [item]}, system_fingerprint="fp"),
            chunk({"content": "llo"}),
            chunk(finish="stop"),
            {**chunk(), "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}},
            end=DONE,
        ),
        parameters={"stream": True, "stream_options": {"include_usage": True}, "logprobs": True, "top_logprobs": 1},
    )
    done = answer.completion
    assert done == Completion(
        "Hello", "stop", Usage(9, 2), model="served", fingerprint="fp", logprobs=[["He", -0.5, [["He", -0.5]]]]
    )
    assert answer.first_token_ms is not None
    assert answer.latency_ms is not None
    assert 0 < answer.first_token_ms <= answer.latency_ms
    assert (asked[0].body["stream"], asked[0].body["stream_options"]) == (True, {"include_usage": True})


def test_a_streamed_tool_call_and_a_streamed_refusal() -> None:
    function = {"name": "f", "arguments": "{"}
    calls = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
    answer, _ = ask(
        "openai_chat",
        events(
            chunk({"role": "assistant", "content": None, "tool_calls": calls}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]}),
            chunk(finish="tool_calls"),
            end=DONE,
        ),
        parameters={"stream": True},
    )
    assert answer.completion is not None
    whole = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert (answer.completion.text, answer.completion.tool_calls) == ("", whole)
    assert answer.first_token_ms is not None
    refusing = events(chunk({"refusal": "I will "}), chunk({"refusal": "not."}), chunk(finish="stop"), end=DONE)
    refused, _ = ask("openai_chat", refusing, parameters={"stream": True})
    assert refused.completion is not None
    assert (refused.completion.text, refused.completion.flags) == ("I will not.", (errors.REFUSED,))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ({"message": "busy", "type": "server_error"}, errors.FAILED),
        ({"message": "slow", "code": "rate_limit_exceeded"}, errors.RATE_LIMITED),
        ({"message": "long", "code": "context_length_exceeded"}, errors.CONTEXT_OVERFLOW),
        ({"message": "no", "type": "invalid_request_error"}, errors.BAD_REQUEST),
        ("oops", errors.FAILED),
    ],
)
def test_an_error_inside_a_stream_is_a_fault(error: object, fault: str) -> None:
    answer, _ = ask("openai_chat", events(chunk({"content": "He"}), {"error": error}), parameters={"stream": True})
    assert (answer.completion, answer.fault) == (None, fault)


def test_a_server_that_was_asked_for_a_stream_may_answer_whole() -> None:
    answer, _ = ask("openai_chat", http(chat("hello")), parameters={"stream": True})
    assert answer.completion is not None
    assert (answer.completion.text, answer.first_token_ms) == ("hello", None)


def test_of_several_answers_the_first_counts() -> None:
    second = {"index": 1, "delta": {"content": "B"}, "finish_reason": "stop"}
    told = [chunk({"content": "A"}), {**chunk(), "choices": [second]}, chunk(finish="stop")]
    answer, _ = ask("openai_chat", events(*told, end=DONE), parameters={"stream": True, "n": 2})
    assert answer.completion is not None
    assert answer.completion.text == "A"
