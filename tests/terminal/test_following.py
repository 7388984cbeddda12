"""Following a run: until its scorecard and verdict stand, or for as long as asked; who is absent is told of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from apps.evals import actions, coordinate
from apps.evals.models import EvalRun
from apps.evals.progress import Progress
from apps.projects.models import Project
from apps.scorecards.queries import of_run
from apps.tenancy.acting import acting, is_acting
from apps.terminal import following
from tests.conftest import Person
from tests.factories import runs


class Looking:
    """What was shown and said, with a clock that each sleep moves on by ``seconds``."""

    def __init__(self, ada: Person, run: EvalRun, *, seconds: float = 1.0) -> None:
        self.ada, self.run, self.seconds = ada, run, seconds
        self.shown: list[str] = []
        self.said: list[str] = []
        self.now = 0.0

    def follow(self, act: Callable[[], None], *, timeout_s: float = 600.0) -> following.Ended:
        def sleep(seconds: float) -> None:
            assert not is_acting()
            self.now += self.seconds
            act()

        return following.follow(
            self.ada.who, self.run, show=self._show, say=self.said.append, timeout_s=timeout_s,
            sleep=sleep, clock=lambda: self.now,
        )  # fmt: skip

    def _show(self, name: str, progress: Progress) -> None:
        self.shown.append(progress.status)


@pytest.fixture
def run(ada: Person, project: Project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def test_a_completed_run_is_waited_for_until_its_gate_has_spoken(ada: Person, run: EvalRun) -> None:
    def work() -> None:
        assert coordinate.work(ada.who, run.id, seconds=60)

    def seal() -> None:
        with acting(ada.who):
            runs.scorecards.seal(run, runs.assemble.card_of(run))

    def decide() -> None:
        with acting(ada.who):
            policy = runs.gates.save_policy(run.project, slug="release", document=runs.TEMPLATES["release"])
            runs.gates.decide(of_run(run), version=policy)

    steps = iter([work, seal, decide])
    looking = Looking(ada, run)
    ended = looking.follow(lambda: next(steps)())
    assert looking.shown == ["PLANNED", "COMPLETED", "COMPLETED", "COMPLETED"]
    assert (ended.reason, ended.scorecard) == ("", 1)
    assert ended.report is not None
    assert ended.report["verdict"] == "inconclusive"


def test_a_cancelled_run_ends_the_waiting_without_a_report(ada: Person, run: EvalRun) -> None:
    def cancel() -> None:
        with acting(ada.who):
            actions.cancel_run(run, because="enough")

    ended = Looking(ada, run).follow(cancel)
    assert (ended.reason, ended.report) == ("cancelled", None)


def test_a_run_paused_by_hand_is_waited_for_and_one_without_money_is_not(ada: Person, run: EvalRun) -> None:
    def pause() -> None:
        with acting(ada.who):
            actions.pause_run(run)

    def spend() -> None:
        with acting(ada.who):
            EvalRun.objects.update(paused_because="budget_spent")

    steps = iter([pause, spend])
    looking = Looking(ada, run)
    assert looking.follow(lambda: next(steps)()).reason == "budget_spent"
    assert looking.shown == ["PLANNED", "PAUSED", "PAUSED"]


def test_a_run_that_no_worker_takes_is_told_of_once(ada: Person, run: EvalRun) -> None:
    looking = Looking(ada, run, seconds=20.0)
    ended = looking.follow(lambda: None, timeout_s=100.0)
    assert ended.reason == "timeout"
    assert looking.said == ["No worker has taken the run yet: is one up? (celery -A distillhub worker)"]


def test_the_address_is_the_page_of_the_run(run: EvalRun, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://hub.example/"
    assert following.address("acme", "support", run) == "https://hub.example/o/acme/p/support/runs/1/"
