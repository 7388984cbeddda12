"""A POST that carries an Idempotency-Key is done once: the same request again gets the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.api.parsing import JSON
from apps.replies import store

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


def once(request: HttpRequest, body_digest: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    """Run, or answer as the first request with this key was answered.

    Inside the acting block of the request: the key is held until the transaction ends, and an error lets it go, so
    that the request may be sent again once its cause is gone. Raises what ``store.claim`` does.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return run()
    earlier = store.claim(key, request_digest(request, body_digest))
    if earlier is not None:
        response = HttpResponse(bytes(earlier.body), status=earlier.status, content_type=JSON)
        if earlier.location:
            response["Location"] = earlier.location
        response[REPLAYED] = "true"
        return response
    response = run()
    store.keep(key, status=response.status_code, body=response.content, location=response.get("Location", ""))
    return response


def request_digest(request: HttpRequest, body_digest: str) -> str:
    """What makes two requests the same: method, path, query and body."""
    parts = (request.method or "", request.path, request.META.get("QUERY_STRING", ""), body_digest)
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
