"""The dialect of Anthropic's messages: the system prompt apart, and a length that has to be set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference import errors
from apps.inference.providers.dialect import Broken, Dialect, Gathering, fault_told
from apps.inference.providers.openai_chat import MOST_TOOL_CALLS, spelled
from apps.inference.providers.said import Said, completion_of
from apps.kernel.chat import ChatRequest, Completion

VERSION = "2023-06-01"
SYSTEM_ROLES = frozenset({"system", "developer"})
BETWEEN = "\n\n"
ENDS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
# Tokens read from a cache or written to one were read as well; they are billed, if at other prices.
INPUT_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class AnthropicMessages(Dialect):
    name = "anthropic_messages"
    words = "Anthropic messages"
    path = "/messages"
    required = ("max_tokens",)

    def headers(self, credential: str | None) -> dict[str, str]:
        return {"anthropic-version": VERSION, **({"x-api-key": credential} if credential else {})}

    def asked(self, request: ChatRequest) -> dict[str, object]:
        system = [one.content for one in request.messages if one.role in SYSTEM_ROLES]
        others = [spelled(one) for one in request.messages if one.role not in SYSTEM_ROLES]
        front = {"system": BETWEEN.join(system)} if system else {}
        return {"model": request.model, **front, "messages": others}

    def read(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        if answer.get("type") == "error":
            return fault_told(answer.get("error"))
        blocks = answer.get("content")
        if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
            return errors.SHAPE
        end = answer.get("stop_reason")
        said = Said(
            text="".join(str(block.get("text")) for block in blocks if block.get("type") == "text"),
            finish=ENDS.get(end, end) if isinstance(end, str) else None,
            counts=_counts(answer.get("usage")),
            model=answer.get("model"),
            positions=lambda: None,
            tool_calls=[block for block in blocks if block.get("type") == "tool_use"],
        )
        return completion_of(said, request, is_utf8=is_utf8)

    def gathering(self) -> Gathering:
        return MessageGathering()


class MessageGathering(Gathering):
    """A message's beginning, its blocks piece by piece, its end; the usage's parts come in both."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[int, list[str]] = {}
        self._is_stopped = False

    def take(self, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if kind == "error":
            raise Broken(fault_told(event.get("error")))
        if kind == "message_start":
            self._message.update(_object(event, "message"))
            self._usage.update(self._message.get("usage") or {})
        elif kind == "content_block_start":
            self._blocks[_index(event)] = dict(_object(event, "content_block"))
        elif kind == "content_block_delta":
            self._take_piece(_index(event), _object(event, "delta"))
        elif kind == "message_delta":
            self._message.update(_object(event, "delta"))
            self._usage.update(event.get("usage") or {})
        elif kind == "message_stop":
            self._is_stopped = self.is_done = True
        elif not isinstance(kind, str):
            raise Broken(errors.SHAPE)

    def whole(self) -> Mapping[str, Any] | None:
        if self._message.get("stop_reason") is None and not self._is_stopped:
            return None
        blocks = []
        for index in sorted(self._blocks):
            block, pieces = self._blocks[index], "".join(self._pieces.get(index, ()))
            name = "text" if block.get("type") == "text" else "input_json"
            blocks.append({**block, name: str(block.get(name) or "") + pieces})
        return {**self._message, "content": blocks, "usage": self._usage or None}

    def _take_piece(self, index: int, delta: Mapping[str, Any]) -> None:
        piece = delta.get("text") if delta.get("type") == "text_delta" else delta.get("partial_json")
        if isinstance(piece, str) and index in self._blocks:
            self._pieces.setdefault(index, []).append(piece)
            self.count(len(piece))


def _object(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    if not isinstance(found, Mapping):
        raise Broken(errors.SHAPE)
    return found


def _index(event: Mapping[str, Any]) -> int:
    index = event.get("index")
    if not isinstance(index, int) or not 0 <= index < MOST_TOOL_CALLS:
        raise Broken(errors.SHAPE)
    return index


def _counts(usage: object) -> tuple[object, object] | None:
    """Input tokens with those of the cache, and output tokens; anything that is no number spoils the count."""
    if usage is None:
        return None
    if not isinstance(usage, Mapping):
        return None, None
    parts = [usage.get(name) for name in INPUT_COUNTS]
    told = [part for part in parts if part is not None]
    is_whole = told and all(isinstance(part, int) and not isinstance(part, bool) and part >= 0 for part in told)
    return (sum(told) if is_whole else None), usage.get("output_tokens")
