"""What one method of an address does, said once: for the request that runs it and for the document of the interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.serializers import Serializer

from apps.api import schema, uploads
from apps.api.fields import Asked
from apps.api.idempotency import HEADER
from apps.api.pagination import PARAMETERS as PAGING
from apps.api.parameters import Parameter
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission

Handler = TypeVar("Handler", bound=Callable[..., Any])
Guard = Callable[[], None]


class Nothing(Asked):
    """A body without fields."""


@dataclass(frozen=True, slots=True)
class Operation:
    """``guard`` runs inside the acting block before a byte of the body is read; it raises Forbidden.

    ``order`` is the unique column that a list goes by, with "-" to go down. ``is_raw``: the handler returns the
    document itself. ``is_stream``: it returns a stream of events, each with such a document. ``judges``: a reading that
    may answer 422, as every POST may.
    """

    id: str
    summary: str
    answers: type[Serializer]
    guard: Guard
    asks: type[Asked] = Nothing
    status: int = 200
    is_list: bool = False
    is_raw: bool = False
    is_stream: bool = False
    takes_file: bool = False
    order: str = "-pk"
    judges: bool = False
    parameters: tuple[Parameter, ...] = ()

    @property
    def known_parameters(self) -> tuple[Parameter, ...]:
        return (*self.parameters, *PAGING) if self.is_list else self.parameters


def viewing() -> None:
    require(Permission.VIEW)


def needs(act: Any) -> Guard:
    """The guard of an action: the permission it will ask for itself, asked before the body is read."""
    permission: Permission = act.needs
    return lambda: require(permission)


def operation(
    identifier: str, summary: str, *, answers: type[Serializer], guard: Guard = viewing, **options: Any
) -> Callable[[Handler], Handler]:
    """Make a handler of an endpoint: ``handler(call)`` returns a row, a query set (a list) or ``Made``."""
    said = Operation(id=identifier, summary=summary, answers=answers, guard=guard, **options)

    def decorate(handler: Handler) -> Handler:
        writes = handler.__name__ == "post"
        documented: Handler = extend_schema(
            operation_id=said.id,
            summary=said.summary,
            parameters=[_parameter(parameter) for parameter in said.known_parameters] + _headers(said, writes=writes),
            request=_request(said) if writes else None,
            responses=schema.responses(
                schema.page_of(answers) if said.is_list else answers,  # type: ignore[arg-type]
                status=said.status,
                writes=writes,
                judges=said.judges,
                streams=said.is_stream,
            ),
        )(handler)
        documented.operation = said  # type: ignore[attr-defined]
        return documented

    return decorate


_KEY = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="At most 255 printable ASCII characters, kept for 24 hours: the same request again is answered alike.",
)
_LAST_EVENT = OpenApiParameter(
    "Last-Event-ID",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The id of the event seen last: it is not told again.",
)


def _headers(said: Operation, *, writes: bool) -> list[OpenApiParameter]:
    return [*([_KEY] if writes else []), *([_LAST_EVENT] if said.is_stream else [])]


def _parameter(parameter: Parameter) -> OpenApiParameter:
    kind = OpenApiTypes.BOOL if parameter.is_flag else OpenApiTypes.STR
    return OpenApiParameter(
        parameter.name,
        OpenApiTypes.INT if parameter.name == "limit" else kind,
        OpenApiParameter.QUERY,
        description=parameter.description,
        required=parameter.is_required,
    )


def _request(said: Operation) -> Any:
    if said.takes_file:
        return {uploads.MULTIPART: uploads.FileUpload, uploads.JSON: uploads.Rows}
    return None if said.asks is Nothing else {uploads.JSON: said.asks}
