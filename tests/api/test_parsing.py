"""A body is read strictly, and what is wrong with it is pointed at."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from rest_framework import serializers

from apps.api.fields import Asked, Text
from apps.api.parsing import BodyRefused, fitted, json_body, json_object
from tests.api.conftest import Rest, code_of

HUGE = 3 * 1024 * 1024


class Entry(Asked):
    name = Text()


class Shape(Asked):
    title = Text(max_length=5)
    entries = Entry(many=True, required=False)
    tags = serializers.ListField(child=Text(), required=False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff", "not_utf8"),
        (b'\xef\xbb\xbf{"a": 1}', "json_syntax"),
        (b"{'a': 1}", "json_syntax"),
        (b'{"a": 1,}', "json_syntax"),
        (b'{"a": 1} {}', "json_syntax"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": "\\u0000"}', "nul_character"),
        (b'{"a": "\\udfff"}', "bad_unicode"),
        (b'{"a": Infinity}', "not_finite"),
        (b'{"a": 1e400}', "not_finite"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "json_too_deep"),
        (b"null", "body_not_object"),
        (b"7", "body_not_object"),
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        json_object(content)
    assert refused.value.code == code


def test_json_up_to_the_limits_is_read() -> None:
    assert json_object('{"a": "ä\\ud83d\\ude00"}'.encode()) == {"a": "ä😀"}
    assert json_object(b'{"a":' * 64 + b"1" + b"}" * 64)


def test_each_fault_has_its_pointer() -> None:
    given = {"entries": [{"name": "a"}, {"name": 7, "x/y~z": 1}], "tags": ["a", None], "title": "too long"}
    with pytest.raises(BodyRefused) as refused:
        fitted(Shape, given)
    found = {(problem.where["pointer"], problem.code) for problem in refused.value.errors}
    assert found == {
        ("/title", "field_too_long"),
        ("/entries/1/name", "field_invalid"),
        ("/entries/1/x~1y~0z", "field_unknown"),
        ("/tags/1", "null_not_allowed"),
    }
    assert refused.value.detail.endswith("(3 more.)")


def test_missing_and_null_are_told_apart() -> None:
    for given, code in (({}, "field_missing"), ({"title": None}, "null_not_allowed"), ({"title": ""}, "field_blank")):
        with pytest.raises(BodyRefused) as refused:
            fitted(Shape, given)
        assert (refused.value.code, refused.value.where) == (code, {"pointer": "/title"})


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json; charset=latin-1",
        "multipart/form-data; boundary=x",
    ],
)
def test_a_body_of_another_type_is_refused_with_the_accepted_one(rest: Rest, content_type: str) -> None:
    response = rest.raw("/projects", b'{"slug": "a"}', content_type)
    assert code_of(response) == (415, "media_type_unsupported")
    assert json.loads(response.content)["where"] == {"accepted": ["application/json"]}


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_in_utf8_is_accepted_however_it_is_spelled(rest: Rest, content_type: str) -> None:
    assert rest.raw("/projects", b'{"slug": "a"}', content_type).status_code == 201


def test_a_body_beyond_a_mebibyte_is_refused_by_its_header(rest: Rest) -> None:
    response = rest.raw("/projects", b'{"slug": "' + b"a" * HUGE + b'"}')
    assert code_of(response) == (413, "body_too_large")
    assert json.loads(response.content)["where"] == {"limit_bytes": 1024 * 1024}


def test_no_body_is_an_empty_object(rest: Rest) -> None:
    assert code_of(rest.raw("/projects", b"", "")) == (400, "field_missing")


def test_a_body_shorter_than_announced_is_incomplete() -> None:
    content = b'{"slug": "a"}'
    environ = RequestFactory().post("/", content, content_type="application/json").environ
    environ |= {"wsgi.input": BytesIO(content), "CONTENT_LENGTH": str(len(content) + 5)}
    with pytest.raises(BodyRefused) as refused:
        json_body(WSGIRequest(environ))
    assert refused.value.code == "upload_incomplete"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("id", "field_read_only"),
        ("created_at", "field_read_only"),
        ("organization", "field_read_only"),
        ("nmae", "field_unknown"),
    ],
)
def test_a_field_that_no_request_sets_is_refused(rest: Rest, field: str, code: str) -> None:
    assert code_of(rest.post("/projects", {"slug": "a", field: "x"})) == (400, code)
