"""Are the embedded database's tables those of this code? Answered by digest, so that most commands pay nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from distillhub.embedded.processes import ServiceFailed
from distillhub.embedded.services import locked
from distillhub.embedded.state import MIGRATED, REPOSITORY, home_folder

# Beside our own migrations: the pinned packages bring theirs, and the settings say which packages take part.
OTHER_SOURCES = ("requirements/base.txt", "distillhub/settings/core.py")


def digest(repository: Path = REPOSITORY) -> str:
    """SHA-256 over every file that decides what the tables look like."""
    files = [*sorted(repository.glob("apps/*/migrations/*.py")), *(repository / name for name in OTHER_SOURCES)]
    total = hashlib.sha256()
    for path in files:
        if path.is_file():
            content = path.read_bytes()
            total.update(f"{path.relative_to(repository)} {len(content)}\n".encode() + content)
    return total.hexdigest()


def is_current(home: Path | None = None, repository: Path = REPOSITORY) -> bool:
    """Whether the last ensure() in this home ran with today's files, for the database that is used now."""
    try:
        return _stamp(home).read_text(encoding="utf-8") == _mark(repository)
    except FileNotFoundError:
        return False


def forget(home: Path | None = None) -> None:
    """Let the next ensure() migrate again, for instance because somebody migrates by hand."""
    _stamp(home).unlink(missing_ok=True)


def ensure() -> bool:
    """Apply missing migrations as the owner role; True if it had to look. Raises ServiceFailed."""
    if is_current():
        return False
    # Two migrations at once would trip over each other's half-made tables.
    with locked(home_folder(), "migrate"):
        if is_current():
            return False
        wanted = _mark()
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "manage.py"), "migrate", "--no-input", "--verbosity", "1"],
            env={**os.environ, "DISTILLHUB_DATABASE_ROLE": "owner"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last_words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise ServiceFailed(f"migrate failed:\n{last_words}")
        _stamp(None).write_text(wanted, encoding="utf-8")
        return True


def _mark(repository: Path = REPOSITORY) -> str:
    """What the stamp says. One server has several databases: another one that is up to date says nothing of ours."""
    other = os.environ.get("DISTILLHUB_DATABASE_NAME")
    return f"{digest(repository)} {other}" if other else digest(repository)


def _stamp(home: Path | None) -> Path:
    return (home or home_folder()) / MIGRATED
