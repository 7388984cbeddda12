"""The endpoint: who calls, which project, which operation; one action or query in the middle; an answer or a problem.

The acting block, and with it the transaction, is open from the first look at the request's content until the answer
is bytes: an error anywhere in between leaves nothing half-written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from apps.api import idempotency, pagination, parameters, parsing, problems, uploads
from apps.api.authentication import KeyAuthentication
from apps.api.operation import Operation
from apps.api.schema import Schema
from apps.kernel.errors import NotFound
from apps.kernel.reading.rows import SourceRow
from apps.projects import queries as projects
from apps.tenancy.acting import acting, current

BASE = "/api/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as values. ``path`` holds the references in the address, ``project`` the row of its project."""

    path: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    body: parsing.Body = field(default_factory=lambda: parsing.Body(""))
    project: Any = None
    key: Any = None

    @property
    def ref(self) -> str:
        return self.path["ref"]

    def rows(self) -> list[SourceRow]:
        """The rows of the uploaded file or of the body. Raises what ``uploads.rows_of`` does."""
        return uploads.rows_of(self.body)

    def address(self, *steps: str) -> str:
        """The path of something in this call's project, or of the organization when there is none."""
        inside = ("projects", self.project.slug, *steps) if self.project is not None else steps
        return "/".join((BASE, *inside))


@dataclass(frozen=True, slots=True)
class Made:
    """Something new, and where it is from now on."""

    row: Any
    location: str


class Endpoint(APIView):
    """One address. Its methods are handlers made by ``operation``; a method without one is answered by 405."""

    authentication_classes = [KeyAuthentication]
    http_method_names = ["get", "head", "post"]
    schema = Schema()
    tag = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(self.request)
            handler = self._handler()
            with acting(self.request.auth):
                response = self._answer(request, handler)
        except Exception as error:
            response = problems.answer(error, request)
        if response.status_code == 405:
            response["Allow"] = ", ".join(self.allowed_methods)
        response["Cache-Control"] = "no-store"
        return response

    def _handler(self) -> Callable[[Call], Any]:
        handler = getattr(self, str(self.request.method).lower(), None)
        if handler is None or not hasattr(handler, "operation"):
            raise MethodNotAllowed(str(self.request.method))
        found: Callable[[Call], Any] = handler
        return found

    def _answer(self, request: HttpRequest, handler: Callable[[Call], Any]) -> HttpResponse:
        operation: Operation = handler.operation  # type: ignore[attr-defined]
        path = dict(self.kwargs)
        project = projects.project(path.pop("project")) if "project" in path else None
        operation.guard()
        given = parameters.read(request.GET, operation.known_parameters)
        call = Call(path=path, parameters=given, project=project, key=self.request.user)
        if request.method != "POST":
            return rendered(operation, handler(call), request, given)
        with closing(uploads.body_of(request) if operation.takes_file else parsing.json_body(request)) as body:

            def run() -> HttpResponse:
                asked = {} if operation.takes_file else parsing.fitted(operation.asks, body.fields or {})
                return rendered(operation, handler(replace(call, asked=asked, body=body)), request, given)

            return idempotency.once(request, body.digest, run)


def rendered(operation: Operation, result: Any, request: HttpRequest, given: Mapping[str, str]) -> HttpResponse:
    """A handler's result as the bytes of an answer."""
    if isinstance(result, HttpResponseBase):
        return result
    headers: dict[str, str] = {}
    if operation.is_list:
        page = pagination.page(
            result,
            parameters=given,
            path=request.path,
            organization_id=current().organization_id,
            order=operation.order,
        )
        if page.next_address:
            headers["Link"] = f'<{page.next_address}>; rel="next"'
        rows = operation.answers(page.rows, many=True).data
        shape: Any = {"object": "list", "data": rows, "has_more": page.next_cursor is not None,
                      "next_cursor": page.next_cursor}  # fmt: skip
    else:
        if isinstance(result, Made):
            headers["Location"] = result.location
            result = result.row
        shape = result if operation.is_raw else operation.answers(result).data
    return HttpResponse(
        JSONRenderer().render(shape), status=operation.status, headers=headers, content_type=parsing.JSON
    )


def named(where: str, find: Callable[[Any, str], Any], inside: Any, reference: str, *, part: str = "field") -> Any:
    """What a field of the body, or a query ``parameter``, refers to. Raises NotFound that names it."""
    try:
        return find(inside, reference)
    except NotFound as error:
        raise NotFound(error.detail, where={part: where}, fix=error.fix) from None


class NoSuchAddress(APIView):
    """Whatever else stands under /api/: a problem, not a page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return problems.answer(NotFound("There is nothing at this address.", fix="See /api/docs."), request)
