"""Pausing, resuming, cancelling and retrying on pages: asked first, kept with a reason, refused in place."""

from __future__ import annotations

import pytest

from apps.audit import queries as audit
from apps.console.run_control import acts_of
from apps.datasets.models import Example
from apps.evals.models import EvalRun, Generation
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs


@pytest.fixture
def run(ada, project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def status(ada) -> tuple[str, str]:
    with acting(ada.who):
        row = EvalRun.objects.get(number=1)
        return row.status, row.paused_because


def faulty(ada, run) -> None:
    with acting(ada.who):
        example = Example.objects.order_by("key").first()
        Generation.objects.create(run=run, example=example, role="student", fault="upstream_failed")


@pytest.mark.parametrize(
    ("state", "has_faults", "acts"),
    [
        ("PLANNED", False, ("pause", "cancel")),
        ("RUNNING", True, ("pause", "retry", "cancel")),
        ("PAUSED", False, ("resume", "cancel")),
        ("PAUSED", True, ("resume", "retry", "cancel")),
        ("COMPLETED", False, ()),
        ("COMPLETED", True, ("retry",)),
        ("CANCELLED", True, ()),
        ("FAILED", True, ()),
    ],
)
def test_each_state_offers_what_it_can_do(ada, state, has_faults, acts) -> None:
    with acting(ada.who):
        assert acts_of(EvalRun(status=state), has_faults=has_faults) == acts


def test_a_run_is_paused_at_once_and_goes_on_after_a_page(ada, at, run) -> None:
    browser = Browser(ada)
    assert browser.post(f"{at}/runs/1/pause/")["Location"] == f"{at}/runs/1/"
    page = text_of(browser.get(f"{at}/runs/1/"))
    assert "Run #1 is paused; answers on their way are kept." in page
    assert f'href="{at}/runs/1/resume/">Resume…</a>' in page
    assert status(ada) == ("PAUSED", "by_hand")
    assert "It goes on where it stopped" in text_of(browser.get(f"{at}/runs/1/resume/"))
    assert browser.post(f"{at}/runs/1/resume/", {"reason": "labels are in"}).status_code == 302
    assert status(ada) == ("RUNNING", "")
    with acting(ada.who):
        assert b"labels are in" in bytes(audit.event_of("evals.evalrun", run.pk, "eval_run.resumed").payload)


def test_a_spent_budget_is_raised_on_the_page(ada, at, run) -> None:
    with acting(ada.who):
        EvalRun.objects.update(status="PAUSED", paused_because="budget_spent", budget_usd=2, spent_usd="1.95")
    browser = Browser(ada)
    assert "Its budget of $2.00 is spent: up to $1.95 is gone." in text_of(browser.get(f"{at}/runs/1/resume/"))
    assert code_of(browser.post(f"{at}/runs/1/resume/")) == (409, "budget_spent")
    assert code_of(browser.post(f"{at}/runs/1/resume/", {"budget_usd": "1"})) == (422, "budget_too_small")
    assert status(ada) == ("PAUSED", "budget_spent")
    assert browser.post(f"{at}/runs/1/resume/", {"budget_usd": "3"}).status_code == 302
    assert status(ada) == ("RUNNING", "")


def test_cancelling_is_asked_first(ada, at, run) -> None:
    browser = Browser(ada)
    page = text_of(browser.get(f"{at}/runs/1/cancel/"))
    assert "It ends for good" in page
    assert status(ada) == ("PLANNED", "")
    assert browser.post(f"{at}/runs/1/cancel/", {"reason": "wrong student"})["Location"] == f"{at}/runs/1/"
    page = text_of(browser.get(f"{at}/runs/1/"))
    assert "Run #1 is cancelled; what was answered is kept." in page
    assert ">cancelled<" in page
    assert "Cancel…" not in page
    assert code_of(browser.post(f"{at}/runs/1/cancel/")) == (409, "already_finished")


def test_what_failed_is_asked_again(ada, at, run) -> None:
    browser = Browser(ada)
    assert "Retry failed…" not in text_of(browser.get(f"{at}/runs/1/"))
    assert code_of(browser.post(f"{at}/runs/1/retry/")) == (409, "nothing_failed")
    faulty(ada, run)
    assert f'href="{at}/runs/1/retry/">Retry failed…</a>' in text_of(browser.get(f"{at}/runs/1/"))
    assert browser.post(f"{at}/runs/1/retry/")["Location"] == f"{at}/runs/1/"
    assert "Run #1 asks again for what failed." in text_of(browser.get(f"{at}/runs/1/"))


def test_a_complete_run_is_retried_as_another_one(ada, at, run) -> None:
    with acting(ada.who):
        EvalRun.objects.update(status="COMPLETED", finished_at=run.created_at)
    faulty(ada, run)
    browser = Browser(ada)
    assert "a new run takes its good answers" in text_of(browser.get(f"{at}/runs/1/retry/"))
    assert browser.post(f"{at}/runs/1/retry/")["Location"] == f"{at}/runs/2/"
    assert "Run #2 takes the good answers of run #1" in text_of(browser.get(f"{at}/runs/2/"))


@pytest.mark.parametrize("act", ["pause", "resume", "cancel", "retry"])
def test_a_stranger_changes_nothing(ada, cy, at, run, act, events) -> None:
    before = events()
    assert Browser(cy).post(f"{at}/runs/1/{act}/").status_code == 404
    assert (events(), status(ada)) == (before, ("PLANNED", ""))
