"""Bytes are cut into the same events wherever the pieces were cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference.streams import EventTooLarge, JsonLines, ServerSentEvents, Splitter

SSE = (
    b"\xef\xbb\xbfdata: one\n\n: a comment\nevent: x\nid: 7\ndata:two\r\n\r\ndata: a\rdata: b\r\rdata\n\n"
    b"data: \xc3\xa9\n\nretry: 5\n\n\n\ndata: [DONE]\n\ndata: without an end"
)
EVENTS = [b"one", b"two", b"a\nb", b"", b"\xc3\xa9", b"[DONE]"]
LINES = b'{"a":1}\n\n  \n{"b":2}\r\n{"c":3}'


def cut(content: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(content), *(place % (len(content) + 1) for place in at)})
    return [content[start:end] for start, end in itertools.pairwise(places)]


def events(splitter: Splitter, pieces: list[bytes]) -> list[bytes]:
    return [*(event for piece in pieces for event in splitter.feed(piece)), *splitter.end()]


@given(st.lists(st.integers(0, 1000), max_size=40))
def test_server_sent_events_wherever_they_are_cut(at: list[int]) -> None:
    assert events(ServerSentEvents(1000), cut(SSE, at)) == EVENTS


def test_server_sent_events_byte_by_byte() -> None:
    assert events(ServerSentEvents(1000), [bytes([byte]) for byte in SSE]) == EVENTS


@given(st.lists(st.integers(0, 1000), max_size=20))
def test_lines_wherever_they_are_cut(at: list[int]) -> None:
    assert events(JsonLines(1000), cut(LINES, at)) == [b'{"a":1}', b'{"b":2}', b'{"c":3}']


@given(st.lists(st.integers(0, 1000), max_size=40))
def test_each_event_knows_where_its_data_begins(at: list[int]) -> None:
    for content, splitter in ((SSE, ServerSentEvents(1000)), (LINES, JsonLines(1000))):
        places = [
            (splitter.at, event)
            for piece in cut(content, at)
            for event in splitter.feed(piece)
            if event and b"\n" not in event
        ]
        assert places
        assert all(content[place : place + len(event)] == event for place, event in places)


@pytest.mark.parametrize("splitter", [ServerSentEvents(10), JsonLines(10)])
def test_one_line_without_end_is_not_kept(splitter: Splitter) -> None:
    with pytest.raises(EventTooLarge):
        for _ in range(20):
            list(splitter.feed(b"x"))


def test_one_event_of_many_lines_is_not_kept_without_end() -> None:
    splitter = ServerSentEvents(100)
    with pytest.raises(EventTooLarge):
        for _ in range(40):
            list(splitter.feed(b"data: x\n"))
