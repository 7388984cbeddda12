"""The dialect of OpenAI's chat completions, which vLLM, Ollama and llama.cpp speak as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from apps.inference import errors
from apps.inference.providers.logprobs import Unusable, from_items
from apps.kernel.chat import ChatRequest, Completion, Positions, Usage, estimated_usage
from apps.kernel.text import HALF_PAIR, NUL, storable

PATH = b"/chat/completions"
LARGEST_COUNT = 10_000_000
# The words of an answer that one token can carry at most; tokens that span words stay far below.
WORDS_PER_TOKEN = 4
# Many small values are what makes a small body large in memory and slow to read, while every other call waits; a long
# answer with 20 alternatives a token has fewer.
MOST_CONTAINERS, MOST_COMMAS = 300_000, 500_000
NAME_LENGTH = 200
FINISH_LENGTH = 40
KNOWN_ENDS = frozenset({"stop", "length", "content_filter", "tool_calls", "function_call"})
# Answers are read whole, so a version's wish to stream is not passed on.
STREAMING = frozenset({"stream", "stream_options"})
OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
OVERFLOW_WORDS = ("maximum context length", "context size")
FAULTS = {
    400: errors.BAD_REQUEST,
    401: errors.REFUSED_KEY,
    403: errors.REFUSED_KEY,
    404: errors.NO_SUCH_MODEL,
    408: errors.FAILED,
    409: errors.FAILED,
    422: errors.BAD_REQUEST,
    429: errors.RATE_LIMITED,
    **dict.fromkeys((301, 302, 303, 307, 308), errors.REDIRECTED),
}


def url_of(base_url: str) -> httpx.URL:
    """Where to post. A query of the base URL (``?api-version=…``) stays behind the path."""
    base = httpx.URL(base_url)
    path, mark, query = base.raw_path.partition(b"?")
    return base.copy_with(raw_path=path.rstrip(b"/") + PATH + mark + query)


def body_of(request: ChatRequest) -> bytes:
    """The request as JSON: model, messages and exactly the parameters that were set, but no wish to stream."""
    parameters = {name: value for name, value in request.parameters.items() if name not in STREAMING}
    messages = [{**one.extra, "role": one.role, "content": one.content} for one in request.messages]
    text = json.dumps({**parameters, "model": request.model, "messages": messages}, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8; escaped like this it is JSON, and the other side's to judge.
    return text.encode("utf-8", "backslashreplace")


def fault_of_status(status: int) -> str | None:
    """The fault that a status means, None for 200."""
    if status == 200:
        return None
    return FAULTS.get(status) or (errors.FAILED if status >= 500 else errors.STATUS)


def is_overflow(content: bytes) -> bool:
    """Does the body of a 400 say that the messages are too long for the model? That is the model's limit, not ours."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return False
    error = answer.get("error") if isinstance(answer, dict) else None
    told = error if isinstance(error, dict) else {"message": error}
    if {str(told.get("code")), str(told.get("type"))} & OVERFLOW_CODES:
        return True
    return any(words in str(told.get("message")).casefold() for words in OVERFLOW_WORDS)


def read_answer(content: bytes, request: ChatRequest) -> Completion | str:
    """The completion, or the code of what is wrong with it."""
    if not content.strip():
        return errors.EMPTY
    if content.lstrip()[:1] == b"<":
        return errors.HTML
    if content.count(b"{") + content.count(b"[") > MOST_CONTAINERS or content.count(b",") > MOST_COMMAS:
        return errors.SHAPE
    try:
        answer = json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return errors.SHAPE
    choice = _first_choice(answer)
    text = None if choice is None else _text(choice["message"])
    if choice is None or text is None:
        return errors.SHAPE
    return _completion(answer, choice, text, request, is_utf8=_is_utf8(content))


def _completion(
    answer: Mapping[str, object], choice: Mapping[str, Any], text: str, request: ChatRequest, *, is_utf8: bool
) -> Completion:
    message, finish = choice["message"], _name(choice.get("finish_reason"), FINISH_LENGTH)
    usage, kept = _usage(answer.get("usage"), text), storable(text)
    positions, has_logprobs = _positions(choice, request)
    flags = {
        errors.REFUSED: finish == "content_filter" or bool(message.get("refusal")),
        errors.CUT: finish == "length",
        errors.FINISH_UNKNOWN: finish is not None and finish not in KNOWN_ENDS,
        errors.USAGE_INVALID: usage is None and answer.get("usage") is not None,
        errors.UTF8: not is_utf8 or HALF_PAIR.search(text) is not None,
        errors.NUL: NUL in text,
        errors.LOGPROBS_INVALID: not has_logprobs,
    }
    return Completion(
        text=kept,
        finish_reason=finish,
        usage=usage or estimated_usage(request.messages, kept),
        model=_name(answer.get("model"), NAME_LENGTH),
        fingerprint=_name(answer.get("system_fingerprint"), NAME_LENGTH),
        logprobs=positions,
        tool_calls=message.get("tool_calls") or None,
        flags=tuple(flag for flag, is_set in flags.items() if is_set),
    )


def _positions(choice: Mapping[str, object], request: ChatRequest) -> tuple[Positions | None, bool]:
    """The log probabilities, and False where some came that cannot be true."""
    given = choice.get("logprobs")
    if given is not None and not isinstance(given, Mapping):
        return None, False
    try:
        return from_items(given and given.get("content"), top=request.parameters.get("top_logprobs")), True
    except Unusable:
        return None, False


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _name(given: object, length: int) -> str | None:
    return storable(given[:length]) if isinstance(given, str) else None


def _first_choice(answer: object) -> dict[str, Any] | None:
    choices = answer.get("choices") if isinstance(answer, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    return choices[0] if isinstance(choices[0].get("message"), dict) else None


def _text(message: Mapping[str, object]) -> str | None:
    """The content; empty where the answer is a tool call, and the refusal's words where it is a refusal."""
    content = message.get("content")
    if content is None:
        return str(message.get("refusal") or "")
    if isinstance(content, list):
        # Some servers answer in parts; thoughts and citations are no text of the answer.
        parts = [one.get("text") for one in content if isinstance(one, dict) and one.get("type") == "text"]
        return "".join(map(str, parts))
    return content if isinstance(content, str) else None


def _usage(given: object, text: str) -> Usage | None:
    """The provider's count, None when it is absent or cannot be true."""
    if not isinstance(given, Mapping):
        return None
    asked, answered = given.get("prompt_tokens"), given.get("completion_tokens")
    if not _is_count(asked) or not _is_count(answered):
        return None
    usage = Usage(int(str(asked)), int(str(answered)))
    is_too_small = usage.input_tokens == 0 or usage.output_tokens * WORDS_PER_TOKEN < len(text.split())
    return None if is_too_small else usage


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
