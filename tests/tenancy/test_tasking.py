"""A message leaves when its rows are in, names its organization first, and may be lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.tenancy import tasking

ORGANIZATION = UUID(int=7)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    calls: list[tuple[str, list[str]]] = []

    def send_task(name: str, args: list[str]) -> None:
        calls.append((name, args))

    monkeypatch.setattr(tasking.current_app, "send_task", send_task, raising=False)
    return calls


def test_nothing_is_sent_before_the_commit_and_nothing_after_a_rollback(
    committed: None, sent: list[tuple[str, list[str]]]
) -> None:
    run = uuid4()
    with transaction.atomic():
        tasking.enqueue("evals.work", ORGANIZATION, run)
        assert sent == []
    assert sent == [("evals.work", [str(ORGANIZATION), str(run)])]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tasking.enqueue("evals.work", ORGANIZATION, run)
        raise ZeroDivisionError
    assert len(sent) == 1


def test_a_broker_that_is_away_costs_a_warning_not_the_change(
    committed: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(name: str, args: list[str]) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(tasking.current_app, "send_task", away, raising=False)
    tasking.enqueue("evals.work", ORGANIZATION, uuid4())
    assert "evals.work will be rung again" in caplog.text


def test_a_task_turns_its_first_argument_into_the_organization() -> None:
    seen: list[tuple[object, ...]] = []
    registered = tasking.task(f"test.{uuid4().hex}")(lambda organization_id, *ids: seen.append((organization_id, *ids)))
    registered(str(ORGANIZATION), "a", "b")
    assert seen == [(ORGANIZATION, "a", "b")]
    with pytest.raises(ValueError, match="badly formed"):
        registered("no organization")


@pytest.fixture
def not_stopping() -> Iterator[None]:
    yield
    tasking._STOPPING[0] = 0


def test_a_first_sigterm_asks_the_work_to_end_and_the_old_answer_returns(not_stopping: None) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with tasking.ending_in_order():
        assert not tasking.is_stopping()
        os.kill(os.getpid(), signal.SIGTERM)
        assert tasking.is_stopping()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "a second one ends the process"
    assert signal.getsignal(signal.SIGTERM) is before
