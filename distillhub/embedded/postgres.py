"""One Postgres server per installation: made once, started when down, never exposed beyond 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from distillhub.embedded import roles, state
from distillhub.embedded.binaries import open_folder, postgres_account, postgres_bin
from distillhub.embedded.ports import free_port
from distillhub.embedded.processes import Account, Child, ServiceFailed, command_line, living_in
from distillhub.embedded.state import ServiceState

START_LIMIT_S = 60.0  # crash recovery replays the log before the server answers
CRASH_LIMIT_S = 15.0  # how long the remains of a killed server may block the next one
# "fast" ends sessions, "immediate" leaves recovery to the next start; a plain kill would orphan the backends.
STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def child(current: ServiceState) -> Child:
    """The server's process."""
    return Child("postgres", Path(current.home), str(_cluster(current)))


def ensure(current: ServiceState) -> ServiceState:
    """A running server with roles and database; returns the state with its port. Raises ServiceFailed."""
    process, cluster, ready = child(current), _cluster(current), Path(current.postgres_folder) / "roles"
    if not process.pid():
        _adopt(process, cluster)
    if not _answers(current, process):
        if process.pid():
            raise process.failed("Postgres runs and does not answer: `make stop` ends it")
        account = postgres_account()
        if not (cluster / "PG_VERSION").is_file():
            _initialise(current, account)
        current = _start(current, process, account)
    if not ready.is_file() or ready.read_text(encoding="utf-8") != roles.EDITION:
        try:
            roles.prepare(current)
        except psycopg.Error as error:
            raise process.failed(f"Postgres refused to create its roles: {error}") from error
        ready.write_text(roles.EDITION, encoding="utf-8")
    return current


def stop(current: ServiceState) -> bool:
    """End the server; committed rows stay. False if it was down. Raises ServiceFailed."""
    process = child(current)
    if not process.pid():
        _adopt(process, _cluster(current))
    return process.stop(STOP)


def clean(current: ServiceState) -> None:
    """Delete the stopped server's data."""
    shutil.rmtree(current.postgres_folder, ignore_errors=True)


def _cluster(current: ServiceState) -> Path:
    return Path(current.postgres_folder) / "data"


def _adopt(process: Child, cluster: Path) -> None:
    """Find the server again when its pid file was lost, by the lock file it keeps itself."""
    try:
        pid = int((cluster / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return
    if process.token in command_line(pid):
        process.adopt(pid)


def _environment(current: ServiceState) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LD_"))}
    return {**kept, "LC_ALL": "C.UTF-8", "HOME": current.postgres_folder}


def _initialise(current: ServiceState, account: Account | None) -> None:
    """Make the data folder beside its place and rename it: an interrupted initdb leaves nothing half done."""
    folder, cluster = Path(current.postgres_folder), _cluster(current)
    if account:
        open_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    partial, password = folder / "data.partial", folder / "password"
    shutil.rmtree(partial, ignore_errors=True)
    with state.private_umask():
        password.write_text(state.password_of(current.superuser_url), encoding="utf-8")
    if account:
        for path in (folder, password):
            os.chown(path, account.uid, account.gid)
    try:
        made = subprocess.run(
            [
                str(postgres_bin() / "initdb"),
                *("-D", str(partial), "-U", state.SUPERUSER, "--pwfile", str(password)),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),
            ],
            env=_environment(current),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError as error:
        raise ServiceFailed(f"initdb cannot be started: {error}") from error
    finally:
        password.unlink(missing_ok=True)
    if made.returncode:
        raise ServiceFailed(f"initdb failed in {folder}:\n{made.stderr.strip()[-1500:]}")
    # Nothing that was known of an earlier database holds for this one.
    (folder / "roles").unlink(missing_ok=True)
    (Path(current.home) / state.MIGRATED).unlink(missing_ok=True)
    partial.rename(cluster)


def _start(current: ServiceState, process: Child, account: Account | None) -> ServiceState:
    cluster, deadline = _cluster(current), time.monotonic() + CRASH_LIMIT_S
    while True:
        _clear_stale_lock(cluster)
        current = current.on_postgres_port(free_port(current.postgres_port))
        # Written before the start: whoever finds the server later must find its port too.
        state.write(current)
        settings = [f"-c{name}={value}" for name, value in {**SETTINGS, "port": current.postgres_port}.items()]
        command = [str(postgres_bin() / "postgres"), "-D", str(cluster), *settings]
        try:
            server = process.start(command, env=_environment(current), account=account)
        except OSError as error:
            raise ServiceFailed(f"Postgres cannot be started: {error}") from error
        if _answers(current, process):
            return current
        if server.poll() is None:
            server.send_signal(signal.SIGQUIT)
            server.wait(10)
        if time.monotonic() > deadline:
            raise process.failed("Postgres does not start")
        time.sleep(0.2)


def _answers(current: ServiceState, process: Child) -> bool:
    """Whether the server lets the superuser in before it dies or the limit passes.

    A living process proves nothing: it may be about to die, or still be reading its log. Raises ServiceFailed.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while process.pid() and time.monotonic() < deadline:
        try:
            psycopg.connect(current.superuser_url, connect_timeout=5).close()
            return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServiceFailed(f"the state file is not that of the data in {current.postgres_folder}") from error
            time.sleep(0.03)
    return False


def _clear_stale_lock(cluster: Path) -> None:
    """Remove a dead server's lock file when no process works in the data folder any more.

    Postgres only asks whether the recorded process exists, so an unreaped zombie, or a stranger that got the number
    after a reboot, would block the start for ever.
    """
    lock = cluster / "postmaster.pid"
    deadline = time.monotonic() + CRASH_LIMIT_S
    while lock.exists() and Path("/proc").is_dir():
        if not any(living_in(cluster)):
            lock.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            return
        else:
            time.sleep(0.1)
