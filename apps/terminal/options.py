"""Options that several commands share, read into values."""

from __future__ import annotations

import getpass
from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
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
    parser.add_argument("--budget", type=dollars, metavar="USD", help="pause before the run could spend more")
    parser.add_argument("--repeats", type=int, default=1, metavar="K", help="answer each row K times, 1 to 10")
    parser.add_argument("--seed", type=int, metavar="N", help="sampling seed that providers are sent; none without it")
    parser.add_argument("--reuse", action="store_true", help="take answers that stand to exactly the same requests")
    parser.add_argument("--purpose", default="evidence", help="evidence, or selection: it only chooses rows")
    parser.add_argument("--divergence", default="", help="bits_per_byte: one more call of the student a row")
    parser.add_argument("--allow-unpriced", action="store_true", help="start although a live model has no price")


def operator(slug: str) -> Acting:
    """Whoever holds the shell, acting for an organization. Raises NotFound."""
    found = organization(slug)
    if found is None:
        raise NotFound(f"There is no organization '{slug[:60]}'.", where={"option": "--organization"})
    return as_operator(found.id, getpass.getuser())


def request(given: dict[str, Any]) -> Request:
    names = ("dataset", "teacher", "student", "suite", "gate")
    terms = {
        "allow_unpriced": given["allow_unpriced"],
        "budget_usd": given["budget"],
        "repeats": given["repeats"],
        "seed": given["seed"],
        "reuse_answers": given["reuse"],
        "purpose": given["purpose"],
        "divergence": given["divergence"],
    }
    return Request(**{name: given[name] for name in names}, terms=terms)


def dollars(text: str) -> Decimal:
    """An amount as it is typed. Raises ArgumentTypeError."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"'{text[:40]}' is no number of US dollars") from None
