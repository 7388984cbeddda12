"""A file comes whole or not at all, and never larger than what we read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.console.uploads import LAST_FIELD, SizeGuard, UploadRefused, rows_of
from tests.console.conftest import BACKEND

ROW = b'{"id": "a"}\n'


def request(*, content: bytes | None = ROW, fields: dict[str, str] | None = None) -> SimpleNamespace:
    files = {} if content is None else {"file": SimpleUploadedFile("o.jsonl", content)}
    return SimpleNamespace(FILES=files, POST={LAST_FIELD: "1"} if fields is None else fields)


def test_rows_are_read_with_their_numbers() -> None:
    assert [(row.number, row.values) for row in rows_of(request())] == [(1, {"id": "a"})]


def test_without_a_file_there_is_nothing_to_read() -> None:
    with pytest.raises(UploadRefused) as refused:
        rows_of(request(content=None))
    assert (refused.value.code, refused.value.where) == ("file_missing", {"field": "file"})


def test_a_request_that_ends_with_its_file_was_cut_off() -> None:
    with pytest.raises(UploadRefused) as refused:
        rows_of(request(fields={}))
    assert refused.value.code == "upload_incomplete"


def test_the_form_carries_the_last_field_after_its_file(ada, at) -> None:
    client = Client()
    client.force_login(ada.user, backend=BACKEND)
    page = client.get(f"{at}/datasets/new/").content.decode()
    assert page.index('type="file"') < page.index(f'name="{LAST_FIELD}"')


def test_a_request_beyond_the_largest_file_is_refused_unread(settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    guard = SizeGuard()
    guard.handle_raw_input(None, {}, 1000, b"")
    with pytest.raises(RequestDataTooBig):
        guard.handle_raw_input(None, {}, 1_000_000, b"")
    assert guard.receive_data_chunk(b"x", 0) == b"x"


def test_the_page_says_that_the_request_was_too_large(ada, at, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    client = Client(raise_request_exception=False)
    client.force_login(ada.user, backend=BACKEND)
    file = SimpleUploadedFile("g.jsonl", b"x" * 200_000)
    response = client.post(f"{at}/datasets/new/", {"slug": "golden", "file": file, LAST_FIELD: "1"})
    assert response.status_code == 400
    assert b"request_unreadable" in response.content
