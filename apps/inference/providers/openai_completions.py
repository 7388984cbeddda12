"""The older dialect of OpenAI: a prompt in, its continuation out. Base models have no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference import errors
from apps.inference.providers.dialect import MOST_ALTERNATIVES, Broken, Dialect, Gathering, fault_told
from apps.inference.providers.logprobs import from_columns, named
from apps.inference.providers.openai_chat import first_choice
from apps.inference.providers.said import Said, completion_of, counts_of
from apps.inference.providers.scoring import Told, asking, told, usage_of
from apps.kernel import likelihood
from apps.kernel.chat import ChatRequest, Completion

COLUMNS = ("tokens", "token_logprobs", "top_logprobs")
BETWEEN = "\n\n"
# The prompt again with its log-probabilities, and one token more: some servers take 0 for "as many as fit".
SCORING = {"echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0}


class OpenAICompletions(Dialect):
    """The prompt is the content of all messages, with a blank line between two: roles have no place in it."""

    name = "openai_completions"
    words = "OpenAI completions (a prompt and its continuation, for base models)"
    path = "/completions"
    prompt_scoring = "echo"

    def asked(self, request: ChatRequest) -> dict[str, object]:
        return {"model": request.model, "prompt": _prompt(request) + (request.given or "")}

    def read(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        choice = first_choice(answer)
        text = choice.get("text") if choice else None
        if choice is None or not isinstance(text, str):
            return errors.SHAPE
        logprobs = choice.get("logprobs")
        said = Said(
            text=text,
            finish=choice.get("finish_reason"),
            counts=counts_of(answer.get("usage"), "prompt_tokens", "completion_tokens"),
            model=answer.get("model"),
            fingerprint=answer.get("system_fingerprint"),
            positions=lambda: from_columns(logprobs, top=request.parameters.get("logprobs")),
        )
        return completion_of(said, request, is_utf8=is_utf8)

    def scoring(self, request: ChatRequest, text: str) -> ChatRequest | None:
        return asking(request, text, SCORING)

    def read_scored(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        choice = first_choice(answer)
        tokens = None if choice is None else _echoed_tokens(choice.get("logprobs"))
        place = None if tokens is None else likelihood.within(tokens, _prompt(request), request.given or "")
        return told(answer, request, tokens, place, usage_of(answer))

    def gathering(self) -> Gathering:
        return TextGathering()


def _prompt(request: ChatRequest) -> str:
    return BETWEEN.join(one.content for one in request.messages)


def _echoed_tokens(given: object) -> Told | None:
    """Names and log-probabilities from the columns of an echo; its first token has none."""
    names, values = (given.get("tokens"), given.get("token_logprobs")) if isinstance(given, Mapping) else (None, None)
    if not isinstance(names, list) or not isinstance(values, list) or not names or len(names) != len(values):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    return [[named(name, None), value] for name, value in zip(names, values, strict=True)]


class TextGathering(Gathering):
    """Chunks with pieces of text, and pieces of the columns of log-probabilities."""

    def __init__(self) -> None:
        self._top: dict[str, Any] = {}
        self._text: list[str] = []
        self._finish: object = None
        self._columns: dict[str, list[Any]] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        if event.get("error"):
            raise Broken(fault_told(event["error"]))
        for name in ("id", "model", "system_fingerprint", "usage"):
            if event.get(name) is not None:
                self._top[name] = event[name]
        if not isinstance(event.get("choices"), list):
            raise Broken(errors.SHAPE)
        choice = first_choice(event)
        if choice is None or choice.get("index") not in (0, None):
            return
        if isinstance(choice.get("text"), str) and choice["text"]:
            self._text.append(choice["text"])
            self.count(len(choice["text"]))
        self._take_columns(choice.get("logprobs"))
        if choice.get("finish_reason") is not None:
            self._finish = choice["finish_reason"]

    def whole(self) -> Mapping[str, Any] | None:
        if self._finish is None:
            return None
        choice = {"text": "".join(self._text), "finish_reason": self._finish, "logprobs": self._columns or None}
        return {**self._top, "choices": [choice]}

    def _take_columns(self, given: object) -> None:
        for name in COLUMNS if isinstance(given, Mapping) else ():
            values = given.get(name) if isinstance(given, Mapping) else None
            if isinstance(values, list):
                self._columns.setdefault(name, []).extend(values)
                self._alternatives += sum(len(one) if isinstance(one, Mapping) else 1 for one in values)
        if self._alternatives > MOST_ALTERNATIVES:
            raise Broken(errors.TOO_LARGE)
