"""The body of a request, read strictly: JSON that every reader reads alike, or one uploaded file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from rest_framework.exceptions import ErrorDetail

from apps.api.fields import Asked
from apps.kernel.errors import InvalidInput, Problem
from apps.kernel.reading.json_lines import cell
from apps.kernel.reading.refusal import quoted

BODY_BYTES = 1024 * 1024
DEPTH = 64
JSON = "application/json"

# What the framework calls a fault, and what we call it.
CODES: Mapping[str, str] = {
    "required": "field_missing",
    "null": "null_not_allowed",
    "blank": "field_blank",
    "empty": "field_blank",
    "max_length": "field_too_long",
    "min_length": "field_too_short",
    "max_value": "out_of_range",
    "min_value": "out_of_range",
    "invalid_choice": "not_a_choice",
    "not_a_list": "field_invalid",
    "not_a_dict": "field_invalid",
    "max_string_length": "field_invalid",
    "null_characters_not_allowed": "nul_character",
    "surrogate_characters_not_allowed": "bad_unicode",
}


class BodyRefused(InvalidInput):
    """The body cannot be read, or does not have the shape that is asked for."""

    code = "body_invalid"
    title = "The request's body cannot be accepted"


class BodyTooLarge(InvalidInput):
    """The body is larger than this address accepts."""

    code = "body_too_large"
    title = "The request's body is too large"


class MediaTypeUnsupported(InvalidInput):
    """The body has a type that this address does not read."""

    code = "media_type_unsupported"
    title = "The type of the body is not accepted"


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object or one file, and the digest that tells a repeated request from another one."""

    digest: str
    fields: Mapping[str, Any] | None = None
    file: UploadedFile | None = None

    def close(self) -> None:
        """Let an uploaded file go; a large one lies on disk until then."""
        if self.file is not None:
            self.file.close()


def json_body(request: HttpRequest, *, accepted: str = JSON) -> Body:
    """The JSON object a request carries; no body at all is an empty object.

    Raises BodyTooLarge, MediaTypeUnsupported and BodyRefused (not_utf8, json_syntax, json_too_deep, duplicate_key,
    nul_character, bad_unicode, not_finite, number_too_large, body_not_object, upload_incomplete).
    """
    check_size(request, BODY_BYTES)
    try:
        content = request.body
    except UnreadablePostError:
        content = b""
    if len(content) != length_of(request):
        raise BodyRefused("The request ended before its body was complete.", code="upload_incomplete")
    digest = hashlib.sha256(content).hexdigest()
    if not content:
        return Body(digest, fields={})
    require_type(request, JSON, accepted=accepted)
    return Body(digest, fields=json_object(content))


def json_object(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise BodyRefused(
            f"The body is not UTF-8: byte 0x{content[error.start]:02X} at position {error.start}.",
            code="not_utf8",
            where={"byte": error.start},
        ) from None
    value, code, wrong = cell(text, depth=DEPTH)
    if code:
        raise BodyRefused(f"The body {wrong}.", code=code)
    if not isinstance(value, dict):
        raise BodyRefused("The body is not a JSON object.", code="body_not_object")
    return value


def check_size(request: HttpRequest, limit: int) -> None:
    """Told by its own header, before a byte is read."""
    if length_of(request) > limit:
        raise BodyTooLarge(
            f"The body has {length_of(request):,} bytes; at most {limit:,} are accepted here.",
            where={"limit_bytes": limit},
        )


def length_of(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdecimal() else 0


def require_type(request: HttpRequest, *wanted: str, accepted: str) -> None:
    charset = request.content_params.get("charset", "utf-8").lower() if request.content_params else "utf-8"
    if request.content_type not in wanted or charset not in ("utf-8", "utf8"):
        given = quoted(request.content_type) if request.content_type else "no type"
        raise MediaTypeUnsupported(
            f"The body came as {given}; send {accepted} in UTF-8.", where={"accepted": accepted.split(" or ")}
        )


def fitted(shape: type[Asked], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body's fields as values. Raises BodyRefused with a problem and its pointer for each field at fault."""
    asked = shape(data=fields)
    if asked.is_valid():
        return dict(asked.validated_data)
    problems = list(_problems(asked.errors, ""))
    first = problems[0]
    more = f" ({len(problems) - 1} more.)" if len(problems) > 1 else ""
    said = f"{first.where['pointer']}: {first.detail}{more}" if first.where["pointer"] else first.detail + more
    raise BodyRefused(said, code=first.code, where=first.where, errors=problems)


def _problems(errors: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(errors, ErrorDetail):
        code = str(errors.code)
        # Codes of two words that the framework does not have are our own fields'.
        ours = code if "_" in code else "field_invalid"
        yield Problem(CODES.get(code, ours), str(errors), {"pointer": pointer})
    elif isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _problems(inner, pointer if name == "non_field_errors" else f"{pointer}/{_step(name)}")
    else:
        # A list of objects has one entry an object, empty where it is in order; a field has a list of its faults.
        for place, inner in enumerate(errors):
            yield from _problems(inner, pointer if isinstance(inner, ErrorDetail) else f"{pointer}/{place}")


def _step(name: object) -> str:
    """One step of a JSON pointer (RFC 6901, section 3), at most 80 characters of it."""
    return str(name)[:80].replace("~", "~0").replace("/", "~1")
