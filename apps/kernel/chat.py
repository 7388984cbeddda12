"""Messages, requests and answers in one provider-neutral form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.kernel.errors import InvalidInput

# What a run needs from a token count when a provider sends none: about four characters a token in English.
CHARACTERS_PER_TOKEN = 4

# Log probabilities, one list a generated token: ``[token, logprob, [[token, logprob], …]]``. The last is the
# provider's top k at that place in its order, empty where none was asked for. Natural logarithms, each finite and 0 or
# less (but for rounding, 1e-6). A token that is no whole character goes by its bytes, ``bytes:\xc3``. Fit for JSON.
Positions = list[list[object]]


class NothingToAsk(InvalidInput):
    """The example carries no messages, prompt or input that a model can be asked with."""

    code = "input_missing"
    title = "Nothing to ask a model"


class UsageInvalid(InvalidInput):
    """A token count is below zero."""

    code = "usage_invalid"
    title = "A token count cannot be used"


@dataclass(frozen=True, slots=True)
class Message:
    """``extra`` is what else stood in the message (``tool_calls``, ``tool_call_id``, ``name``), sent as it is."""

    role: str
    content: str
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call. ``parameters`` go to the provider as they are; nothing is added that the user did not set.

    With ``given`` nothing is to be answered: the model is asked how likely it finds this text as its answer.
    """

    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts; ``estimated`` when we counted because the provider did not. Raises UsageInvalid below 0."""

    input_tokens: int
    output_tokens: int
    estimated: bool = False

    def __post_init__(self) -> None:
        if self.input_tokens < 0 or self.output_tokens < 0:
            raise UsageInvalid(f"Token counts are 0 or more, not {self.input_tokens} and {self.output_tokens}.")


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered. ``logprobs`` is in our compact form (Positions), None where none came or a wrong one.

    ``flags`` are codes of what is odd about an answer that counts all the same, such as ``upstream_refused``.
    Of a given text ``logprobs`` holds just its own tokens, and ``flags`` says why there are none.
    """

    text: str
    finish_reason: str | None
    usage: Usage
    model: str | None = None
    fingerprint: str | None = None
    logprobs: Positions | None = None
    tool_calls: object = None
    flags: tuple[str, ...] = ()


def messages_of(
    example: Mapping[str, object], *, system: str | None = None, shots: Sequence[Message] = ()
) -> tuple[Message, ...]:
    """What to ask for an example: its messages, else its prompt, else its context and input.

    ``system`` and ``shots`` go in front. Raises NothingToAsk, also for content that is no text (an image).
    """
    front = (*((Message("system", system),) if system else ()), *shots)
    messages = example.get("messages")
    if isinstance(messages, list) and messages:
        return (*front, *map(_message, messages))
    prompt, asked, context = (example.get(name) for name in ("prompt", "input", "context"))
    if isinstance(prompt, str) and prompt:
        return (*front, Message("user", prompt))
    if not isinstance(asked, str) or not asked:
        raise NothingToAsk("The example has neither messages, prompt nor input.")
    return (*front, Message("user", f"{context}\n\n{asked}" if isinstance(context, str) and context else asked))


def _message(given: Mapping[str, object]) -> Message:
    extra = {name: value for name, value in given.items() if name not in ("role", "content")}
    return Message(str(given["role"]), text_of(given["content"]), extra)


def text_of(content: object) -> str:
    """The text of a message's content: a string, null, or a list of text parts. Raises NothingToAsk for other parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise NothingToAsk("A message holds a part that is no text.", code="content_unsupported")
    return "".join(map(str, texts))


def estimated_usage(messages: Sequence[Message], answer: str) -> Usage:
    """A count of our own, marked so, where a provider sent none."""
    asked = sum(len(message.content) for message in messages)
    return Usage(_tokens(asked), _tokens(len(answer)), estimated=True)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
