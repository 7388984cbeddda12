"""llama.cpp's server: OpenAI's chat completions, and a grammar by which it can be made to say a given text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference.providers.logprobs import named
from apps.inference.providers.openai_chat import OpenAIChat, first_choice
from apps.inference.providers.scoring import Told, asking, told, usage_of
from apps.kernel import likelihood
from apps.kernel.chat import ChatRequest, Completion

# Raises the tokens that the server itself cuts the text into above the shorter ones that would spell it as well. What
# it tells are probabilities before this and before the grammar.
BIAS = 50


class LlamaCpp(OpenAIChat):
    """It ignores ``echo`` and tells nothing of a prompt, but of each token that it says it tells the model's own
    log-probability, however likely others were. So a text is scored by forcing it: the answer can be no other.

    That takes the time and the tokens of an answer. Parts of a character come without their log-probability; then
    fewer tokens are listed than counted, and the text has none.
    """

    name = "llama_cpp"
    words = "llama.cpp (OpenAI chat completions; can score a given text)"
    prompt_scoring = "forced"

    def scoring(self, request: ChatRequest, text: str) -> ChatRequest | None:
        letters = "".join(f"\\U{ord(letter):08X}" for letter in text)
        own = {
            "temperature": 0,
            "grammar": f'root ::= "{letters}"',
            "logit_bias": [[text, BIAS]],
            "logprobs": True,
            "top_logprobs": 1,
            # No token is shorter than a byte, and the end is one more.
            "max_tokens": len(text.encode()) + 1,
        }
        return asking(request, text, own)

    def read_scored(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        choice = first_choice(answer)
        tokens = None if choice is None else _said_tokens(choice.get("logprobs"))
        usage = usage_of(answer)
        place = None if tokens is None else likelihood.opening(tokens, request.given or "", usage=usage)
        return told(answer, request, tokens, place, usage)


def _said_tokens(given: object) -> Told | None:
    items = given.get("content") if isinstance(given, Mapping) else None
    if not isinstance(items, list) or not items:
        return None
    if not all(isinstance(item, Mapping) and isinstance(item.get("token"), str) for item in items):
        return None
    return [[named(item["token"], item.get("bytes")), item.get("logprob")] for item in items]
