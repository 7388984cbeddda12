"""Rows that come as one uploaded file, or as a list in JSON; either way they are read as one file is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.http import parse_header_parameters
from rest_framework import serializers

from apps.api.fields import Asked
from apps.api.parsing import JSON, Body, BodyRefused, check_size, fitted, json_body, length_of, require_type
from apps.kernel.reading.refusal import quoted
from apps.kernel.reading.rows import SourceRow, read_rows

MULTIPART = "multipart/form-data"
ACCEPTED = f"{MULTIPART} or {JSON}"
PART = "file"
# Headers and boundaries around a file of the largest size.
AROUND_BYTES = 16 * 1024
READ_BYTES = 64 * 1024
TAIL_BYTES = 256


class Rows(Asked):
    """Rows in the body itself, each as it would stand on a line of a JSONL file."""

    rows = serializers.ListField(child=serializers.JSONField(), allow_empty=True)


class FileUpload(serializers.Serializer):
    file = serializers.FileField(help_text="A .jsonl or .csv file, plain or gzipped (.gz).")


class _Counted:
    """A request's stream that remembers how much came and how it ended."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.count = 0
        self.tail = b""

    def read(self, size: int = READ_BYTES) -> bytes:
        chunk: bytes = self._request.read(size)
        self.count += len(chunk)
        self.tail = (self.tail + chunk)[-TAIL_BYTES:]
        return chunk


def body_of(request: HttpRequest) -> Body:
    """The one file of a multipart request, or the rows of a JSON one. Raises what ``json_body`` does, and

    BodyRefused ``upload_incomplete`` (the closing boundary never came), ``upload_invalid``, ``file_missing``.
    """
    if request.content_type != MULTIPART:
        if request.content_type != JSON and length_of(request):
            require_type(request, JSON, accepted=ACCEPTED)
        return json_body(request, accepted=ACCEPTED)
    check_size(request, settings.UPLOAD_MAX_BYTES + AROUND_BYTES)
    fields, files = _parts(request)
    names = [*fields, *files]
    if names != [PART] or len(files.getlist(PART)) != 1:
        found = ", ".join(quoted(name) for name in names[:5]) or "nothing"
        _close(files)
        raise BodyRefused(f"Send one file as the part '{PART}' and nothing else; found {found}.", code="file_missing")
    [file] = files.getlist(PART)
    return Body(_digest(file), file=file)


def rows_of(body: Body) -> list[SourceRow]:
    """Raises FileRefused with the number of each row at fault, and BodyRefused for JSON without ``rows``."""
    if body.file is not None:
        return read_rows(body.file.name or "", body.file.chunks())
    rows = fitted(Rows, body.fields or {})["rows"]
    return read_rows("rows.jsonl", _lines(rows))


def _lines(rows: list[Any]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _parts(request: HttpRequest) -> Any:
    stream = _Counted(request)
    try:
        parts = MultiPartParser(request.META, stream, request.upload_handlers, "utf-8").parse()
        while stream.read():
            pass
    except UnreadablePostError:
        raise _incomplete() from None
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise BodyRefused(f"The upload cannot be taken apart: {str(error)[:80]}.", code="upload_invalid") from None
    _, files = parts
    boundary = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))[1].get("boundary", "")
    # A part that is cut off reads like a shorter file; only the closing boundary tells.
    if stream.count != length_of(request) or not stream.tail.rstrip().endswith(f"--{boundary}--".encode()):
        _close(files)
        raise _incomplete()
    return parts


def _close(files: Any) -> None:
    for _, same_name in files.lists():
        for file in same_name:
            file.close()


def _incomplete() -> BodyRefused:
    return BodyRefused("The upload ended before it was complete; nothing was kept.", code="upload_incomplete")


def _digest(file: Any) -> str:
    found = hashlib.sha256((file.name or "").encode() + b"\0")
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
