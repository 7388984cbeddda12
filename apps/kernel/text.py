"""Text from outside, made fit to keep: a database's text column takes every character but two kinds."""

from __future__ import annotations

import re

HALF_PAIR = re.compile("[\ud800-\udfff]")
NUL, NUL_SIGN, REPLACEMENT = "\x00", "\u2400", "\ufffd"


def storable(text: str) -> str:
    """The same text, of the same length, with NUL as its visible sign and half a surrogate pair as U+FFFD.

    JSON may spell both (``\\u0000``, ``\\ud800``); neither can be stored or sent as UTF-8.
    """
    return HALF_PAIR.sub(REPLACEMENT, text.replace(NUL, NUL_SIGN))
