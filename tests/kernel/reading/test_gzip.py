import gzip as stdlib_gzip
import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.reading import gzip
from apps.kernel.reading.limits import DEFAULT, MIB
from apps.kernel.reading.refusal import FileRefused


def code_of(content: bytes, **limits: int) -> str:
    with pytest.raises(FileRefused) as refused:
        list(gzip.expand([content], limits=replace(DEFAULT, **limits)))
    return refused.value.code


@given(content=st.binary(max_size=2000), size=st.integers(1, 300))
def test_what_was_packed_comes_back_whatever_the_chunks(content, size):
    packed = stdlib_gzip.compress(content)
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(gzip.expand(chunks)) == content


def test_concatenated_members_are_one_file_and_zero_padding_is_ignored():
    packed = stdlib_gzip.compress(b"one,") + stdlib_gzip.compress(b"two") + b"\0" * 512
    assert b"".join(gzip.expand([packed])) == b"one,two"


def test_a_well_packed_small_file_passes_the_ratio():
    assert sum(map(len, gzip.expand([stdlib_gzip.compress(b"a" * 500_000)]))) == 500_000


def test_a_bomb_is_stopped_within_two_mebibytes():
    pieces: list[bytes] = []
    with pytest.raises(FileRefused) as refused:
        pieces.extend(gzip.expand([stdlib_gzip.compress(bytes(200 * MIB), 1)]))
    assert refused.value.code == "expands_too_much"
    assert sum(map(len, pieces)) <= 2 * MIB


def test_incompressible_content_is_stopped_at_the_size():
    noise = random.Random(7).randbytes(300_000)
    assert code_of(stdlib_gzip.compress(noise), expanded_bytes=200_000) == "expands_too_much"


@pytest.mark.parametrize("cut", [2, 12, 30, 61])
def test_a_file_cut_off_anywhere_is_told_apart_from_a_broken_one(cut):
    packed = stdlib_gzip.compress(bytes(range(200)))
    assert code_of(packed[:-cut]) == "upload_incomplete"


def test_no_bytes_at_all_are_an_incomplete_upload():
    assert code_of(b"") == "upload_incomplete"


def test_a_flipped_checksum_and_trailing_junk_are_broken():
    packed = bytearray(stdlib_gzip.compress(b"hello"))
    assert code_of(bytes(packed) + b"junk") == "gzip_broken"
    packed[-5] ^= 0xFF
    assert code_of(bytes(packed)) == "gzip_broken"


def test_a_flood_of_empty_members_is_broken():
    assert code_of(stdlib_gzip.compress(b"") * (gzip.MEMBERS + 1)) == "gzip_broken"


def test_raw_deflate_is_not_taken_for_gzip():
    assert code_of(zlib.compress(b"hello")) == "gzip_broken"
