"""The older dialect of OpenAI: a prompt in, its continuation out. Base models have no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference import errors
from apps.inference.providers.dialect import MOST_ALTERNATIVES, Broken, Dialect, Gathering, fault_told
from apps.inference.providers.logprobs import from_columns
from apps.inference.providers.openai_chat import first_choice
from apps.inference.providers.said import Said, completion_of, counts_of
from apps.kernel.chat import ChatRequest, Completion

COLUMNS = ("tokens", "token_logprobs", "top_logprobs")
BETWEEN = "\n\n"


class OpenAICompletions(Dialect):
    """The prompt is the content of all messages, with a blank line between two: roles have no place in it."""

    name = "openai_completions"
    words = "OpenAI completions (a prompt and its continuation, for base models)"
    path = "/completions"

    def asked(self, request: ChatRequest) -> dict[str, object]:
        return {"model": request.model, "prompt": BETWEEN.join(one.content for one in request.messages)}

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

    def gathering(self) -> Gathering:
        return TextGathering()


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
