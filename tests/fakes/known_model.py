"""Two tiny language models whose probabilities are known: every byte is drawn by itself.

The teacher gives each of "answer " 1/8 and each of "01234567" 1/64; the student gives each of 16 signs 1/16. So the
text "answer 3" has 27 bits from the teacher and 32 from the student, however it is cut into tokens: 5/8 bits a byte.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

LETTERS, DIGITS = "answer ", "01234567"
RENDERED = ("<|im_start|>", "user", "\n", "question", "<|im_end|>", "\n", "<|im_start|>", "assistant", "\n")


def teacher_bits(text: str) -> int:
    return sum(3 if letter in LETTERS else 6 for letter in text)


def student_bits(text: str) -> int:
    return 4 * len(text)


def tokens_of(text: str, *, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def nats(bits: float) -> float:
    return -bits * math.log(2)


def answered(text: str, *, more: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """A chat completion of the teacher with the log-probabilities of its own tokens, three letters each."""
    items = [
        {"token": token, "logprob": nats(teacher_bits(token)), "bytes": list(token.encode()), "top_logprobs": []}
        for token in tokens_of(text, size=3)
    ]
    content = [*items, *more]
    choice = {
        "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": {"content": content},
    }  # fmt: skip
    return {"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": len(content)}}


def prompt_scored(text: str) -> dict[str, Any]:
    """What vLLM says of a prompt that ends in ``text``: the student's tokens, two letters each, behind a template."""
    places: list[dict[str, Any] | None] = [None]
    for number, token in enumerate(RENDERED[1:]):
        places.append({str(number): {"logprob": -0.5, "rank": 1, "decoded_token": token}})
    for number, token in enumerate(tokens_of(text, size=2), start=100):
        places.append({str(number): {"logprob": nats(student_bits(token)), "rank": 3, "decoded_token": token}})
    choice = {"message": {"role": "assistant", "content": "x"}, "finish_reason": "length", "logprobs": None}
    usage = {"prompt_tokens": len(places), "completion_tokens": 1}
    return {"choices": [choice], "usage": usage, "prompt_logprobs": places}


def both(request: dict[str, Any]) -> dict[str, Any]:
    """The rule of an upstream that is both: ``big`` answers, ``small`` answers and scores what it is given."""
    last = request["messages"][-1]
    if "prompt_logprobs" in request:
        assert last["role"] == "assistant"
        return prompt_scored(last["content"])
    return answered(last["content"].replace("question", "answer"))
