"""Hashed runs of characters: the same in every process, blind to case and blanks, and nothing to read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.hashed_text import BINS, CHARACTERS, Sketch, sketch
from tests.house.source import ROOT

KEY = b"project"
MODULUS = 2**64


def counted(one: Sketch | None) -> dict[int, int]:
    assert one is not None
    bins, counts = np.frombuffer(one.bins, "<u2"), np.frombuffer(one.counts, "<u2")
    return dict(zip(bins.tolist(), counts.tolist(), strict=True))


def by_hand(text: str, key: bytes = KEY) -> dict[int, int]:
    """The definition, in whole numbers of any size, one run after the other."""
    import hashlib  # noqa: PLC0415 - the oracle stands alone

    found: Counter[int] = Counter()
    for run in (3, 4):
        drawn = hashlib.blake2b(f"{run}/".encode() + key, digest_size=64).digest()
        factors = [int.from_bytes(drawn[place : place + 8], "little") for place in range(0, 64, 8)]
        for start in range(len(text) - run + 1):
            letters = [ord(letter) for letter in text[start : start + run]]
            mixed = sum(factor * letter for factor, letter in zip(factors, letters, strict=False)) + factors[-1]
            found[mixed % MODULUS >> 52] += 1
    return dict(found)


def test_the_bins_are_those_of_the_definition() -> None:
    assert counted(sketch("Refund, please! 退款", key=KEY)) == by_hand(" refund, please! 退款 ")


def test_case_width_and_blanks_make_no_difference() -> None:
    plain = sketch("where is my order", key=KEY)
    assert sketch("  Where\tis MY\n\n order ", key=KEY) == plain
    assert sketch("ｗｈｅｒｅ is my order", key=KEY) == plain
    assert sketch("where is my orders", key=KEY) != plain


def test_nothing_visible_has_no_sketch_and_one_letter_has_one() -> None:
    assert sketch(" \n\t ", key=KEY) is None
    assert sketch("", key=KEY) is None
    assert counted(sketch("a", key=KEY)) == by_hand(" a ")


def test_a_long_text_is_read_to_its_2000th_character() -> None:
    begun = "ab" * (CHARACTERS // 2)
    assert sketch(begun + "and then much more", key=KEY) == sketch(begun, key=KEY)
    assert sum(counted(sketch("x" * 10_000_000, key=KEY)).values()) == 2 * CHARACTERS + 4 - 5


def test_another_key_puts_runs_into_other_bins() -> None:
    assert sketch("where is my order", key=b"other") != sketch("where is my order", key=KEY)


@given(st.text(max_size=60))
def test_every_run_is_counted_once(text: str) -> None:
    one = sketch(text, key=KEY)
    if one is None:
        assert not "".join(text.split()) or not " ".join(text.split()).strip()
        return
    found = counted(one)
    assert list(found) == sorted(found)
    assert all(0 <= place < BINS and count > 0 for place, count in found.items())


def test_the_seed_of_pythons_own_hash_changes_nothing() -> None:
    asked = "from apps.kernel.statistics.hashed_text import sketch; print(sketch('Where is it?', key=b'k').bins.hex())"
    said = {
        subprocess.run(
            [sys.executable, "-c", asked],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    here = sketch("Where is it?", key=b"k")
    assert here is not None
    assert said == {here.bins.hex() + "\n"}
