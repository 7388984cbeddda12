"""A given text scored over a real socket, in each dialect that can, and what comes of hostile answers."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from apps.inference import errors
from apps.inference.client import Address, Answer, Client, scoring_request
from apps.kernel.chat import ChatRequest, Message
from tests.inference.hostile import Asked, Reply, http, serving
from tests.inference.providers.spoken import ALLOW, KEY, MESSAGES, ONCE

TEXT = "né, sir"
PARAMETERS = {"temperature": 0.7, "max_tokens": 64, "stream": True, "n": 3, "chat_template_kwargs": {"thinking": False}}
USAGE = {"prompt_tokens": 12, "completion_tokens": 1}


def score(
    dialect: str, reply: Reply, *, text: str = TEXT, parameters: dict[str, object] | None = None
) -> tuple[Answer, list[Asked]]:
    async def scene() -> tuple[Answer, list[Asked]]:
        async with serving(reply) as server, Client(allow=ALLOW, retry=ONCE) as client:
            address = Address(server.base_url, KEY, dialect=dialect)
            request = scoring_request(address, ChatRequest("a-model", MESSAGES, parameters or {}), text)
            assert request is not None
            return await client.complete(address, request, deadline_s=5), server.asked

    return asyncio.run(scene())


def place(token: str, logprob: object = -0.5, **more: object) -> dict[str, Any]:
    return {"17": {"logprob": logprob, "rank": 1, "decoded_token": token, **more}}


def vllm(*places: object, **more: object) -> dict[str, Any]:
    """What vLLM answers to a request with prompt_logprobs, as its documentation has it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "length"}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "model": "a-model", "choices": [choice], "usage": USAGE,
        "prompt_logprobs": list(places), **more,
    }  # fmt: skip


RENDERED = (None, place("<|im_start|>"), place("user"), place("Hi?"), place("<|im_end|>"), place("assistant\n"))
SPELLED = (place("n", -1.0), place("\ufffd", -2.0), place("\ufffd", -0.25), place(", sir", -0.75))


def test_vllm_is_asked_for_the_prompts_own_tokens_where_the_answer_stands() -> None:
    answer, (asked,) = score("vllm", http(vllm(*RENDERED, *SPELLED)), parameters=PARAMETERS)
    assert asked.body == {
        "model": "a-model",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Hi?"},
            {"role": "assistant", "content": TEXT},
        ],
        "prompt_logprobs": 0,
        "max_tokens": 1,
        "add_generation_prompt": False,
        "continue_final_message": True,
        "chat_template_kwargs": {"thinking": False},
    }
    done = answer.completion
    assert done is not None
    assert (done.text, done.flags) == (TEXT, ())
    assert [position[1] for position in done.logprobs or []] == [-1.0, -2.0, -0.25, -0.75]
    assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.estimated) == (12, 1, False)


def echoed(tokens: list[object], values: list[object], **more: object) -> dict[str, Any]:
    """An echo in the columns of OpenAI's completions: the first token has no probability."""
    columns = {"tokens": tokens, "token_logprobs": values, "top_logprobs": None, "text_offset": [0] * len(tokens)}
    choice = {"index": 0, "text": "".join(map(str, tokens)), "logprobs": columns, "finish_reason": "length"}
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "model": "a-model",
        "choices": [choice],
        "usage": USAGE,
        **more,
    }


PROMPT = ["<s>", "Be short.", "\n\n", "Hi?"]


def test_completions_are_asked_to_echo_prompt_and_text() -> None:
    told = echoed(
        [*PROMPT, "n", "bytes:\\xc3", "bytes:\\xa9", ", sir", " more"], [None, -9, -9, -9, -1, -2, -0.25, -0.75, -9]
    )
    answer, (asked,) = score("openai_completions", http(told), parameters=PARAMETERS)
    assert asked.body == {
        "model": "a-model", "prompt": f"Be short.\n\nHi?{TEXT}", "echo": True, "logprobs": 1, "max_tokens": 1,
        "temperature": 0, "chat_template_kwargs": {"thinking": False},
    }  # fmt: skip
    assert answer.completion is not None
    assert [position[1] for position in answer.completion.logprobs or []] == [-1, -2, -0.25, -0.75]


def test_a_dialect_that_cannot_is_not_asked() -> None:
    for dialect in ("openai_chat", "openai_responses", "anthropic_messages", "ollama"):
        address = Address("http://127.0.0.1:9", dialect=dialect)
        assert scoring_request(address, ChatRequest("m", (Message("user", "hi"),)), "text") is None


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("no prompt_logprobs", vllm(prompt_logprobs=None), errors.PROMPT_NOT_SCORED),
    ("an empty list", vllm(), errors.PROMPT_NOT_SCORED),
    ("no list", vllm(prompt_logprobs={"0": 1}), errors.PROMPT_NOT_SCORED),
    ("null in the middle", vllm(*RENDERED, SPELLED[0], None, *SPELLED[2:]), errors.PROMPT_NOT_SCORED),
    ("two tokens at a place", vllm(*RENDERED, {**place("n"), "18": {}}), errors.PROMPT_NOT_SCORED),
    ("no token at a place", vllm(*RENDERED, {}), errors.PROMPT_NOT_SCORED),
    ("a token that is no text", vllm(*RENDERED, {"1": {"logprob": -1, "decoded_token": 7}}), errors.PROMPT_NOT_SCORED),
    ("a token too few", vllm(*RENDERED, *SPELLED[1:]), "boundary_not_found"),
    ("a token too many", vllm(*RENDERED, *SPELLED, place("<|im_end|>")), "boundary_not_found"),
    ("another text", vllm(*RENDERED, place("no"), place(", sir")), "boundary_not_found"),
    ("a token over the boundary", vllm(*RENDERED[:-1], place("assistant\nn"), *SPELLED[1:]), "boundary_not_found"),
    ("only the text, whose first is null", vllm(None, *SPELLED[1:]), "boundary_not_found"),
    ("above 0", vllm(*RENDERED, place("n", 0.5), *SPELLED[1:]), "logprobs_invalid"),
    ("null", vllm(*RENDERED, place("n", None), *SPELLED[1:]), "logprobs_invalid"),
    ("a text for a number", vllm(*RENDERED, place("n", "-1"), *SPELLED[1:]), "logprobs_invalid"),
    ("vLLM's word for impossible", vllm(*RENDERED, place("n", -9999.0), *SPELLED[1:]), "logprobs_invalid"),
    ("not a number", vllm(*RENDERED, place("n", math.nan), *SPELLED[1:]), "logprobs_invalid"),
]


@pytest.mark.parametrize(("told", "flag"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_hostile_prompt_score_is_none_with_its_reason_and_is_billed(told: dict[str, Any], flag: str) -> None:
    answer, _ = score("vllm", http(told))
    assert answer.completion is not None
    assert (answer.completion.logprobs, answer.completion.flags) == (None, (flag,))
    assert answer.completion.usage.input_tokens == 12


ECHOES: list[tuple[str, dict[str, Any], str]] = [
    ("no columns", echoed([], []), errors.PROMPT_NOT_SCORED),
    ("columns of unlike length", echoed(["a", "b"], [None]), errors.PROMPT_NOT_SCORED),
    ("a server that does not echo", echoed([" more"], [-0.1]), "boundary_not_found"),
    ("numbers for tokens", echoed([1, 2], [None, -1]), errors.PROMPT_NOT_SCORED),
    ("a text that is not ours", echoed([*PROMPT, "no", ", sir"], [None, -1, -1, -1, -1, -1]), "boundary_not_found"),
    ("null for the text", echoed([*PROMPT, "né", ", sir"], [None, -1, -1, -1, None, -1]), "logprobs_invalid"),
]


@pytest.mark.parametrize(("told", "flag"), [one[1:] for one in ECHOES], ids=[one[0] for one in ECHOES])
def test_a_hostile_echo_is_none_with_its_reason(told: dict[str, Any], flag: str) -> None:
    answer, _ = score("openai_completions", http(told))
    assert answer.completion is not None
    assert (answer.completion.logprobs, answer.completion.flags) == (None, (flag,))


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (http({"error": {"message": "prompt_logprobs must be…"}}, status="400 Bad Request"), errors.BAD_REQUEST),
        (http({"error": {"message": "no"}}, status="401 Unauthorized"), errors.REFUSED_KEY),
        (http(b"<html>"), errors.HTML),
        (http(b""), errors.EMPTY),
        (http([]), errors.SHAPE),
    ],
)
def test_what_fails_a_call_fails_this_one(reply: Reply, fault: str) -> None:
    answer, _ = score("vllm", reply)
    assert (answer.completion, answer.fault) == (None, fault)


def test_without_a_usage_one_is_estimated() -> None:
    answer, _ = score("vllm", http(vllm(*RENDERED, *SPELLED, usage=None)))
    assert answer.completion is not None
    assert answer.completion.usage.estimated
