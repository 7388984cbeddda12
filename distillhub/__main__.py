"""``python -m distillhub {up,down,status,clean,services}``: the whole product on this machine, from a terminal."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from distillhub.embedded import schema, server, services, state
from distillhub.embedded.processes import Child, ServiceFailed
from distillhub.embedded.state import StateUnreadable


def up() -> None:
    """Everything: services, tables, worker, web server."""
    start_services()
    if os.environ.get("DATABASE_URL"):
        say("tables", "DATABASE_URL is set: run `python manage.py migrate` yourself")
    else:
        with step("tables") as done:
            done("migrated" if schema.ensure() else "up to date")
    current = services.ensure()
    with step("worker") as done:
        done("started" if server.ensure_worker(current) else "runs already")
    with step("web server") as done:
        current, started = server.ensure_web(current)
        done(f"{'started' if started else 'runs already'}: {server.url(current)}")


def start_services() -> None:
    """Postgres and Valkey only."""
    before = services.status()
    with step("Postgres and Valkey") as done:
        current = services.ensure()
        fresh = [name for name, pid in services.status().items() if pid and pid != before[name]]
        ports = f"ports {current.postgres_port} and {current.valkey_port}"
        done(f"started {' and '.join(fresh)}, {ports}" if fresh else "run already")


def down() -> None:
    """End everything, doors first, so that nobody is cut off in the middle of a write."""
    stop_processes()
    with step("Valkey and Postgres") as done:
        done("stopped" if services.stop() else "not running")


def stop_processes() -> None:
    stop_child(server.web())
    stop_child(server.worker())
    stop_local_models()


def stop_child(child: Child) -> None:
    with step(child.name) as done:
        done("stopped" if child.stop() else "not running")


def stop_local_models() -> None:
    """The demo starts these; they outlive it, so that a second run finds them warm."""
    home = state.home_folder()
    if not (home / "local_models.json").exists():
        return
    with step("local models") as done:
        command = [sys.executable, "-m", "apps.demo.local_models", "stop", str(home)]
        ended = subprocess.run(
            command, cwd=state.REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise ServiceFailed(f"the local models did not stop:\n{ended.stderr.strip()[-1000:]}")
        done("stopped")


def status() -> None:
    """One line a process."""
    running = {**services.status(), "worker": server.worker().pid(), "web": server.web().pid()}
    for name, pid in running.items():
        say(name, f"runs as process {pid}" if pid else "not running")
    current = state.read()
    if current and running["web"]:
        say("pages", server.url(current))


def clean() -> None:
    """End everything and delete the database, the broker's data and the logs; downloaded models stay."""
    # Not down(): a damaged state file must not keep anybody from starting afresh.
    stop_processes()
    with step("data") as done:
        services.clean()
        home = state.home_folder()
        for name in ("log", "run"):
            shutil.rmtree(home / name, ignore_errors=True)
        schema.forget()
        done(f"deleted under {home}")


COMMANDS: dict[str, Callable[[], None]] = {
    "up": up,
    "down": down,
    "status": status,
    "clean": clean,
    "services": start_services,
}


def say(what: str, outcome: str, seconds: float | None = None) -> None:
    """One line: what, what became of it, and how long it took."""
    took = "" if seconds is None else f"  ({seconds:.1f} s)"
    print(f"  {what:<20} {outcome}{took}", flush=True)


@contextmanager
def step(what: str) -> Iterator[Callable[[str], None]]:
    """Time a step; it says its outcome through the function it is given."""
    begun = time.monotonic()
    yield lambda outcome: say(what, outcome, time.monotonic() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m distillhub", description="DistillHub on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=(function.__doc__ or "").strip())
    try:
        command = COMMANDS[parser.parse_args().command]
        # Two of these at once would each start a worker; looking is always allowed.
        with nullcontext() if command is status else services.locked(state.home_folder(), "command"):
            command()
    except (ServiceFailed, StateUnreadable) as problem:
        print(f"distillhub: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
