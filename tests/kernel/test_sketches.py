"""Sketches go into bytes and come back; damaged or foreign bytes are refused."""

from __future__ import annotations

import zlib

import pytest

from apps.kernel.sketches import SketchesUnreadable, pack, unpack
from tests.kernel.statistics.test_content_drift import rows


def test_what_is_packed_comes_back_in_one_order() -> None:
    some = [*rows(1, refunds=3, cohort="zwölf"), *rows(2, logins=2)]
    assert unpack(pack(some)) == tuple(sorted(some))
    assert pack(some) == pack(some[::-1])
    assert unpack(pack([])) == ()


@pytest.mark.parametrize("content", [b"", b"9abc", b"1not compressed", b"1" + zlib.compress(b"abc")])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(SketchesUnreadable) as refused:
        unpack(content)
    assert refused.value.code == "sketches_unreadable"


def test_no_text_stands_in_the_bytes() -> None:
    packed = pack(rows(1, refunds=50))
    assert b"refund" not in packed
    assert b"refund" not in zlib.decompress(packed[1:])
