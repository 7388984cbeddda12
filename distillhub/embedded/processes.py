"""Detached children with a pid file and a log: start, recognise, stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACEFUL = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
PROC = Path("/proc")

# Popen warns when a running child is forgotten, and only its owner can reap it.
_started: list[subprocess.Popen[bytes]] = []


class ServiceFailed(RuntimeError):
    """A service did not start, stop or answer; the message says what happened and where the log is."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged system user that a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """One named background process of an installation; ``token`` is a word of its command line."""

    name: str
    home: Path
    token: str

    @property
    def log(self) -> Path:
        return self.home / "log" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return self.home / "run" / f"{self.name}.json"

    def pid(self) -> int | None:
        """The process id while the process that we started is alive, else None."""
        record = self._record()
        pid, started = record.get("pid"), record.get("started")
        if not isinstance(pid, int) or not started:
            return None
        # The system hands out a dead process's number again: number, start and command must all agree.
        return pid if _started_at(pid) == started and self.token in command_line(pid) else None

    def edition(self) -> str:
        """What the last start() said about the code and the addresses that it started with."""
        return str(self._record().get("edition", ""))

    def adopt(self, pid: int, *, edition: str = "") -> None:
        """Record ``pid`` as this child."""
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.pid_file.with_suffix(".part")
        record = {"pid": pid, "started": _started_at(pid), "edition": edition}
        partial.write_text(json.dumps(record), encoding="utf-8")
        partial.replace(self.pid_file)

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path = Path("/"),
        account: Account | None = None,
        edition: str = "",
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` in a session of its own, output appended to the log, stdin closed."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                list(command),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        _started.append(process)
        self.adopt(process.pid, edition=edition)
        return process

    def stop(self, steps: Sequence[tuple[signal.Signals, float]] = GRACEFUL) -> bool:
        """Signal after signal, each with its limit in seconds; False if nothing ran. Raises ServiceFailed."""
        pid = self.pid()
        if pid is None:
            orphaned = self._end_orphans()
            self.pid_file.unlink(missing_ok=True)
            return orphaned
        for sign, limit_s in steps:
            _send(pid, sign)
            if _gone_within(limit_s, pid):
                self._end_orphans()
                _reap()
                self.pid_file.unlink(missing_ok=True)
                return True
        raise ServiceFailed(f"{self.name} (process {pid}) did not end; its log is {self.log}")

    def _record(self) -> dict[str, object]:
        try:
            record = json.loads(self.pid_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _end_orphans(self) -> bool:
        """End what a killed child left behind: a second clock would ring twice, an old web server keeps the port."""
        record = self._record()
        leader = record.get("pid")
        # A live leader with another start time is a stranger who got the number.
        if not isinstance(leader, int) or _started_at(leader) not in ("", record.get("started")):
            return False
        orphans = [pid for pid in _session(leader) if self.token in command_line(pid)]
        for pid in orphans:
            _send(pid, signal.SIGKILL)
        return bool(orphans)

    def failed(self, what: str) -> ServiceFailed:
        """An error with the last lines of the log."""
        return ServiceFailed(f"{what}\n{_tail(self.log)}the whole log: {self.log}")


def command_line(pid: int) -> str:
    """The words of a process's command line joined by spaces; empty for a dead one."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "" if PROC.is_dir() else _ps(pid, "command")


def _reap() -> None:
    """Collect the children of this process that have ended, so that none stays behind as a zombie."""
    _started[:] = [process for process in _started if process.poll() is None]


def living_in(folder: Path) -> Iterator[int]:
    """Ids of live processes whose working folder is ``folder``; finds none where there is no /proc."""
    for entry in PROC.glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder.resolve() and _started_at(int(entry.name)):
                yield int(entry.name)
        except OSError:
            continue


def _started_at(pid: int) -> str:
    """When the process started, as the system tells it; empty for a dead process or a zombie."""
    fields = _stat(pid)
    if not fields:
        return "" if PROC.is_dir() else _ps(pid, "lstart")
    return "" if fields[0] in "ZX" else fields[19]


def _gone_within(limit_s: float, pid: int) -> bool:
    # By start time: a dying process loses its command line first, while it may still hold files and ports.
    started, deadline = _started_at(pid), time.monotonic() + limit_s
    while started and _started_at(pid) == started:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _session(leader: int) -> Iterator[int]:
    """Ids of the live processes in the leader's session; finds none where there is no /proc."""
    for entry in PROC.glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields and fields[0] not in "ZX" and fields[3] == str(leader):
            yield int(entry.name)


def _stat(pid: int) -> list[str]:
    """State, parent, group, session and the rest of /proc/PID/stat; empty for a dead process."""
    try:
        # The name in brackets may hold spaces and brackets itself, so the fields count from the last one.
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _ps(pid: int, column: str) -> str:
    answer = subprocess.run(
        ["ps", "-ww", "-p", str(pid), "-o", f"{column}="], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


def _send(pid: int, sign: signal.Signals) -> None:
    try:
        if sign is signal.SIGKILL and os.getpgid(pid) == pid:
            os.killpg(pid, sign)
        else:
            os.kill(pid, sign)
    except ProcessLookupError:
        return


def _tail(path: Path, *, lines: int = 12) -> str:
    try:
        return "".join(f"  | {line}\n" for line in path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
