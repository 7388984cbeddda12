"""vLLM: OpenAI's chat completions with extras of its own, which pass as they are set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference.providers.logprobs import named
from apps.inference.providers.openai_chat import OpenAIChat
from apps.inference.providers.scoring import Told, asking, told, usage_of
from apps.kernel import likelihood
from apps.kernel.chat import ChatRequest, Completion

# Log-probabilities of the prompt's own tokens alone, and one token of an answer that nobody needs: the least there is.
# The text stands where the assistant's text stands, and the template neither ends it nor begins another turn.
SCORING = {"prompt_logprobs": 0, "max_tokens": 1, "add_generation_prompt": False, "continue_final_message": True}


class Vllm(OpenAIChat):
    """``top_k``, ``min_p``, ``guided_json``, ``prompt_logprobs``, ``chat_template_kwargs`` and whatever comes next.

    Its refusals carry the reason at their top (``{"object": "error", "message": …, "code": 400}``) or, since 0.10,
    under ``error``; both are read. What it answers beside OpenAI's fields is kept only of a text that it was given:
    ``prompt_logprobs``, a list with null for the first token, then ``{token id: {logprob, rank, decoded_token}}``.
    """

    name = "vllm"
    words = "vLLM (OpenAI chat completions and its own parameters)"
    prompt_scoring = "prompt_logprobs"

    def asked(self, request: ChatRequest) -> dict[str, object]:
        content = super().asked(request)
        if request.given is None:
            return content
        return {**content, "messages": [*content["messages"], {"role": "assistant", "content": request.given}]}  # type: ignore[misc]

    def scoring(self, request: ChatRequest, text: str) -> ChatRequest | None:
        return asking(request, text, SCORING)

    def read_scored(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        tokens = _prompt_tokens(answer.get("prompt_logprobs"))
        place = None if tokens is None else likelihood.closing(tokens, request.given or "")
        return told(answer, request, tokens, place, usage_of(answer))


def _prompt_tokens(given: object) -> Told | None:
    """Names and log-probabilities of a prompt, None where they do not come one a place as they were asked for."""
    if not isinstance(given, list) or not given:
        return None
    tokens: Told = []
    for place in given:
        entry = next(iter(place.values())) if isinstance(place, Mapping) and len(place) == 1 else None
        if place is None and not tokens:
            tokens.append([None, None])
            continue
        if not isinstance(entry, Mapping) or not isinstance(entry.get("decoded_token"), str):
            return None
        tokens.append([named(entry["decoded_token"], None), entry.get("logprob")])
    return tokens
