"""The dialect of OpenAI's chat completions, which most model servers speak as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.inference import errors
from apps.inference.providers.dialect import Broken, Dialect, Gathering, fault_told
from apps.inference.providers.logprobs import Unusable, from_items
from apps.inference.providers.said import Said, completion_of, counts_of
from apps.kernel.chat import ChatRequest, Completion, Message, Positions

MOST_TOOL_CALLS = 128


class OpenAIChat(Dialect):
    name = "openai_chat"
    words = "OpenAI chat completions (also Azure, LM Studio, most gateways)"
    path = "/chat/completions"
    limits = ("max_completion_tokens", "max_tokens")

    def asked(self, request: ChatRequest) -> dict[str, object]:
        return {"model": request.model, "messages": list(map(spelled, request.messages))}

    def read(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        choice = first_choice(answer)
        message = choice.get("message") if choice else None
        text = _text(message) if isinstance(message, Mapping) else None
        if choice is None or message is None or text is None:
            return errors.SHAPE
        logprobs = choice.get("logprobs")
        said = Said(
            text=text,
            finish=choice.get("finish_reason"),
            counts=counts_of(answer.get("usage"), "prompt_tokens", "completion_tokens"),
            model=answer.get("model"),
            fingerprint=answer.get("system_fingerprint"),
            positions=lambda: _positions(logprobs, request),
            tool_calls=message.get("tool_calls"),
            is_refusal=bool(message.get("refusal")),
        )
        return completion_of(said, request, is_utf8=is_utf8)

    def gathering(self) -> Gathering:
        return ChatGathering()


class ChatGathering(Gathering):
    """Chunks with deltas; usage may come in a chunk of its own, without choices."""

    def __init__(self) -> None:
        self._top: dict[str, Any] = {}
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._finish: object = None
        self._logprobs: list[Any] | None = None
        self._tools: dict[int, dict[str, Any]] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        if event.get("error"):
            raise Broken(fault_told(event["error"]))
        for name in ("id", "model", "system_fingerprint", "usage"):
            if event.get(name) is not None:
                self._top[name] = event[name]
        choices = event.get("choices")
        if not isinstance(choices, list):
            raise Broken(errors.SHAPE)
        # One answer is asked for; where a version asks for several, the first counts, as in a whole answer.
        for choice in choices:
            if not isinstance(choice, Mapping):
                raise Broken(errors.SHAPE)
            if choice.get("index") in (0, None):
                self._take_choice(choice)

    def whole(self) -> Mapping[str, Any] | None:
        if self._finish is None:
            return None
        message: dict[str, Any] = {"content": "".join(self._text)}
        if self._refusal:
            message["refusal"] = "".join(self._refusal)
            message["content"] = message["content"] or None
        if self._tools:
            message["tool_calls"] = [self._tools[index] for index in sorted(self._tools)]
        logprobs = None if self._logprobs is None else {"content": self._logprobs}
        return {**self._top, "choices": [{"message": message, "finish_reason": self._finish, "logprobs": logprobs}]}

    def _take_choice(self, choice: Mapping[str, Any]) -> None:
        delta = choice.get("delta") or {}
        if not isinstance(delta, Mapping):
            raise Broken(errors.SHAPE)
        for name, pieces in (("content", self._text), ("refusal", self._refusal)):
            piece = delta.get(name)
            if isinstance(piece, str) and piece:
                pieces.append(piece)
                self.count(len(piece))
        if delta.get("tool_calls"):
            self._take_tools(delta["tool_calls"])
        if choice.get("logprobs"):
            self._take_logprobs(choice["logprobs"])
        if choice.get("finish_reason") is not None:
            self._finish = choice["finish_reason"]

    def _take_logprobs(self, given: object) -> None:
        items = given.get("content") if isinstance(given, Mapping) else None
        if not isinstance(items, list):
            return
        self._logprobs = self._logprobs if self._logprobs is not None else []
        self._logprobs.extend(items)
        self.count_items(items)

    def _take_tools(self, given: object) -> None:
        for piece in given if isinstance(given, list) else ():
            index = piece.get("index") if isinstance(piece, Mapping) else None
            if not isinstance(index, int) or not 0 <= index < MOST_TOOL_CALLS:
                raise Broken(errors.SHAPE)
            call = self._tools.setdefault(index, {"type": "function", "function": {"name": "", "arguments": ""}})
            call.update({name: piece[name] for name in ("id", "type") if piece.get(name)})
            function = piece.get("function")
            for name, text in function.items() if isinstance(function, Mapping) else ():
                if name in call["function"] and isinstance(text, str):
                    call["function"][name] += text
                    self.count(len(text))


def spelled(message: Message) -> dict[str, object]:
    """A message with whatever else stood in it."""
    if not message.extra:
        return {"role": message.role, "content": message.content}
    return {**message.extra, "role": message.role, "content": message.content}


def first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    return choices[0]


def _positions(logprobs: object, request: ChatRequest) -> Positions | None:
    if logprobs is None:
        return None
    if not isinstance(logprobs, Mapping):
        raise Unusable
    return from_items(logprobs.get("content"), top=request.parameters.get("top_logprobs"))


def _text(message: Mapping[str, object]) -> str | None:
    """The content; empty where the answer is a tool call, and the refusal's words where it is a refusal."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return str(message.get("refusal") or "")
    if isinstance(content, list):
        # Some servers answer in parts; thoughts and citations are no text of the answer.
        parts = [one.get("text") for one in content if isinstance(one, dict) and one.get("type") == "text"]
        return "".join(map(str, parts))
    return None
