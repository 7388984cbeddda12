"""Children of ours: known by number, start time and command; stopped with everything they left behind."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from distillhub.embedded.processes import Child, ServiceFailed, command_line

SLEEPER = "import time; time.sleep(60)  # sleeper"
PARENT = f"""
import subprocess, sys, time  # sleeper
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
print(child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time  # sleeper
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
QUICK = ((signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0))


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child("sleeper", tmp_path, "sleeper")


def start(child: Child, code: str) -> int:
    return child.start([sys.executable, "-c", code], env=os.environ).pid


def first_line(child: Child) -> str:
    deadline = time.monotonic() + 10
    while not child.log.read_text().endswith("\n") and time.monotonic() < deadline:
        time.sleep(0.01)
    return child.log.read_text().strip()


def test_a_started_child_is_known_and_a_stopped_one_is_not(child: Child) -> None:
    pid = start(child, SLEEPER)
    assert child.pid() == pid
    assert child.stop() is True
    assert child.pid() is None
    assert command_line(pid) == ""
    assert child.stop() is False


@pytest.mark.parametrize("change", [{"started": "1"}, {"pid": os.getpid()}, {"pid": "x"}])
def test_a_stranger_with_the_recorded_number_is_never_taken_for_the_child(
    child: Child, change: dict[str, object]
) -> None:
    pid = start(child, SLEEPER)
    genuine = child.pid_file.read_text()
    child.pid_file.write_text(json.dumps({**json.loads(genuine), **change}))
    assert child.pid() is None
    assert child.stop() is False
    assert "sleeper" in command_line(pid)
    child.pid_file.write_text(genuine)
    assert child.stop() is True


def test_a_child_that_ignores_the_first_signal_gets_the_next(child: Child) -> None:
    start(child, STUBBORN)
    assert first_line(child) == "up"
    begun = time.monotonic()
    assert child.stop(QUICK) is True
    assert 0.3 <= time.monotonic() - begun < 5


def test_a_child_that_outlives_all_signals_is_reported_with_its_log(child: Child) -> None:
    start(child, STUBBORN)
    assert first_line(child) == "up"
    with pytest.raises(ServiceFailed, match=r"sleeper.* did not end; its log is .*sleeper\.log"):
        child.stop(((signal.SIGTERM, 0.1),))
    assert child.stop(QUICK) is True


def test_what_a_killed_child_left_behind_is_ended_too(child: Child) -> None:
    pid = start(child, PARENT)
    orphan = int(first_line(child))
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while child.pid() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "sleeper" in command_line(orphan)
    assert child.stop() is True
    deadline = time.monotonic() + 5
    while command_line(orphan) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert command_line(orphan) == ""


def test_an_error_shows_the_last_lines_of_the_log(child: Child) -> None:
    child.log.parent.mkdir()
    child.log.write_text("".join(f"line {number}\n" for number in range(20)))
    message = str(child.failed("It broke"))
    assert message.startswith("It broke\n  | line 8\n")
    assert message.endswith(f"  | line 19\nthe whole log: {child.log}")
