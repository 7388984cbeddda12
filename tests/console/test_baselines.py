"""A selection run is started, marked and frozen on pages."""

from __future__ import annotations

import pytest

from apps.baselines.models import Baseline
from apps.evals.models import EvalRun
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.baselines.test_actions import selection_run
from tests.console.conftest import Browser, code_of, text_of

FIELDS = {"dataset": "golden", "rows": "6", "rule": "all", "seed": "1"}


@pytest.fixture
def chosen(ada, project) -> EvalRun:
    return selection_run(ada, project)


def test_a_selection_run_is_marked_and_offers_to_freeze(ada, at, chosen) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert "A selection run: its scores choose golden rows" in page
    assert f'href="{at}/runs/1/freeze/"' in page
    with acting(ada.who):
        scorecards.seal(chosen, assemble.card_of(chosen))
    assert "The run of this card chose golden rows; it is no evidence." in text_of(
        Browser(ada).get(f"{at}/scorecards/1/")
    )


def test_freezing_pins_a_version_that_says_where_it_comes_from(ada, at, chosen) -> None:
    browser = Browser(ada)
    form = text_of(browser.get(f"{at}/runs/1/freeze/"))
    assert "Keep the teacher&#x27;s failures too (recommended)" in form
    assert 'value="candidates-golden"' in form
    made = browser.post(f"{at}/runs/1/freeze/", {**FIELDS, "oversample_for": "release"})
    assert made["Location"] == f"{at}/datasets/golden@1/"
    page = text_of(browser.get(f"{at}/datasets/golden@1/"))
    assert "14 rows stand pinned as golden@1. Now start a fresh run." in page
    assert f'frozen from <a href="{at}/runs/1/">run #1</a> (Keep the teacher&#x27;s failures too; seed 1)' in page
    assert "golden@1</a>" in text_of(browser.get(f"{at}/runs/1/"))


def test_a_recipe_that_cannot_be_followed_is_refused_on_its_page(ada, at, chosen) -> None:
    browser = Browser(ada)
    assert code_of(browser.post(f"{at}/runs/1/freeze/", {**FIELDS, "rule": "teacher_passes"})) == (
        422,
        "evaluator_needed",
    )
    assert code_of(browser.post(f"{at}/runs/1/freeze/", {**FIELDS, "rows": "0"})) == (422, "rows_out_of_range")
    with acting(ada.who):
        assert Baseline.objects.count() == 0


def test_an_evidence_run_offers_nothing_to_freeze(ada, story) -> None:
    browser = Browser(ada)
    assert "/freeze/" not in text_of(browser.get(f"{story.at}/runs/1/"))
    assert code_of(browser.post(f"{story.at}/runs/1/freeze/", FIELDS)) == (409, "not_a_selection_run")


def test_viewers_freeze_nothing_and_strangers_find_nothing(viewer, cy, at, chosen, ada) -> None:
    assert Browser(viewer).get(f"{at}/runs/1/freeze/").status_code == 403
    assert Browser(cy).get(f"{at}/runs/1/freeze/").status_code == 404
    assert Browser(cy).post(f"{at}/runs/1/freeze/", FIELDS).status_code == 404
    with acting(ada.who):
        assert Baseline.objects.count() == 0
