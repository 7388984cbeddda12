"""A prompt in, its continuation out, with log-probabilities in columns."""

from __future__ import annotations

import pytest

from apps.inference import errors
from apps.kernel.chat import Completion, Usage
from tests.inference.hostile import http
from tests.inference.providers.spoken import KEY, ask, events

COLUMNS = {
    "tokens": [" a", " b"],
    "token_logprobs": [-0.25, -1.5],
    "top_logprobs": [{" a": -0.25, " c": -2.0}, {" b": -1.5, " d": -1.75}],
    "text_offset": [3, 5],
}
LOGPROBS = [[" a", -0.25, [[" a", -0.25], [" c", -2.0]]], [" b", -1.5, [[" b", -1.5], [" d", -1.75]]]]
WHOLE = {
    "id": "cmpl-1",
    "object": "text_completion",
    "model": "served",
    "system_fingerprint": "fp",
    "choices": [{"text": " a b", "index": 0, "logprobs": COLUMNS, "finish_reason": "length"}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
}
EXPECTED = Completion(
    " a b", "length", Usage(4, 2), model="served", fingerprint="fp", logprobs=LOGPROBS, flags=(errors.CUT,)
)


def test_a_body_holds_the_prompt_and_what_was_set() -> None:
    answer, (asked,) = ask(
        "openai_completions", http(WHOLE), parameters={"max_tokens": 2, "logprobs": 2, "echo": False}
    )
    assert asked.line == "POST /v1/completions HTTP/1.1"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "a-model", "prompt": "Be short.\n\nHi?", "max_tokens": 2, "logprobs": 2, "echo": False,
    }  # fmt: skip
    assert answer.completion == EXPECTED


def test_a_stream_is_put_together() -> None:
    def chunk(text: str, at: int, **more: object) -> dict[str, object]:
        columns = {name: values[at : at + 1] for name, values in COLUMNS.items()}
        choice = {"index": 0, "text": text, "logprobs": columns, "finish_reason": None, **more}
        return {"id": "cmpl-1", "model": "served", "system_fingerprint": "fp", "choices": [choice]}

    answer, _ = ask(
        "openai_completions",
        events(
            chunk(" a", 0),
            chunk(" b", 1, finish_reason="length"),
            {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}},
            end=b"data: [DONE]\n\n",
        ),
        parameters={"stream": True, "logprobs": 2},
    )
    assert answer.completion == EXPECTED
    assert answer.first_token_ms is not None


@pytest.mark.parametrize("choice", [{}, {"text": None}, {"text": 5}, {"message": {"content": "hi"}}])
def test_what_is_no_continuation_is_a_fault(choice: object) -> None:
    answer, _ = ask("openai_completions", http({"choices": [choice]}))
    assert (answer.completion, answer.fault) == (None, errors.SHAPE)


@pytest.mark.parametrize("event", [{}, {"choices": None}])
def test_a_stream_of_something_else_is_a_fault(event: object) -> None:
    answer, _ = ask("openai_completions", events(event), parameters={"stream": True})
    assert answer.fault == errors.SHAPE
