"""Lists by cursor, a page at a time; newest first unless a list has another order.

A cursor is signed for one organization, path and filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from apps.api.parameters import Parameter, refused
from apps.kernel.reading.refusal import quoted

LIMIT, LIMIT_MAX = 50, 200
SALT = "distillhub.api.cursor.v1"
PARAMETERS = (
    Parameter("limit", f"How many entries a page holds, 1 to {LIMIT_MAX}; {LIMIT} unless given."),
    Parameter("cursor", "Where to go on: next_cursor of the page before."),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; ``next_cursor`` is None on the last page."""

    rows: list[Any]
    next_cursor: str | None
    next_address: str | None


def page(
    rows: QuerySet[Any], *, parameters: Mapping[str, str], path: str, organization_id: UUID, order: str = "-pk"
) -> Page:
    """One page of a list by ``order``: a unique column, with "-" to go down. Raises ParameterRefused cursor_invalid."""
    filters = {name: value for name, value in sorted(parameters.items()) if name not in ("limit", "cursor")}
    bound_to = f"{organization_id}:{path}?{urlencode(filters)}"
    limit = _limit(parameters.get("limit"))
    column, beyond = (order[1:], "lt") if order.startswith("-") else (order, "gt")
    ordered = rows.order_by(order)
    if "cursor" in parameters:
        ordered = ordered.filter(**{f"{column}__{beyond}": _opened(parameters["cursor"], bound_to)})
    found = list(ordered[: limit + 1])
    if len(found) <= limit:
        return Page(found, None, None)
    kept = found[:limit]
    cursor = signing.dumps([bound_to, str(getattr(kept[-1], column))], salt=SALT, compress=True)
    return Page(kept, cursor, f"{path}?{urlencode({**filters, 'limit': limit, 'cursor': cursor})}")


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= LIMIT_MAX):
        raise refused("parameter_invalid", f"limit is 1 to {LIMIT_MAX}, not {quoted(text)}.", "limit")
    return int(text)


def _opened(cursor: str, bound_to: str) -> str:
    try:
        signed_for, position = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError):
        signed_for, position = None, ""
    if signed_for != bound_to:
        raise refused(
            "cursor_invalid", "The cursor is not one of this list: take next_cursor of the page before.", "cursor"
        )
    return str(position)
