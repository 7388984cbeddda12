"""One id for each request, in and out, and on every audit event it causes."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.tenancy.ids import new_id

ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{8,80}\Z")


class RequestId:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if ACCEPTED.match(given) else f"req_{new_id().hex}"
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        return response
