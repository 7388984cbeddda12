"""The one table from an error to an HTTP status, and every error as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer

from apps.api.authentication import SCHEME, KeyRefused
from apps.api.parameters import ParameterRefused
from apps.api.parsing import BodyRefused, BodyTooLarge, MediaTypeUnsupported
from apps.kernel.errors import Conflict, DistillHubError, Forbidden, InvalidInput, NotFound, StorageFull, Unavailable
from apps.tenancy import streaming
from apps.tenancy.health import FULL, is_storage_full

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
TYPE_BASE = "https://docs.distillhub.dev/problems/"

# The nearest branch of the tree decides, unless the code itself stands below.
STATUS_OF_CLASS: Mapping[type[Exception], int] = {
    BodyRefused: 400,
    ParameterRefused: 400,
    KeyRefused: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    BodyTooLarge: 413,
    MediaTypeUnsupported: 415,
    InvalidInput: 422,
    Unavailable: 503,
    StorageFull: 507,
    DistillHubError: 500,
}
STATUS_OF_CODE: Mapping[str, int] = {
    "idempotency_key_invalid": 400,
    "upload_incomplete": 400,
    "file_too_large": 413,
    "too_many_rows": 413,
    "too_many_values": 413,
    "expands_too_much": 413,
    "type_unsupported": 415,
    "type_mismatch": 415,
    # The same code from the shape of a body and from the room beneath has one status.
    "slug_invalid": 422,
    "price_invalid": 422,
    "budget_invalid": 422,
    "out_of_range": 422,
    "name_invalid": 422,
}
RETRY_AFTER_SECONDS: Mapping[str, int] = {
    "idempotency_in_progress": 1,
    "made_meanwhile": 1,
    "database_away": 5,
    "streams_busy": streaming.RETRY_AFTER_SECONDS,
}


class Unexpected(DistillHubError):
    """A mistake of ours; the log tells more under the request's id."""

    code = "internal"
    title = "Something went wrong on our side"


def answer_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """The framework's hook for views that are not endpoints of ours."""
    request = context["request"]
    response = answer(error, getattr(request, "_request", request))
    if response.status_code == 405:
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def answer(error: Exception, request: HttpRequest) -> HttpResponse:
    """The response to any error. What we did not foresee is logged and told as ``internal``, without its words."""
    status, told = _told(error)
    if status == 500:
        logger.error("request %s failed", _request_id(request), exc_info=error)
    content = JSONRenderer().render(document(told, status=status, request=request))
    response = HttpResponse(content, status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    if status == 401:
        response["WWW-Authenticate"] = f'{SCHEME} realm="distillhub"'
    if told.code in RETRY_AFTER_SECONDS:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS[told.code])
    return response


def document(error: DistillHubError, *, status: int, request: HttpRequest) -> dict[str, Any]:
    return {
        "type": TYPE_BASE + error.code.replace("_", "-"),
        "title": error.title,
        "status": status,
        "code": error.code,
        "detail": error.detail,
        "where": error.where,
        "errors": _errors(error),
        "fix": error.fix,
        "request_id": _request_id(request),
        "instance": request.path,
    }


def status_of(error: DistillHubError) -> int:
    if error.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[error.code]
    return next(STATUS_OF_CLASS[branch] for branch in type(error).__mro__ if branch in STATUS_OF_CLASS)


def _told(error: Exception) -> tuple[int, DistillHubError]:
    if isinstance(error, DistillHubError):
        return status_of(error), error
    if isinstance(error, Http404 | exceptions.NotFound):
        return 404, NotFound("There is nothing at this address.")
    if isinstance(error, exceptions.MethodNotAllowed):
        return 405, InvalidInput("This address does not take this method; Allow says which.", code="method_not_allowed")
    if isinstance(error, exceptions.NotAcceptable):
        return 406, InvalidInput("We answer application/json; ask for that, or for */*.", code="not_acceptable")
    if isinstance(error, IntegrityError):
        return 409, Conflict("Somebody made the same thing at the same moment; try again.", code="made_meanwhile")
    if is_storage_full(error):
        logger.error("the database's disk is full", exc_info=error)
        return 507, StorageFull(FULL)
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("the database cannot answer", exc_info=error)
        return 503, Unavailable("The database cannot answer just now; try again soon.", code="database_away")
    if isinstance(error, exceptions.APIException) and not isinstance(error, DatabaseError):
        return error.status_code, InvalidInput(str(error.detail)[:200], code="request_invalid")
    return 500, Unexpected("Something went wrong on our side; our log knows it under request_id.")


def _errors(error: DistillHubError) -> list[dict[str, object]]:
    if error.errors:
        return [problem.as_json() for problem in error.errors]
    if "field" in error.where:
        return [{"code": error.code, "detail": error.detail, "pointer": f"/{error.where['field']}"}]
    return []


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
