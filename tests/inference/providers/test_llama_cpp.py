"""llama.cpp is made to say the text: the request, as its documentation has it, and the answers that do not count."""

from __future__ import annotations

from typing import Any

import pytest

from apps.inference import errors
from tests.inference.hostile import chat, http
from tests.inference.providers.spoken import ask
from tests.inference.providers.test_scoring import PARAMETERS, TEXT, score

ITEMS = [
    {"id": 1, "token": "n", "bytes": [110], "logprob": -1.0, "top_logprobs": []},
    {"id": 2, "token": "é", "bytes": [195, 169], "logprob": -2.0, "top_logprobs": []},
    {"id": 3, "token": ", sir", "bytes": list(b", sir"), "logprob": -0.75, "top_logprobs": []},
    {"id": 0, "token": "", "bytes": [], "logprob": -3.0, "top_logprobs": []},
]


def said(items: object = ITEMS, *, counted: int = 4) -> dict[str, Any]:
    choice = {
        "message": {"role": "assistant", "content": TEXT},
        "finish_reason": "stop",
        "logprobs": {"content": items},
    }
    return chat(choices=[choice], usage={"prompt_tokens": 9, "completion_tokens": counted})


def test_the_answer_can_be_no_other_and_its_end_is_not_counted() -> None:
    answer, (asked,) = score("llama_cpp", http(said()), parameters=PARAMETERS)
    assert asked.line == "POST /v1/chat/completions HTTP/1.1"
    letters = "".join(f"\\U{ord(letter):08X}" for letter in TEXT)
    assert asked.body == {
        "model": "a-model",
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi?"}],
        "temperature": 0, "grammar": f'root ::= "{letters}"', "logit_bias": [[TEXT, 50]], "logprobs": True,
        "top_logprobs": 1, "max_tokens": 9, "chat_template_kwargs": {"thinking": False},
    }  # fmt: skip
    assert answer.completion is not None
    assert answer.completion.logprobs == [["n", -1.0, []], ["é", -2.0, []], [", sir", -0.75, []]]


@pytest.mark.parametrize(
    ("told", "flag"),
    [
        (said(counted=5), "boundary_not_found"),  # parts of a character came without their probability
        (said(ITEMS[1:]), "boundary_not_found"),
        (said([*ITEMS[:3], ITEMS[0], ITEMS[3]], counted=5), "boundary_not_found"),
        (said([]), errors.PROMPT_NOT_SCORED),
        (said(None), errors.PROMPT_NOT_SCORED),
        (said([7]), errors.PROMPT_NOT_SCORED),
        (said([{**ITEMS[0], "logprob": 0.5}, *ITEMS[1:]]), "logprobs_invalid"),
        (chat(choices=[]), errors.PROMPT_NOT_SCORED),
    ],
)
def test_a_hostile_answer_is_none_with_its_reason(told: dict[str, Any], flag: str) -> None:
    answer, _ = score("llama_cpp", http(told))
    assert answer.completion is not None
    assert (answer.completion.logprobs, answer.completion.flags) == (None, (flag,))


def test_an_ordinary_call_is_that_of_openais_chat() -> None:
    answer, (asked,) = ask("llama_cpp", http(chat("hello")), parameters={"temperature": 0})
    assert answer.completion is not None
    assert answer.completion.text == "hello"
    assert "grammar" not in asked.body
