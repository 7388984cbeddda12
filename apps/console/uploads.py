"""A file that came with a form: whole or refused, and its rows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from apps.kernel.errors import InvalidInput
from apps.kernel.reading.rows import SourceRow, read_rows

# The form's last field. A request that was cut off reads like a shorter file; only what should follow it tells.
LAST_FIELD = "is_whole"
AROUND_BYTES = 64 * 1024


class UploadRefused(InvalidInput):
    """The file did not come, or not whole."""

    code = "upload_incomplete"
    title = "The upload cannot be accepted"


class SizeGuard(FileUploadHandler):
    """Refuses a request that says it is larger than any file we read, before a byte of it is kept."""

    def handle_raw_input(self, input_data: Any, meta: Any, content_length: int, *further: Any) -> None:
        if content_length > settings.UPLOAD_MAX_BYTES + AROUND_BYTES:
            raise RequestDataTooBig(f"{content_length} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def file_of(request: HttpRequest, field: str = "file") -> UploadedFile:
    """The file that came with a form, whole. Raises UploadRefused."""
    file = request.FILES.get(field)
    if file is None:
        raise UploadRefused("Choose a file first.", code="file_missing", where={"field": field})
    if LAST_FIELD not in request.POST:
        raise UploadRefused("The upload ended before it was complete; nothing was kept.", where={"field": field})
    return file


def rows_of(request: HttpRequest, field: str = "file") -> list[SourceRow]:
    """The rows of the uploaded file. Raises UploadRefused, and FileRefused with the number of each row at fault."""
    file = file_of(request, field)
    return read_rows(file.name or "", file.chunks())
