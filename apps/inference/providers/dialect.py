"""What the dialects of model servers share: how a request is spelled, what a status means, how an answer is read."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import orjson

from apps.inference import errors
from apps.inference.providers.reading import Unreadable, loaded
from apps.kernel.chat import ChatRequest, Completion

# What a stream may make us keep: an answer's text, and alternatives of its tokens.
MOST_CHARACTERS = 4 * 1024 * 1024
MOST_ALTERNATIVES = 200_000
OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
OVERFLOW_WORDS = ("maximum context length", "context size", "prompt is too long", "context window", "max_model_len")
FAULTS = {
    400: errors.BAD_REQUEST,
    401: errors.REFUSED_KEY,
    403: errors.REFUSED_KEY,
    404: errors.NO_SUCH_MODEL,
    408: errors.FAILED,
    409: errors.FAILED,
    413: errors.BAD_REQUEST,
    422: errors.BAD_REQUEST,
    429: errors.RATE_LIMITED,
    **dict.fromkeys((301, 302, 303, 307, 308), errors.REDIRECTED),
}

TOLD = (
    (frozenset({"rate_limit_error", "rate_limit_exceeded", "429"}), errors.RATE_LIMITED),
    (OVERFLOW_CODES, errors.CONTEXT_OVERFLOW),
    (frozenset({"invalid_request_error", "invalid_prompt", "400"}), errors.BAD_REQUEST),
)


Scoring = Literal["unsupported", "prompt_logprobs", "echo", "forced"]


class Broken(Exception):
    """A stream says that it fails, or what it says cannot be read. ``code`` is the fault, ``at`` the byte of it."""

    def __init__(self, code: str, at: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.at = at


class Gathering(ABC):
    """Puts the events of one stream together into an answer as it would have come whole."""

    has_begun = False  # something of the answer itself has come: the first token's time
    is_done = False  # the stream said that it ends; nothing after it is read
    _size = 0
    _alternatives = 0

    def count(self, characters: int) -> None:
        """Of the answer's own text so much more is kept. Raises Broken where that is more than an answer may be."""
        self.has_begun = self.has_begun or characters > 0
        self._size += characters
        if self._size > MOST_CHARACTERS:
            raise Broken(errors.TOO_LARGE)

    def count_items(self, items: list[Any]) -> None:
        """So many more tokens with their alternatives are kept. Raises Broken."""
        for item in items:
            others = item.get("top_logprobs") if isinstance(item, Mapping) else None
            self._alternatives += 1 + (len(others) if isinstance(others, list) else 0)
        if self._alternatives > MOST_ALTERNATIVES:
            raise Broken(errors.TOO_LARGE)

    @abstractmethod
    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event's JSON object in. Raises Broken."""

    @abstractmethod
    def whole(self) -> Mapping[str, Any] | None:
        """The answer; None where the stream broke off before it was whole."""


class Dialect(ABC):
    """One way of talking to a model server. It has no state; parameters go out as the user set them, and only they."""

    name: ClassVar[str]
    words: ClassVar[str]  # for people who choose
    path: ClassVar[str]
    # Parameters without which the server refuses every call; nothing is filled in for the user.
    required: ClassVar[tuple[str, ...]] = ()
    # How it names the most tokens of an answer, a dot for an object inside another; it takes no notice of other names.
    limits: ClassVar[tuple[str, ...]] = ("max_tokens",)
    # Lines of JSON instead of server-sent events.
    is_lines: ClassVar[bool] = False
    # How a server of this dialect tells the log-probability of a text that it is given.
    prompt_scoring: ClassVar[Scoring] = "unsupported"

    def headers(self, credential: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {credential}"} if credential else {}

    def body_of(self, request: ChatRequest) -> bytes:
        """The request as JSON: what it asks, and exactly the parameters that were set."""
        content = {**request.parameters, **self.asked(request)}
        try:
            return orjson.dumps(content)
        except TypeError:
            # Half a surrogate pair has no UTF-8; escaped like this it is JSON, and the other side's to judge. Nor does
            # orjson spell an integer beyond 64 bits.
            return json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")

    def is_stream(self, request: ChatRequest) -> bool:
        """Does the answer come in pieces?"""
        return request.parameters.get("stream") is True

    def fault_of_status(self, status: int) -> str | None:
        """The fault that a status means, None for 200."""
        if status == 200:
            return None
        return FAULTS.get(status) or (errors.FAILED if status >= 500 else errors.STATUS)

    def is_overflow(self, content: bytes) -> bool:
        """Does a 400's body say that the messages are too long for the model? That is the model's limit, not ours."""
        try:
            answer, _ = loaded(content)
        except Unreadable:
            return False
        told = _told(answer)
        if {str(told.get("code")), str(told.get("type"))} & OVERFLOW_CODES:
            return True
        return any(words in str(told.get("message")).casefold() for words in OVERFLOW_WORDS)

    def read_whole(self, content: bytes, request: ChatRequest) -> tuple[Completion | str, str | None]:
        """The completion, or the code of what is wrong with it; and the answer's id."""
        try:
            answer, is_utf8 = loaded(content)
        except Unreadable as unreadable:
            return unreadable.code, None
        if not isinstance(answer, Mapping):
            return errors.SHAPE, None
        read = self.read if request.given is None else self.read_scored
        return read(answer, request, is_utf8=is_utf8), self.answer_id(answer)

    def is_end(self, text: bytes) -> bool:
        """Is this event's text the mark that the stream is over?"""
        return text == b"[DONE]"

    @abstractmethod
    def asked(self, request: ChatRequest) -> dict[str, object]:
        """Model and messages, as this dialect names them."""

    @abstractmethod
    def read(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        """The completion in a whole answer's object, or the code of what is wrong with it."""

    @abstractmethod
    def gathering(self) -> Gathering:
        """For one stream."""

    def scoring(self, request: ChatRequest, text: str) -> ChatRequest | None:
        """The request that asks how likely the model finds ``text`` as its answer; None where that cannot be asked.

        Of the version's parameters only those go with it that shape the prompt.
        """
        return None

    def read_scored(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        """The given text with the log-probabilities of its tokens, or the code of what is wrong with the answer."""
        return errors.SHAPE

    def answer_id(self, answer: Mapping[str, Any]) -> str | None:
        """The name the server gave this answer, None where it gives none."""
        found = answer.get("id")
        return found if isinstance(found, str) else None


def _told(answer: object) -> Mapping[str, object]:
    """The part of a refusal that says why: ``{"error": {…}}``, ``{"error": "…"}``, or (vLLM's older form) all of it."""
    if not isinstance(answer, Mapping):
        return {}
    error = answer.get("error")
    if isinstance(error, Mapping):
        return error
    return {"message": error} if isinstance(error, str) else answer


def fault_told(error: object) -> str:
    """The fault that an error inside a stream or a 200 means; a failure where it names none that we know."""
    told = error if isinstance(error, Mapping) else {}
    named = {str(told.get("type")), str(told.get("code"))}
    return next((fault for names, fault in TOLD if named & names), errors.FAILED)
