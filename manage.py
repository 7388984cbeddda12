#!/usr/bin/env python3
"""Django's command line, with the embedded services and their tables made ready first."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent


def enter_environment() -> None:
    """Go on inside the repository's virtual environment if this Python has no Django."""
    python = REPOSITORY / ".venv" / "bin" / "python"
    # People type `python manage.py` without activating anything; the guard keeps a broken environment from looping.
    if find_spec("django") is None and python.exists() and "DISTILLHUB_REEXECUTED" not in os.environ:
        os.environ["DISTILLHUB_REEXECUTED"] = "1"
        os.execv(python, [str(python), *sys.argv])  # noqa: S606
    os.environ.pop("DISTILLHUB_REEXECUTED", None)


def prepare_services(arguments: list[str]) -> None:
    """What the command needs of the embedded services; with DATABASE_URL set, nothing. Raises ServiceFailed."""
    # Imported late: enter_environment() must be able to run on a Python without any of our packages.
    from distillhub.embedded import schema, services  # noqa: PLC0415
    from distillhub.embedded.commands import Need, need_of, runs_as_owner  # noqa: PLC0415

    if runs_as_owner(arguments):
        os.environ["DISTILLHUB_DATABASE_ROLE"] = "owner"
    need = need_of(arguments)
    if os.environ.get("DATABASE_URL") or need is Need.NOTHING:
        return
    services.ensure()
    if need is Need.APP:
        schema.ensure()
    elif arguments[0] == "migrate":
        schema.forget()


def main() -> None:
    enter_environment()
    sys.path.insert(0, str(REPOSITORY))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distillhub.settings")
    # Both need the virtual environment, see enter_environment().
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from distillhub.embedded.processes import ServiceFailed  # noqa: PLC0415
    from distillhub.embedded.state import StateUnreadable  # noqa: PLC0415

    try:
        prepare_services(sys.argv[1:])
        execute_from_command_line(sys.argv)
    except (ServiceFailed, StateUnreadable) as problem:
        sys.exit(f"manage.py: {problem}")


if __name__ == "__main__":
    main()
