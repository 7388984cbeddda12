"""OpenAI's chat completions, extras that pass, and refusals in two shapes."""

from __future__ import annotations

import pytest

from apps.inference import errors
from tests.inference.hostile import chat, http
from tests.inference.providers.spoken import KEY, ask

EXTRAS: dict[str, object] = {
    "top_k": 20, "min_p": 0.1, "guided_json": {"type": "object"}, "prompt_logprobs": 1,
    "chat_template_kwargs": {"enable_thinking": False},
}  # fmt: skip
LONG = "This model's maximum context length is 2048 tokens. However, you requested 4096 tokens."


def test_extras_pass_as_they_are_set() -> None:
    answer, (asked,) = ask("vllm", http({**chat("hello"), "prompt_logprobs": [None]}), parameters=EXTRAS)
    assert asked.line == "POST /v1/chat/completions HTTP/1.1"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi?"}]
    assert asked.body == {"model": "a-model", "messages": messages, **EXTRAS}
    assert answer.completion is not None
    assert (answer.completion.text, answer.completion.flags) == ("hello", ())


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"object": "error", "message": LONG, "type": "BadRequestError", "code": 400}, errors.CONTEXT_OVERFLOW),
        ({"error": {"message": LONG, "type": "BadRequestError", "code": 400}}, errors.CONTEXT_OVERFLOW),
        ({"object": "error", "message": "top_k must be -1 or above", "code": 400}, errors.BAD_REQUEST),
        ({"detail": "no"}, errors.BAD_REQUEST),
    ],
)
def test_refusals_old_and_new(content: object, fault: str) -> None:
    answer, _ = ask("vllm", http(content, status="400 Bad Request"))
    assert (answer.completion, answer.fault) == (None, fault)


def test_a_probability_of_none_is_spelled_minus_9999() -> None:
    item = {"token": "a", "logprob": -9999.0, "bytes": [97], "top_logprobs": []}
    choice = {
        "message": {"content": "a"},
        "finish_reason": "stop",
        "logprobs": {"content": [item]},
        "stop_reason": None,
    }
    answer, _ = ask("vllm", http(chat(choices=[choice])), parameters={"logprobs": True})
    assert answer.completion is not None
    assert answer.completion.logprobs == [["a", -9999.0, []]]
