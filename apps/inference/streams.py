"""Cut a stream of bytes into events: server-sent events by their specification, or lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

BOM = b"\xef\xbb\xbf"


class EventTooLarge(Exception):
    """One event is larger than a whole answer may be."""


class Splitter(Protocol):
    at: int
    """Where in the stream the newest event's data begins, in bytes."""

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
        self.at = 0
        self._lines = _Lines(most)
        self._fields: list[bytes] = []
        self._size = 0
        self._most = most
        self._is_first = True

    def feed(self, piece: bytes) -> Iterator[bytes]:
        for line in self._lines.feed(piece):
            end = self._lines.at + len(line)
            if self._is_first:
                line, self._is_first = line.removeprefix(BOM), False
            if not line:
                if self._fields:
                    yield b"\n".join(self._fields)
                    self._fields, self._size = [], 0
                continue
            name, _, value = line.partition(b":")
            if name == b"data":
                self._size += len(value) + 1
                value = value.removeprefix(b" ")
                if not self._fields:
                    self.at = end - len(value)
                self._fields.append(value)
                if self._size > self._most:
                    raise EventTooLarge

    def end(self) -> Iterator[bytes]:
        return iter(())


class JsonLines:
    """One event a line; the last needs no line end."""

    def __init__(self, most: int) -> None:
        self.at = 0
        self._lines = _Lines(most)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        for line in self._lines.feed(piece):
            if line.strip():
                self.at = self._lines.at
                yield line

    def end(self) -> Iterator[bytes]:
        return self.feed(b"\n")


class _Lines:
    """Whole lines without their ends, which are CR, LF or both, wherever the pieces were cut.

    ``at`` is where the newest one begins.
    """

    def __init__(self, most: int) -> None:
        self.at = 0
        self._next = 0
        self._rest: list[bytes] = []
        self._size = 0
        self._most = most
        self._ended_in_cr = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if self._ended_in_cr and piece:
            # The CR ended its line already, an LF right behind it belongs to it.
            self._ended_in_cr = False
            if piece.startswith(b"\n"):
                piece, self._next = piece[1:], self._next + 1
        if b"\r" in piece:
            self._ended_in_cr = piece.endswith(b"\r")
            parts = piece.splitlines(keepends=True)
            rest = b"" if parts[-1].endswith((b"\r", b"\n")) else parts.pop()
            whole = [(part.rstrip(b"\r\n"), len(part)) for part in parts]
        else:
            *lines, rest = piece.split(b"\n")
            whole = [(line, len(line) + 1) for line in lines]
        for line, length in whole:
            self.at, self._next = self._next, self._next + self._size + length
            yield b"".join((*self._rest, line)) if self._rest else line
            self._rest, self._size = [], 0
        if rest:
            self._rest.append(rest)
            self._size += len(rest)
            if self._size > self._most:
                raise EventTooLarge
