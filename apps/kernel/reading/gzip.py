"""Gzip, unpacked in small steps so that a bomb is stopped before it has filled the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from apps.kernel.reading.limits import DEFAULT, MIB, Limits
from apps.kernel.reading.refusal import FileRefused, Problems

MAGIC = b"\x1f\x8b"
STEP = 64 * 1024
# Small, so that the ratio is taken against what was really consumed.
TAKEN_STEP = 8 * 1024
MEMBERS = 1_000
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS


def expand(chunks: Iterable[bytes], *, limits: Limits = DEFAULT) -> Iterator[bytes]:
    """Yield the unpacked bytes in pieces of at most 64 KiB; concatenated members are read as one file.

    Raises FileRefused: ``expands_too_much`` beyond ``expanded_bytes``, or beyond ``expansion_ratio`` once
    ``ratio_free_bytes`` are out; ``gzip_broken``; ``upload_incomplete`` when the last member has no end.
    """
    members = _Members()
    taken = given = 0
    for piece in _steps(chunks):
        taken += len(piece)
        for out in members.feed(piece):
            given += len(out)
            if _too_much(taken, given, limits):
                raise _refused(
                    "expands_too_much",
                    f"The file unpacks to more than {limits.expanded_bytes // MIB} MiB, or to more than "
                    f"{limits.expansion_ratio} times its size. Split it, or send it unpacked.",
                )
            yield out
    members.finish()


class _Members:
    """The members of one gzip file, one decompressor after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_WITH_GZIP_HEADER)
        self._begun = False
        self._ended = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        rest = piece
        # Tape blocks are padded with zeros after the last member.
        while rest and not (self._ended and not self._begun and not rest.strip(b"\0")):
            self._begun = True
            yield from self._inflate(rest)
            rest = self._member.unused_data
            if self._member.eof:
                self._next()

    def finish(self) -> None:
        if self._begun or not self._ended:
            raise _refused("upload_incomplete", "The gzip stream ends before its end mark. Was the file cut off?")

    def _inflate(self, piece: bytes) -> Iterator[bytes]:
        while True:
            try:
                out = self._member.decompress(piece, STEP)
            except zlib.error:
                raise _refused("gzip_broken", "The file is not a readable gzip file. Pack it again.") from None
            if out:
                yield out
            piece = self._member.unconsumed_tail
            # A full step may have left output in the window with all input already taken.
            if self._member.eof or (not piece and len(out) < STEP):
                return

    def _next(self) -> None:
        self._ended += 1
        if self._ended > MEMBERS:
            raise _refused("gzip_broken", f"The file is made of more than {MEMBERS:,} gzip members.")
        self._member, self._begun = zlib.decompressobj(_WITH_GZIP_HEADER), False


def _steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), TAKEN_STEP):
            yield bytes(chunk[start : start + TAKEN_STEP])


def _too_much(taken: int, given: int, limits: Limits) -> bool:
    over_ratio = given > limits.ratio_free_bytes and given > taken * limits.expansion_ratio
    return given > limits.expanded_bytes or over_ratio


def _refused(code: str, detail: str) -> FileRefused:
    return Problems().refuse(code, detail)
