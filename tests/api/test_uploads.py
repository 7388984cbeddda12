"""A file comes whole or not at all, and rows in JSON are read as the lines of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.api.conftest import BASE, Rest, code_of
from tests.factories.runs import golden_rows, lines

BOUNDARY = "b0undary"


def multipart(*parts: tuple[str, str, bytes], end: bytes = b"--b0undary--\r\n") -> bytes:
    body = b""
    for name, filename, content in parts:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        head += f'; filename="{filename}"' if filename else ""
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + end


def send(rest: Rest, at: str, body: bytes, **extra: str) -> object:
    return rest.client.post(
        f"{BASE}{at}/datasets?name=golden", body, content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers={"Authorization": f"Bearer {rest.key}"}, **extra,
    )  # fmt: skip


def test_a_file_and_the_same_rows_in_json_are_one_version(rest: Rest, at: str) -> None:
    rows = golden_rows()
    file = json.loads(rest.upload(f"{at}/datasets?name=golden", "g.jsonl", lines(rows)).content)
    body = json.loads(rest.post(f"{at}/datasets?name=golden", {"rows": rows}).content)
    assert file == body
    assert file["cohorts"] == [
        {"name": "gold", "is_high_value": True, "traffic_weight": 0.5, "example_count": 3},
        {"name": "plain", "is_high_value": False, "traffic_weight": 0.5, "example_count": 3},
    ]


def test_unknown_columns_are_kept_only_when_asked(rest: Rest, at: str) -> None:
    row = b'{"id": "a", "cohort": "c", "input": "q", "ticket": 7}\n'
    assert code_of(rest.upload(f"{at}/datasets?name=golden", "g.jsonl", row)) == (422, "column_unknown")
    assert rest.upload(f"{at}/datasets?name=golden&allow_extra=true", "g.jsonl", row).status_code == 201


@pytest.mark.parametrize("kept", [0.6, 0.99])
def test_an_upload_that_is_cut_off_is_refused(rest: Rest, at: str, kept: float) -> None:
    body = multipart(("file", "g.jsonl", lines(golden_rows(200))))
    cut = body[: int(len(body) * kept)]
    assert code_of(send(rest, at, cut)) == (400, "upload_incomplete")
    assert send(rest, at, body).status_code == 201


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "upload_invalid"),
        ([("other", "g.jsonl", b"x")], "file_missing"),
        ([("file", "", b"no file name: a field")], "file_missing"),
        ([("file", "a.jsonl", b"x"), ("file", "b.jsonl", b"y")], "file_missing"),
        ([("file", "a.jsonl", b"x"), ("name", "", b"y")], "file_missing"),
    ],
)
def test_one_file_is_sent_and_nothing_else(rest: Rest, at: str, parts: list[tuple[str, str, bytes]], code: str) -> None:
    body = multipart(*parts) if parts else b"not multipart at all"
    status, found = code_of(send(rest, at, body))
    assert status == 400
    assert found in (code, "upload_incomplete" if not parts else code)


def test_a_file_beyond_the_limit_is_refused_unread(rest: Rest, at: str, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 1024
    body = multipart(("file", "g.jsonl", b"x" * 40_000))
    assert code_of(send(rest, at, body)) == (413, "body_too_large")


def test_other_types_are_told_both_that_are_accepted(rest: Rest, at: str) -> None:
    response = rest.raw(f"{at}/datasets?name=golden", b"id,cohort\n", "text/csv")
    assert code_of(response) == (415, "media_type_unsupported")
    assert json.loads(response.content)["where"] == {"accepted": ["multipart/form-data", "application/json"]}


def test_a_file_name_is_never_a_path_of_ours(rest: Rest, at: str, tmp_path: Path) -> None:
    body = multipart(("file", "../../../tmp/evil.jsonl", lines(golden_rows(2))))
    assert send(rest, at, body).status_code == 201
    assert not (tmp_path.parent / "evil.jsonl").exists()
