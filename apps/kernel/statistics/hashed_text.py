"""A text as counts of hashed runs of characters: it tells topics apart and cannot be read (statistics.md §4.9)."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

import numpy as np

BINS = 4096
BITS = 12
RUNS = (3, 4)
"""Lengths of the runs of characters that are counted."""
CHARACTERS = 2000
"""Of a longer text only its beginning is looked at, so that no row outweighs the others in time or memory."""
MOST_OFTEN = 65_535

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]


@dataclass(frozen=True, slots=True, order=True)
class Sketch:
    """Which bins a text falls into, ascending, and how often, each as little-endian 16-bit numbers. Equal by value."""

    bins: bytes
    counts: bytes


def sketch(text: str, *, key: bytes) -> Sketch | None:
    """Count a text's runs of three and four characters in 4,096 bins; None for a text without a visible character.

    The text is normalised first: NFKC, case folded, each run of whitespace one blank, a blank at both ends. ``key``
    (any bytes) chooses which runs share a bin: sketches are compared only under one key. The hash is multiply-add-shift
    (Dietzfelbinger et al. 1997) and the same in every process.
    """
    bare = " ".join(unicodedata.normalize("NFKC", text[: 4 * CHARACTERS]).casefold().split())
    if not bare:
        return None
    letters = np.frombuffer(f" {bare[:CHARACTERS]} ".encode("utf-32-le", "surrogatepass"), dtype="<u4")
    found = np.zeros(BINS, dtype=np.int64)
    for run in RUNS:
        found += np.bincount(_places(letters.astype(np.uint64), run, key), minlength=BINS)
    bins = np.flatnonzero(found)
    counts = np.minimum(found[bins], MOST_OFTEN)
    return Sketch(bins.astype("<u2").tobytes(), counts.astype("<u2").tobytes())


def _places(letters: Numbers, run: int, key: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The bin of each run: the upper bits of Σ aⱼ·xⱼ + b modulo 2⁶⁴."""
    drawn = hashlib.blake2b(f"{run}/".encode() + key, digest_size=64).digest()
    factors = np.frombuffer(drawn, dtype="<u8").astype(np.uint64)
    count = max(0, len(letters) - run + 1)
    mixed = np.full(count, factors[-1], dtype=np.uint64)
    for place in range(run):
        mixed += letters[place : place + count] * factors[place]
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)
