"""The dialect of OpenAI's chat completions, which vLLM, Ollama and llama.cpp speak as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from apps.inference import errors
from apps.kernel.chat import ChatRequest, Completion, Usage, estimated_usage

PATH = "/chat/completions"
LARGEST_COUNT = 10_000_000


def body_of(request: ChatRequest) -> dict[str, object]:
    """The request's JSON: model, messages and exactly the parameters that were set."""
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    return {**dict(request.parameters), "model": request.model, "messages": messages}


def fault_of_status(status: int) -> str | None:
    """The fault that a status means, None for 200."""
    if status == 200:
        return None
    if 300 <= status < 400:
        return errors.REDIRECTED
    named = {
        400: errors.BAD_REQUEST,
        401: errors.REFUSED_KEY,
        403: errors.REFUSED_KEY,
        404: errors.NO_SUCH_MODEL,
        408: errors.FAILED,
        409: errors.FAILED,
        422: errors.BAD_REQUEST,
        429: errors.RATE_LIMITED,
    }
    return named.get(status) or (errors.FAILED if status >= 500 else errors.STATUS)


def read_answer(content: bytes, request: ChatRequest) -> Completion | str:
    """The completion, or the code of what is wrong with it."""
    if not content.strip():
        return errors.EMPTY
    if content.lstrip()[:1] == b"<":
        return errors.HTML
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return errors.SHAPE
    choice = _first_choice(answer)
    if choice is None:
        return errors.SHAPE
    message = choice["message"]
    text = _text(message)
    if text is None:
        return errors.SHAPE
    return Completion(
        text=text,
        finish_reason=choice.get("finish_reason") if isinstance(choice.get("finish_reason"), str) else None,
        usage=_usage(answer.get("usage")) or estimated_usage(request.messages, text),
        model=answer.get("model") if isinstance(answer.get("model"), str) else None,
        fingerprint=answer.get("system_fingerprint") if isinstance(answer.get("system_fingerprint"), str) else None,
        logprobs=choice.get("logprobs"),
    )


def _first_choice(answer: object) -> dict[str, Any] | None:
    choices = answer.get("choices") if isinstance(answer, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    return choices[0] if isinstance(choices[0].get("message"), dict) else None


def _text(message: Mapping[str, object]) -> str | None:
    """The content; empty where the answer is a tool call or a refusal, which are answers too."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return str(message.get("refusal") or "")
    return None


def _usage(given: object) -> Usage | None:
    """The provider's count, None when it is absent or cannot be true."""
    if not isinstance(given, Mapping):
        return None
    asked, answered = given.get("prompt_tokens"), given.get("completion_tokens")
    for count in (asked, answered):
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= LARGEST_COUNT:
            return None
    return Usage(int(str(asked)), int(str(answered)))
