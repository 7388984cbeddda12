"""How likely a model finds a given text: which of its tokens spell that text, and the sum of their log-probabilities.

Tokens come as a provider names them (``chat.Positions``): text, ``bytes:\\xc3`` for a part of a character, or text with
U+FFFD where the provider does not say which bytes it stands for. A place is found only where it is the only one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from apps.kernel.chat import Usage
from apps.kernel.text import REPLACEMENT

# What a text's tokens may lack to be counted as its log-probability; each is the reason why a row is missing.
NO_BOUNDARY = "boundary_not_found"
INVALID = "logprobs_invalid"
NO_BYTES = "no_bytes"

BYTES = "bytes:"
SLACK = 1e-6
# vLLM spells a probability of 0 like this; a sum with it would be a number that nobody measured.
FLOOR_NATS = -9999.0
# A server may put one mark before a prompt, and list one token more than the text: its end, or what it had to generate.
MARKS, LATER = 1, 1
# One U+FFFD stands for this many bytes, none of them ASCII.
LOST_BYTES = range(1, 4)
# So many ways to read a run of lost bytes are followed, and so many beginnings of a text behind its prompt; a
# stranger's answer may not make us follow more.
MOST_READINGS, MOST_STARTS = 64, 4

Sampling = Literal["temperature_1", "greedy", "other"]
Piece = bytes | None
Token = Sequence[object]
"""``[name, log-probability in nats or None, …]``; a name of None fits nothing."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """``nats`` is the log-probability of a text, 0 or less, over its ``tokens``; or ``reason`` why there is none."""

    nats: float | None = None
    tokens: int = 0
    reason: str | None = None


def opening(tokens: Sequence[Token], text: str, *, usage: Usage | None = None) -> tuple[int, int] | None:
    """Where the text stands when it is all that was said: from the first token, with at most one after it, its end.

    None where the tokens do not spell it, or where ``usage`` counted more tokens than are listed: some were left out
    (thoughts, parts of a character), and without their probability the text has none.
    """
    listed = _without_end(tokens)
    place = _only((0, end) for end, is_there in _walk(listed, text.encode()) if is_there and end >= len(tokens) - LATER)
    if place is None or usage is None or usage.estimated:
        return place
    # An end that is counted is listed by most servers; where it is listed nothing else may be missing.
    missing = usage.output_tokens - len(tokens)
    return place if missing <= (0 if place[1] < len(tokens) else LATER) else None


def within(tokens: Sequence[Token], before: str, text: str) -> tuple[int, int] | None:
    """Where the text stands behind ``before`` in a prompt that was echoed, with one mark before it at the most."""
    for start in range(MARKS + 1):
        found = _only(_behind(tokens[start:], before.encode(), text))
        if found is not None:
            return start + found[0], start + found[1]
    return None


def closing(tokens: Sequence[Token], text: str) -> tuple[int, int] | None:
    """Where the text stands when it is the end of a prompt whose beginning only the server knows (a chat template)."""
    reversed_text = text.encode()[::-1]
    backwards = _walk(list(tokens)[::-1], reversed_text, is_backwards=True)
    return _only((len(tokens) - count, len(tokens)) for count, at in backwards if at)


def likelihood(tokens: Sequence[Token], place: tuple[int, int] | None) -> Likelihood:
    """The sum over a place; missing as ``boundary_not_found`` without one, or ``logprobs_invalid``."""
    if place is None:
        return Likelihood(reason=NO_BOUNDARY)
    values = [token[1] for token in tokens[place[0] : place[1]]]
    if not all(map(is_logprob, values)):
        return Likelihood(reason=INVALID)
    return Likelihood(min(0.0, math.fsum(values)), len(values))  # type: ignore[arg-type]


def is_logprob(value: object) -> bool:
    """A finite number of nats that a probability above 0 can have, but for rounding."""
    # Compared before it is made a float: JSON may spell an integer that no float holds.
    return isinstance(value, int | float) and not isinstance(value, bool) and FLOOR_NATS < value <= SLACK


def sampling_of(parameters: Mapping[str, object]) -> Sampling:
    """How these parameters draw an answer: from the model's own distribution (only then is the gap a divergence),

    always the likeliest token, or in some other way. A temperature that is left out is the server's default: any.
    """
    if _is_own(parameters):
        return "temperature_1"
    return "greedy" if parameters.get("temperature") == 0 else "other"


def _is_own(parameters: Mapping[str, object]) -> bool:
    usual: dict[str, tuple[object, ...]] = {
        "top_p": (1, None), "top_k": (0, -1, None), "min_p": (0, None), "typical_p": (1, None),
        "frequency_penalty": (0, None), "presence_penalty": (0, None), "repetition_penalty": (1, None),
        "repeat_penalty": (1, None), "logit_bias": ({}, [], None), "response_format": (None,), "guided_json": (None,),
        "guided_regex": (None,), "guided_choice": (None,), "guided_grammar": (None,), "structured_outputs": (None,),
        "grammar": (None,), "json_schema": (None,),
    }  # fmt: skip
    return parameters.get("temperature") == 1 and all(
        parameters.get(name, values[0]) in values for name, values in usual.items()
    )


def _without_end(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without a last token of no letters: the end, as llama.cpp lists it."""
    return tokens[:-1] if tokens and tokens[-1][0] == "" else tokens


def _behind(tokens: Sequence[Token], before: bytes, text: str) -> Iterator[tuple[int, int]]:
    starts = (start for start, is_there in _walk(tokens, before) if is_there)
    for start in islice(starts, MOST_STARTS):
        rest = _without_end(tokens[start:])
        for count, is_spelled in _walk(rest, text.encode()):
            if is_spelled and count >= len(tokens) - start - LATER:
                yield start, start + count


def _walk(tokens: Sequence[Token], text: bytes, *, is_backwards: bool = False) -> Iterator[tuple[int, bool]]:
    """After how many tokens the text can be spelled to its end. Stops where the tokens spell something else."""
    at = {0}
    yield 0, not text
    for count, token in enumerate(tokens, start=1):
        pieces = _pieces(token[0]) if isinstance(token[0], str) else None
        if pieces is None:
            return
        at = _after(pieces[::-1] if is_backwards else pieces, text, at, is_backwards=is_backwards)
        if not at or len(at) > MOST_READINGS:
            return
        yield count, len(text) in at


def _after(pieces: Sequence[Piece], text: bytes, at: set[int], *, is_backwards: bool) -> set[int]:
    for piece in pieces:
        if piece is None:
            at = {place + size for place in at for size in LOST_BYTES if _is_lost(text[place : place + size], size)}
        else:
            spelled = piece[::-1] if is_backwards else piece
            at = {place + len(spelled) for place in at if text.startswith(spelled, place)}
    return at


def _is_lost(spelled: bytes, size: int) -> bool:
    return len(spelled) == size and min(spelled) > 0x7F


def _pieces(name: str) -> list[Piece]:
    """The bytes of a token in order, None for those that its name has lost."""
    if name.startswith(BYTES) and re.fullmatch(r"(\\x[0-9a-f]{2})+", name[len(BYTES) :]):
        return [bytes.fromhex(name[len(BYTES) :].replace("\\x", ""))]
    parts: list[Piece] = []
    for number, part in enumerate(name.split(REPLACEMENT)):
        parts += [None] * bool(number) + [part.encode("utf-8", "replace")]
    return parts


def _only(found: Iterator[tuple[int, int]]) -> tuple[int, int] | None:
    """The one place, None where there are none or several."""
    places = list(found)
    return places[0] if len(places) == 1 else None
