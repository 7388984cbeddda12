"""vLLM: OpenAI's chat completions with extras of its own, which pass as they are set."""

from __future__ import annotations

from apps.inference.providers.openai_chat import OpenAIChat


class Vllm(OpenAIChat):
    """``top_k``, ``min_p``, ``guided_json``, ``prompt_logprobs``, ``chat_template_kwargs`` and whatever comes next.

    Its refusals carry the reason at their top (``{"object": "error", "message": …, "code": 400}``) or, since 0.10,
    under ``error``; both are read. What it answers beside OpenAI's fields (``prompt_logprobs``) is not kept.
    """

    name = "vllm"
    words = "vLLM (OpenAI chat completions and its own parameters)"
