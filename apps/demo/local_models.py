"""Two small models on this machine, each behind its own OpenAI-compatible server on the loopback interface.

``python -m apps.demo.local_models teacher 18101`` serves one model until it is told to end.
``python -m apps.demo.local_models stop HOME`` ends what ``start(HOME)`` began.

The teacher is Gemma-3-270M, a base model that answers through the few-shot template in ``data/``; the student is
SmolLM2-135M-Instruct with its own chat template. The teacher is only the larger of two very small models.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from apps.demo import weights
from apps.demo.serving import HOST, MODELS, serve
from apps.kernel.errors import DistillHubError, InvalidInput, Unavailable

PROJECT_ROOT = Path(__file__).resolve().parents[2]
STATE_FILE = "local_models.json"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
# Handles of the servers this very process began: the interpreter warns about children that nobody collects.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class RunningServer:
    """One server that answers: ``base_url`` ends in /v1, ``started_at`` is the process's start in epoch seconds."""

    role: str
    alias: str
    base_url: str
    pid: int
    started_at: float


class UnknownLocalModel(InvalidInput):
    """There are two local models, and this names neither."""

    code = "unknown_local_model"
    title = "No such local model"


class LocalModelDidNotStart(Unavailable):
    """A local model's server ended, or did not answer in time."""

    code = "local_model_did_not_start"
    title = "A local model did not start"


def installed() -> bool:
    """Whether both models and their server are in this environment; imports none of them."""
    return not weights.missing_packages()


def start(home: Path, *, limit_s: float = START_LIMIT_S) -> dict[str, RunningServer]:
    """Serve both models, or reuse them when ``home`` says they run and they answer. Keys: teacher, student.

    The servers outlive this process; ``stop(home)`` ends them. Raises LocalModelsNotInstalled, WeightsDamaged, or
    LocalModelDidNotStart after ``limit_s`` seconds; then nothing of ours is left running.
    """
    weights.require_packages()
    standing = running(home)
    if standing.keys() == MODELS.keys() and all(_healthy(_port(server)) for server in standing.values()):
        return standing
    stop(home)
    weights.teacher_path(home)
    servers = {}
    with contextlib.ExitStack() as undo:
        undo.callback(stop, home)
        for role in MODELS:
            servers[role] = _launch(role, home)
            _remember(home, servers)
        deadline = time.monotonic() + limit_s
        for server in servers.values():
            _wait(server, home, deadline=deadline, limit_s=limit_s)
        undo.pop_all()
    return servers


def running(home: Path) -> dict[str, RunningServer]:
    """The servers that ``home`` remembers and whose processes are still the ones it remembers."""
    try:
        rows = json.loads((home / STATE_FILE).read_text(encoding="utf-8"))
        servers = [RunningServer(**row) for row in rows]
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        # The file is only a note to ourselves; an unreadable one is worth as much as none.
        return {}
    return {server.role: server for server in servers if _process(server) is not None}


def stop(home: Path) -> int:
    """End the servers that ``home`` remembers, politely first; the number ended. Safe to call twice."""
    processes = [found for server in running(home).values() if (found := _process(server)) is not None]
    for process in processes:
        process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=STOP_LIMIT_S)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_LIMIT_S)
    for pid, child in tuple(_children.items()):
        if child.poll() is not None:
            del _children[pid]
    (home / STATE_FILE).unlink(missing_ok=True)
    return len(processes)


def _launch(role: str, home: Path) -> RunningServer:
    port = _free_port()
    log = home / "log" / f"local-model-{role}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "apps.demo.local_models", role, str(port), str(home.resolve())],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C on the demo must not cut off answers that a worker still waits for.
            start_new_session=True,
        )
    _children[child.pid] = child
    started_at = psutil.Process(child.pid).create_time()
    return RunningServer(role, MODELS[role].alias, f"http://{HOST}:{port}/v1", child.pid, started_at)


def _wait(server: RunningServer, home: Path, *, deadline: float, limit_s: float) -> None:
    while not _healthy(_port(server)):
        if _process(server) is None:
            raise LocalModelDidNotStart(f"The server of {server.alias} ended at once: {_last_words(server, home)}")
        if time.monotonic() > deadline:
            raise LocalModelDidNotStart(
                f"The server of {server.alias} did not answer within {limit_s:g} s: {_last_words(server, home)}"
            )
        time.sleep(0.1)


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _process(server: RunningServer) -> psutil.Process | None:
    """The server's process; None when it ended or the system gave its number to another one."""
    try:
        process = psutil.Process(server.pid)
        if process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - server.started_at) > 1:
            return None
    except psutil.NoSuchProcess:
        return None
    return process


def _remember(home: Path, servers: dict[str, RunningServer]) -> None:
    draft = home / f"{STATE_FILE}.{os.getpid()}"
    draft.write_text(json.dumps([asdict(server) for server in servers.values()]), encoding="utf-8")
    draft.replace(home / STATE_FILE)


def _last_words(server: RunningServer, home: Path) -> str:
    lines = (home / "log" / f"local-model-{server.role}.log").read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip()[-80:] for line in reversed(lines) if line.strip()), "it wrote nothing")


def _port(server: RunningServer) -> int:
    return int(server.base_url.removesuffix("/v1").rpartition(":")[2])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    """``teacher|student PORT [HOME]`` serves, ``stop HOME`` ends; 1 with one sentence when it cannot."""
    try:
        match arguments:
            case ["stop", home]:
                print(f"Ended {stop(Path(home))} local model servers.")
            case [("teacher" | "student") as role, port, *rest] if port.isdecimal() and len(rest) < 2:
                serve(role, int(port), Path(rest[0]) if rest else PROJECT_ROOT / ".local")
            case _:
                raise UnknownLocalModel("Use: python -m apps.demo.local_models teacher|student PORT, or stop HOME.")
    except DistillHubError as error:
        print(f"{error.detail} {error.fix or ''}".rstrip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
