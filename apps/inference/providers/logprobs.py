"""Log probabilities as a provider sent them: whole and possible, or left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

# Rounding in a provider's floats; a probability beyond it is none.
SLACK = 1e-6
LARGEST_SUM = 1.001


def are_usable(logprobs: object, *, top: object) -> bool:
    """Is every value finite and at most 0, and every list of ``top`` alternatives full, distinct and at most 1 in sum?

    ``top`` is the ``top_logprobs`` that was asked for. An answer without log probabilities has no wrong ones.
    """
    if logprobs is None:
        return True
    if not isinstance(logprobs, Mapping):
        return False
    items = logprobs.get("content")
    if items is None:
        return True
    return isinstance(items, list) and all(_is_item(item, top if isinstance(top, int) else 0) for item in items)


def _is_item(item: object, top: int) -> bool:
    if not isinstance(item, Mapping) or not _is_logprob(item.get("logprob")):
        return False
    others = item.get("top_logprobs") or []
    return isinstance(others, list) and len(others) >= top and _is_distribution(others)


def _is_distribution(others: Sequence[Any]) -> bool:
    if not all(isinstance(one, Mapping) and _is_logprob(one.get("logprob")) for one in others):
        return False
    # Two tokens of half a character each may read the same; their bytes differ.
    names = {(str(one.get("token")), str(one.get("bytes"))) for one in others}
    return len(names) == len(others) and sum(math.exp(one["logprob"]) for one in others) <= LARGEST_SUM


def _is_logprob(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Compared before it is made a float: JSON may spell an integer that no float holds.
    return -1e300 < value <= SLACK
