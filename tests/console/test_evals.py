"""Runs on pages: the list, the page of one, and cancelling."""

from __future__ import annotations

import pytest

from apps.evals.models import EvalRun
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs


@pytest.fixture
def waiting(ada, project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


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
    assert "data-events" not in page
    assert code_of(browser.post(f"{at}/runs/1/cancel/")) == (409, "already_finished")


def test_the_story_of_the_run_stands_below(ada, at, waiting) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert "ada@acme.test started run #1: small@1 against big@1 on golden@1" in page
