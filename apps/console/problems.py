"""What went wrong, as a page: the status of each kind of error, and the answers Django asks of us."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.kernel.errors import Conflict, DistillHubError, Forbidden, InvalidInput, NotFound, StorageFull, Unavailable
from apps.tenancy import streaming
from apps.tenancy.health import FULL, is_storage_full

logger = logging.getLogger(__name__)

STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    InvalidInput: 422,
    Unavailable: 503,
    StorageFull: 507,
}


class RequestUnreadable(InvalidInput):
    """The browser's request cannot be taken apart, or is larger than what is accepted."""

    code = "request_unreadable"
    title = "The request cannot be read"


def status_of(error: DistillHubError) -> int:
    return next((STATUS[branch] for branch in type(error).__mro__ if branch in STATUS), 500)


def page(request: HttpRequest, error: Exception, *, frame: Mapping[str, object]) -> HttpResponse:
    """The page of an error. Whatever is not found reads the same, so that nobody can tell what exists."""
    told = _told(error)
    if isinstance(told, NotFound):
        return not_found(request)
    context = {"request_id": getattr(request, "request_id", ""), **frame, "error": told}
    response = render(request, "console/error.html", context, status=status_of(told))
    if isinstance(told, Unavailable):
        response["Retry-After"] = str(streaming.RETRY_AFTER_SECONDS)
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "404.html", 404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "403.html", 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _plain(request, "403.html", 403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    error = RequestUnreadable(
        "The browser sent something that cannot be read, or more than is accepted.",
        fix="Go back, make the file or the text smaller, and send it again.",
    )
    context = {"request_id": getattr(request, "request_id", ""), "error": error}
    return render(request, "console/error.html", context, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def _plain(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return render(request, template, {"request_id": getattr(request, "request_id", "")}, status=status)


def _told(error: Exception) -> DistillHubError:
    if isinstance(error, DistillHubError):
        return error
    if isinstance(error, IntegrityError):
        return Conflict("Somebody made the same thing at the same moment; try again.", code="made_meanwhile")
    if is_storage_full(error):
        logger.error("the database's disk is full", exc_info=error)
        return StorageFull(FULL)
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("the database cannot answer", exc_info=error)
        return Unavailable("The database cannot answer just now; try again soon.", code="database_away")
    if isinstance(error, DatabaseError):
        raise error
    raise TypeError(f"{type(error).__name__} has no page")
