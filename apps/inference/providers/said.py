"""What a server said, in whatever dialect, becomes a completion with the flags of what is odd about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.inference import errors
from apps.inference.providers.logprobs import Unusable
from apps.kernel.chat import ChatRequest, Completion, Positions, Usage, estimated_usage
from apps.kernel.text import HALF_PAIR, NUL, storable

LARGEST_COUNT = 10_000_000
# The words of an answer that one token can carry at most; tokens that span words stay far below.
WORDS_PER_TOKEN = 4
NAME_LENGTH = 200
FINISH_LENGTH = 40
KNOWN_ENDS = frozenset({"stop", "length", "content_filter", "tool_calls", "function_call"})


@dataclass(frozen=True, slots=True)
class Said:
    """One answer's parts as they came. ``finish`` is in OpenAI's words where the dialect has a word for it.

    ``counts`` are input and output tokens of any type, None where the server told no usage at all.
    """

    text: str
    finish: object
    counts: tuple[object, object] | None
    model: object
    positions: Callable[[], Positions | None]
    fingerprint: object = None
    tool_calls: object = None
    is_refusal: bool = False


def completion_of(said: Said, request: ChatRequest, *, is_utf8: bool) -> Completion:
    """Kept is what can be stored; the rest is a flag."""
    text, finish = said.text, name_of(said.finish, FINISH_LENGTH)
    usage = None if said.counts is None else _usage(*said.counts, text)
    kept = storable(text)
    flags = []
    if said.is_refusal or finish == "content_filter":
        flags.append(errors.REFUSED)
    if finish == "length":
        flags.append(errors.CUT)
    if finish is not None and finish not in KNOWN_ENDS:
        flags.append(errors.FINISH_UNKNOWN)
    if usage is None and said.counts is not None:
        flags.append(errors.USAGE_INVALID)
    if not is_utf8 or (kept != text and HALF_PAIR.search(text)):
        flags.append(errors.UTF8)
    if kept != text and NUL in text:
        flags.append(errors.NUL)
    try:
        positions = said.positions()
    except Unusable:
        positions = None
        flags.append(errors.LOGPROBS_INVALID)
    return Completion(
        text=kept,
        finish_reason=finish,
        usage=usage or estimated_usage(request.messages, kept),
        model=name_of(said.model, NAME_LENGTH),
        fingerprint=name_of(said.fingerprint, NAME_LENGTH),
        logprobs=positions,
        tool_calls=said.tool_calls or None,
        flags=tuple(flags),
    )


def counts_of(usage: object, asked: str, answered: str) -> tuple[object, object] | None:
    """The two counts of a usage object by their names, None where there is no usage."""
    if usage is None:
        return None
    return (usage.get(asked), usage.get(answered)) if isinstance(usage, Mapping) else (None, None)


def name_of(given: object, length: int = NAME_LENGTH) -> str | None:
    """A name as it can be kept, None for what is none."""
    return storable(given[:length]) if isinstance(given, str) else None


def counted(asked: object, answered: object) -> Usage | None:
    """The provider's count, None when it cannot be true."""
    if not _is_count(asked) or not _is_count(answered) or asked == 0:
        return None
    return Usage(int(str(asked)), int(str(answered)))


def _usage(asked: object, answered: object, text: str) -> Usage | None:
    """Likewise of an answer, which cannot have more words than its tokens may carry."""
    usage = counted(asked, answered)
    is_too_small = usage is not None and usage.output_tokens * WORDS_PER_TOKEN < len(text.split())
    return None if is_too_small else usage


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
