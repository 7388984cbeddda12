"""Which management commands need the database, and as whom."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

_NO_DATABASE = {
    *("check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages"),
    *("makemigrations", "spectacular", "startapp", "startproject", "version"),
}
# These change tables or read the record of it, which the app role may not.
_OWNER = {
    *("createcachetable", "flush", "inspectdb", "migrate", "optimizemigration", "remove_stale_contenttypes"),
    *("showmigrations", "sqlflush", "sqlmigrate", "sqlsequencereset", "squashmigrations"),
}


class Need(Enum):
    """What a command line wants from the embedded services."""

    NOTHING = "nothing"
    OWNER = "owner"  # the database, in whatever state its tables are
    APP = "app"  # the database with all migrations applied


def need_of(arguments: Sequence[str]) -> Need:
    """The need of ``manage.py ARGUMENTS``."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    asks_for_help = {"-h", "--help", "--version"} & set(arguments)
    if not names or asks_for_help:
        return Need.NOTHING
    if names[0] == "check" and "--database" in arguments:
        return Need.APP
    if names[0] in _NO_DATABASE:
        return Need.NOTHING
    return Need.OWNER if names[0] in _OWNER else Need.APP


def runs_as_owner(arguments: Sequence[str]) -> bool:
    """Whether the command line must log in as the owner of the tables."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    return bool(names) and (names[0] in _OWNER or names[0] == "makemigrations")
