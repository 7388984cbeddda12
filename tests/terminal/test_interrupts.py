"""``run_eval`` in a process of its own: the run is in the rows before anybody looks, and outlives who looked."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from apps.evals.models import EvalRun
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests.conftest import Person, founder
from tests.database import REPOSITORY
from tests.factories import runs

pytestmark = pytest.mark.slow

NAMES = ("--dataset=golden", "--teacher=big", "--student=small", "--suite=suite")


@pytest.fixture
def zoe(committed: None) -> Person:
    name = f"shell-{secrets.token_hex(4)}"
    zoe = founder(f"zoe@{name}.test", name)
    rows = runs.golden_rows()
    with acting(zoe.who):
        project = projects.open_project(slug="bot")
        runs.pinned(project, rows)
        runs.recorded(project, "big", runs.output_rows(rows))
        runs.recorded(project, "small", runs.output_rows(rows, model="small"))
        runs.suite(project)
    return zoe


@pytest.fixture
def command(zoe: Person, database_name: str) -> Iterator[subprocess.Popen[str]]:
    """The command once its run has started; no worker takes it."""
    place = (f"--organization={zoe.organization.slug}", "--project=bot")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_eval", *place, *NAMES],
        cwd=REPOSITORY,
        env={**os.environ, "DISTILLHUB_DATABASE_NAME": database_name, "BROKER_URL": "redis://127.0.0.1:9/0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


def status(zoe: Person) -> str:
    with acting(zoe.who):
        return EvalRun.objects.get().status


def test_one_interrupt_leaves_the_run(zoe: Person, command: subprocess.Popen[str]) -> None:
    line_with(command, "planned: 0/12 answers")
    command.send_signal(signal.SIGINT)
    assert line_with(command, "goes on: ").endswith("/p/bot/runs/1/\n")
    assert command.wait(30) == 130
    assert status(zoe) == "PLANNED"


def test_two_interrupts_cancel_it(zoe: Person, command: subprocess.Popen[str]) -> None:
    line_with(command, "planned: 0/12 answers")
    command.send_signal(signal.SIGINT)
    line_with(command, "Ctrl-C again")
    command.send_signal(signal.SIGINT)
    assert command.wait(30) == 130
    assert status(zoe) == "CANCELLED"


def test_a_database_that_is_away_ends_with_its_own_code() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "run_eval", "--project=bot", *NAMES],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": "postgres://distillhub_app:x@127.0.0.1:9/none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr.split(":")[0]) == (5, "database_away")
