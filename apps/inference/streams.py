"""Cut a stream of bytes into events: server-sent events by their specification, or lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

BOM = b"\xef\xbb\xbf"


class EventTooLarge(Exception):
    """One event is larger than a whole answer may be."""


class Splitter(Protocol):
    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The events that this piece completes. Raises EventTooLarge."""

    def end(self) -> Iterator[bytes]:
        """What is still whole when the stream has ended."""


class ServerSentEvents:
    """The ``data`` of each event, its lines joined by a newline (HTML Living Standard, section 9.2.6).

    Lines end in CR, LF or both, wherever the pieces were cut; comments and other fields are dropped; an event that no
    blank line ended is none. An event of more than ``most`` bytes is refused.
    """

    def __init__(self, most: int) -> None:
        self._lines = _Lines(most)
        self._fields: list[bytes] = []
        self._size = 0
        self._most = most
        self._is_first = True

    def feed(self, piece: bytes) -> Iterator[bytes]:
        for line in self._lines.feed(piece):
            if self._is_first:
                line, self._is_first = line.removeprefix(BOM), False
            if not line:
                if self._fields:
                    yield b"\n".join(self._fields)
                    self._fields, self._size = [], 0
                continue
            name, _, value = line.partition(b":")
            if name == b"data":
                self._fields.append(value.removeprefix(b" "))
                self._size += len(value) + 1
                if self._size > self._most:
                    raise EventTooLarge

    def end(self) -> Iterator[bytes]:
        return iter(())


class JsonLines:
    """One event a line; the last needs no line end."""

    def __init__(self, most: int) -> None:
        self._lines = _Lines(most)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        return (line for line in self._lines.feed(piece) if line.strip())

    def end(self) -> Iterator[bytes]:
        return self.feed(b"\n")


class _Lines:
    """Whole lines without their ends, which are CR, LF or both, wherever the pieces were cut."""

    def __init__(self, most: int) -> None:
        self._rest: list[bytes] = []
        self._size = 0
        self._most = most
        self._ended_in_cr = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if self._ended_in_cr and piece:
            # The CR ended its line already, an LF right behind it belongs to it.
            piece, self._ended_in_cr = piece.removeprefix(b"\n"), False
        if b"\r" in piece:
            self._ended_in_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield b"".join((*self._rest, line)) if self._rest else line
            self._rest, self._size = [], 0
        if rest:
            self._rest.append(rest)
            self._size += len(rest)
            if self._size > self._most:
                raise EventTooLarge
