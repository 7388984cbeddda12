"""The error tree. A door turns a branch into a status and a leaf's ``code`` into the words a caller can act on.

DistillHubError
├── InvalidInput     the caller sent something that cannot be accepted      422
├── NotFound         no such thing, or not yours                            404
├── Forbidden        known, but not allowed                                 403
├── Conflict         right in itself, wrong in this state                   409
├── Unavailable      our side or a remote side cannot answer now            503
└── StorageFull      the disk of the database has no room left              507
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, and where: a row and column of a file, a field of a form, a pointer into JSON."""

    code: str
    detail: str
    where: Mapping[str, object]

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "detail": self.detail, **self.where}


class DistillHubError(Exception):
    """An error with a stable code, a sentence for people, the place it happened and what to do."""

    code = "error"
    title = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        where: Mapping[str, object] | None = None,
        fix: str | None = None,
        errors: Sequence[Problem] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.where = dict(where or {})
        self.fix = fix
        self.errors = tuple(errors)


class InvalidInput(DistillHubError):
    """The input cannot be accepted as it is."""

    code = "invalid_input"
    title = "The input cannot be accepted"


class NotFound(DistillHubError):
    """There is no such thing here; a stranger's thing reads the same."""

    code = "not_found"
    title = "Not found"


class Forbidden(DistillHubError):
    """The actor may not do this."""

    code = "forbidden"
    title = "Not allowed"


class Conflict(DistillHubError):
    """The request is well formed and the present state forbids it."""

    code = "conflict"
    title = "The present state forbids this"


class Unavailable(DistillHubError):
    """Something that is needed cannot answer now."""

    code = "unavailable"
    title = "Not available now"


class StorageFull(DistillHubError):
    """The database has no room left; what was asked is not done, in no part of it."""

    code = "storage_full"
    title = "The storage is full"
