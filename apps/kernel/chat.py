"""Messages, requests and answers in one provider-neutral form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.kernel.errors import InvalidInput

# What a run needs from a token count when a provider sends none: about four characters a token in English.
CHARACTERS_PER_TOKEN = 4


class NothingToAsk(InvalidInput):
    """The example carries no messages, prompt or input."""

    code = "input_missing"
    title = "Nothing to ask a model"


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call. ``parameters`` go to the provider as they are; nothing is added that the user did not set."""

    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts, 0 or more; ``estimated`` when we counted because the provider did not."""

    input_tokens: int
    output_tokens: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered. ``logprobs`` is the provider's own structure, None where it gave none."""

    text: str
    finish_reason: str | None
    usage: Usage
    model: str | None = None
    fingerprint: str | None = None
    logprobs: object = None


def messages_of(
    example: Mapping[str, object], *, system: str | None = None, shots: Sequence[Message] = ()
) -> tuple[Message, ...]:
    """What to ask for an example: its messages, else its prompt, else its context and input.

    ``system`` and ``shots`` go in front. Raises NothingToAsk.
    """
    front = (*((Message("system", system),) if system else ()), *shots)
    messages = example.get("messages")
    if isinstance(messages, list):
        return (*front, *(Message(str(one["role"]), str(one["content"] or "")) for one in messages))
    prompt, asked, context = (example.get(name) for name in ("prompt", "input", "context"))
    if isinstance(prompt, str) and prompt:
        return (*front, Message("user", prompt))
    if not isinstance(asked, str) or not asked:
        raise NothingToAsk("The example has neither messages, prompt nor input.")
    return (*front, Message("user", f"{context}\n\n{asked}" if isinstance(context, str) and context else asked))


def estimated_usage(messages: Sequence[Message], answer: str) -> Usage:
    """A count of our own, marked so, where a provider sent none."""
    asked = sum(len(message.content) for message in messages)
    return Usage(_tokens(asked), _tokens(len(answer)), estimated=True)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
