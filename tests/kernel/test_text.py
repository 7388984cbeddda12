"""Text from outside is kept as it is, but for what no column and no wire can carry."""

from __future__ import annotations

import pytest

from apps.kernel.text import storable


@pytest.mark.parametrize("text", ["", "plain", "Zürich 東京 🙂", "tab\tline\r\n", "\x01\x7f\u200b\ufffd\ufffe"])
def test_ordinary_text_stays(text: str) -> None:
    assert storable(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a\u2400b"),
        ("\ud800", "\ufffd"),
        ("a\udfffb\udc00", "a\ufffdb\ufffd"),
        ("\x00\ud83d", "\u2400\ufffd"),
    ],
)
def test_nul_and_half_pairs_are_shown_by_signs_of_the_same_length(text: str, kept: str) -> None:
    assert storable(text) == kept
    assert len(storable(text)) == len(text)
    assert storable(text).encode("utf-8").decode("utf-8") == kept
