"""Ollama's own chat: options in an object of their own, answers in lines of JSON, counts under their own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference import errors
from apps.inference.providers.dialect import Broken, Dialect, Gathering, fault_told
from apps.inference.providers.logprobs import from_items
from apps.inference.providers.openai_chat import MOST_TOOL_CALLS, spelled
from apps.inference.providers.said import Said, completion_of, counts_of
from apps.kernel.chat import ChatRequest, Completion


class Ollama(Dialect):
    """Temperature and its like belong into ``options``, as its documentation has them: {"options": {"seed": 7}}.

    It answers in pieces unless ``stream`` is set to false.
    """

    name = "ollama"
    words = "Ollama (its own /api/chat)"
    path = "/api/chat"
    limits = ("options.num_predict",)
    is_lines = True

    def asked(self, request: ChatRequest) -> dict[str, object]:
        return {"model": request.model, "messages": list(map(spelled, request.messages))}

    def is_stream(self, request: ChatRequest) -> bool:
        return request.parameters.get("stream") is not False

    def read(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        if answer.get("error"):
            return fault_told(answer["error"])
        message = answer.get("message")
        text = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(message, Mapping) or not isinstance(text, str):
            return errors.SHAPE
        has_counts = "eval_count" in answer or "prompt_eval_count" in answer
        calls = message.get("tool_calls")
        said = Said(
            text=text,
            finish="tool_calls" if calls and answer.get("done_reason") == "stop" else answer.get("done_reason"),
            # A prompt that was answered from the cache has no count: then ours stands, marked as an estimate.
            counts=counts_of(answer if has_counts else None, "prompt_eval_count", "eval_count"),
            model=answer.get("model"),
            positions=lambda: from_items(answer.get("logprobs"), top=request.parameters.get("top_logprobs")),
            tool_calls=calls,
        )
        return completion_of(said, request, is_utf8=is_utf8)

    def gathering(self) -> Gathering:
        return LineGathering()


class LineGathering(Gathering):
    """A message in pieces; the line that says ``done`` carries reason and counts."""

    def __init__(self) -> None:
        self._last: Mapping[str, Any] | None = None
        self._text: list[str] = []
        self._tools: list[Any] = []
        self._logprobs: list[Any] | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        if event.get("error"):
            raise Broken(fault_told(event["error"]))
        message = event.get("message")
        if not isinstance(message, Mapping):
            raise Broken(errors.SHAPE)
        if isinstance(message.get("content"), str) and message["content"]:
            self._text.append(message["content"])
            self.count(len(message["content"]))
        if isinstance(message.get("tool_calls"), list):
            self._tools.extend(message["tool_calls"])
            self.has_begun = True
        if isinstance(event.get("logprobs"), list):
            self._logprobs = self._logprobs if self._logprobs is not None else []
            self._logprobs.extend(event["logprobs"])
            self.count_items(event["logprobs"])
        if len(self._tools) > MOST_TOOL_CALLS:
            raise Broken(errors.SHAPE)
        if event.get("done") is True:
            self._last, self.is_done = event, True

    def whole(self) -> Mapping[str, Any] | None:
        if self._last is None:
            return None
        message = {"content": "".join(self._text), "tool_calls": self._tools or None}
        return {**self._last, "message": message, "logprobs": self._logprobs}
