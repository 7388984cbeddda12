"""Options that several commands share, read into values."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import CommandParser

from apps.kernel.errors import NotFound
from apps.tenancy.acting import Acting
from apps.tenancy.queries import as_operator, organization
from apps.terminal.live import Request

REFERENCE = "slug (the newest), slug@number or id"


def add_place(parser: CommandParser) -> None:
    parser.add_argument("--organization", default="local", help="organization that the project is in")
    parser.add_argument("--project", required=True, help="the project's slug")


def add_run(parser: CommandParser) -> None:
    parser.add_argument("--dataset", required=True, help=f"a pinned dataset: {REFERENCE}")
    parser.add_argument("--teacher", required=True, help=f"a model version: {REFERENCE}")
    parser.add_argument("--student", required=True, help="another model version")
    parser.add_argument("--suite", required=True, help=f"a suite: {REFERENCE}")
    parser.add_argument("--gate", default="", help="gate policy to ask; a template's name saves it if need be")
    parser.add_argument("--allow-unpriced", action="store_true", help="start although a live model has no price")


def operator(slug: str) -> Acting:
    """Whoever holds the shell, acting for an organization. Raises NotFound."""
    found = organization(slug)
    if found is None:
        raise NotFound(f"There is no organization '{slug[:60]}'.", where={"option": "--organization"})
    return as_operator(found.id, getpass.getuser())


def request(given: dict[str, Any]) -> Request:
    names = ("dataset", "teacher", "student", "suite", "gate")
    return Request(**{name: given[name] for name in names}, options={"allow_unpriced": given["allow_unpriced"]})
