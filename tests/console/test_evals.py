"""Runs on pages: the list, the live part while it runs and once it is done, and cancelling."""

from __future__ import annotations

import pytest

from apps.console.evals import FAULT_WORDS
from apps.evals import actions, coordinate
from apps.evals.models import EvalRun
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs


@pytest.fixture
def waiting(ada, project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def test_a_run_that_waits_asks_for_its_progress_every_two_seconds(ada, at, waiting) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert f'hx-get="{at}/runs/1/progress/" hx-trigger="every 2s"' in page
    assert ">planned<" in page
    assert "0 / 12" in page
    assert "Cancel run #1" in page


def test_the_part_alone_is_answered_and_ends_when_the_scorecard_is_there(ada, at, waiting, project) -> None:
    part = text_of(Browser(ada).get(f"{at}/runs/1/progress/"))
    assert "<html" not in part
    assert 'id="live-summary" hx-swap-oob="innerHTML">Run #1 is planned: 0 % answered.' in part
    assert coordinate.work(ada.who, waiting.id, seconds=60)
    complete = Browser(ada).get(f"{at}/runs/1/progress/")
    assert "The scorecard is being sealed." in text_of(complete)
    assert "every 2s" in text_of(complete)
    assert "HX-Refresh" not in complete
    with acting(ada.who):
        row = EvalRun.objects.get()
        runs.scorecards.seal(row, runs.assemble.card_of(row))
    final = Browser(ada).get(f"{at}/runs/1/progress/")
    assert "every 2s" not in text_of(final)
    assert "complete: scorecard #1 is sealed." in text_of(final)
    assert final["HX-Refresh"] == "true"


def test_the_list_counts_answers_and_names_the_scorecard(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/runs/"))
    assert '<td class="num">80 / 80</td>' in page
    assert f'{story.at}/scorecards/1/">#1</a>' in page


def test_a_cancelled_run_stays_and_says_so(ada, at, waiting) -> None:
    browser = Browser(ada)
    response = browser.post(f"{at}/runs/1/cancel/")
    assert response["Location"] == f"{at}/runs/1/"
    page = text_of(browser.get(f"{at}/runs/1/"))
    assert "Run #1 is cancelled; what was answered is kept." in page
    assert ">cancelled<" in page
    assert "Cancel run #1" not in page
    assert "every 2s" not in page
    assert code_of(browser.post(f"{at}/runs/1/cancel/")) == (409, "already_finished")


def test_a_fault_is_told_in_words(ada, at, waiting) -> None:
    with acting(ada.who):
        actions.cancel_run(waiting, because="enough")
    assert FAULT_WORDS["worker_lost"] == "a worker was lost with it too often"
    assert "None. A model" in text_of(Browser(ada).get(f"{at}/runs/1/"))


def test_the_story_of_the_run_stands_below(ada, at, waiting) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert "ada@acme.test started run #1: small@1 against big@1 on golden@1" in page
