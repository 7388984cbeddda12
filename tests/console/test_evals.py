"""Runs on pages: the list, and the page of one."""

from __future__ import annotations

import pytest

from apps.evals.models import EvalRun
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, text_of
from tests.factories import runs


@pytest.fixture
def waiting(ada, project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def test_the_list_counts_answers_and_names_the_scorecard(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/runs/"))
    assert '<td class="num">80 / 80</td>' in page
    assert f'{story.at}/scorecards/1/">#1</a>' in page


def test_a_run_on_other_terms_than_usual_says_so(ada, at, waiting) -> None:
    assert "Budget" not in text_of(Browser(ada).get(f"{at}/runs/1/"))
    with acting(ada.who):
        EvalRun.objects.update(budget_usd=2, repeats=3, seed=7, purpose="selection", reuse_answers=True)
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert (
        "A selection run: it only chooses rows · every row answered 3 times · sampling seed 7 · budget $2.00 · "
        "earlier answers reused</p>"
    ) in page


def test_the_story_of_the_run_stands_below(ada, at, waiting) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert "ada@acme.test started run #1: small@1 against big@1 on golden@1" in page
