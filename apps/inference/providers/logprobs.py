"""Log probabilities as a provider sent them, in our compact form: whole and possible, or left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from apps.kernel.chat import Positions
from apps.kernel.text import REPLACEMENT, storable

# Rounding in a provider's floats; a probability beyond it is none.
SLACK = 1e-6
LARGEST_SUM = 1.001
Pair = tuple[str, float]


class Unusable(ValueError):
    """Some log probability cannot be true: not finite, above 0, doubled, fewer than asked, or more than 1 in sum."""


def from_items(items: object, *, top: object) -> Positions | None:
    """Positions from a list of ``{token, logprob, bytes, top_logprobs}``, None where none came. Raises Unusable.

    ``top`` is the number of alternatives that was asked for; a list with fewer is unusable.
    """
    if items is None:
        return None
    if not isinstance(items, list):
        raise Unusable
    least = _count(top)
    return [_position(_pair(item), _alternatives(item), least) for item in items]


def from_columns(given: object, *, top: object) -> Positions | None:
    """Positions from the older ``{tokens, token_logprobs, top_logprobs: [{token: logprob}]}``. Raises Unusable.

    A first token without a log probability (an echoed prompt) is unusable: its list has no place for it.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise Unusable
    tokens, values, lists = given.get("tokens"), given.get("token_logprobs"), given.get("top_logprobs")
    if tokens is None and values is None:
        return None
    if not isinstance(tokens, list) or not isinstance(values, list) or len(tokens) != len(values):
        raise Unusable
    others = lists if isinstance(lists, list) and lists else [{}] * len(tokens)
    if len(others) != len(tokens) or not all(isinstance(one, Mapping) for one in others):
        raise Unusable
    pairs = [(_name(token, None), _logprob(value)) for token, value in zip(tokens, values, strict=True)]
    # The chosen token is appended to the k most probable ones where it is none of them, so k is no least count here.
    return [
        _position(pair, [(_name(token, None), _logprob(value)) for token, value in one.items()], min(_count(top), 1))
        for pair, one in zip(pairs, others, strict=True)
    ]


def _position(chosen: Pair, others: Sequence[Pair], least: int) -> list[object]:
    if len(others) < least or len({name for name, _ in others}) != len(others):
        raise Unusable
    if sum(math.exp(value) for _, value in others) > LARGEST_SUM:
        raise Unusable
    return [*chosen, [list(other) for other in others]]


def _alternatives(item: Mapping[str, object]) -> list[Pair]:
    others = item.get("top_logprobs") or []
    if not isinstance(others, list):
        raise Unusable
    return [_pair(other) for other in others]


def _pair(item: object) -> Pair:
    if not isinstance(item, Mapping):
        raise Unusable
    return _name(item.get("token"), item.get("bytes")), _logprob(item.get("logprob"))


def named(token: str, spelled: object) -> str:
    """A token's name as it is kept; ``spelled`` are its bytes where the provider tells them."""
    return _name(token, spelled)


def _name(token: object, spelled: object) -> str:
    """The token's text. Halves of a character all read U+FFFD, so they go by their bytes: ``bytes:\\xc3``."""
    if not isinstance(token, str):
        raise Unusable
    if REPLACEMENT in token and isinstance(spelled, list) and all(one in range(256) for one in spelled):
        return "bytes:" + "".join(f"\\x{int(one):02x}" for one in spelled)
    return storable(token)


def _logprob(value: object) -> float:
    # Compared before it is made a float: JSON may spell an integer that no float holds.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e300 < value <= SLACK:
        raise Unusable
    return float(value)


def _count(top: object) -> int:
    return top if isinstance(top, int) and not isinstance(top, bool) else 0
