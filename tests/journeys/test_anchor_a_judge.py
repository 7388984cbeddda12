"""Anchors in a real browser: drawn from a run, held against a judge that changed, and read on card and comparison."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.evals.models import EvalRun
from apps.evaluators.models import AnchorSet
from apps.gates import actions as gates
from apps.kernel.policy import TEMPLATES
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests import browser
from tests.conftest import PASSWORD, Person
from tests.factories import labels
from tests.journeys.test_label_a_judge import Stage, broker, someone
from tests.web_server import serving

__all__ = ["broker"]
JUDGE = "FactualAccuracy"
# Where to keep what was seen, for people who look at it; nowhere unless asked.
PICTURES = os.environ.get("DISTILLHUB_TEST_PICTURES", "")


def sealed(boss: Person, run: EvalRun, rule: object) -> None:
    labels.checked(boss.who, run, rule)  # type: ignore[arg-type]
    with acting(boss.who):
        card = scorecards.seal(run, assemble.card_of(run))
        gates.decide(card, version=gates.save_policy(run.project, slug="release", document=TEMPLATES["release"]))


def again(boss: Person, run: EvalRun, rule: object) -> None:
    try:
        sealed(boss, labels.once_more(boss.who, run, rule), rule)  # type: ignore[arg-type]
    finally:
        connection.close()


@pytest.fixture
def stage(committed: None, database_name: str, broker: str) -> Iterator[tuple[Stage, EvalRun]]:
    boss, project = someone()
    rule = labels.told_as("judge-large", "fp_0a1b")
    run = labels.judged_run(boss.who, project, count=60, wrong=["row-0003", "row-0011", "row-0040"], rule=rule)
    sealed(boss, run, rule)
    with serving(database_name, environment={"BROKER_URL": broker}) as url:
        yield Stage(url, f"/o/{boss.organization.slug}/p/support", boss), run


def looked_at(page: Any, name: str) -> dict[str, list[str]]:
    """What is wrong with a page, wide and narrow, light and dark."""
    faults = {}
    for theme in ("light", "dark"):
        for width in (1440, 390):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            faults[f"{name}, {theme}, {width}"] = browser.faults_of(page)
            if PICTURES:
                page.screenshot(path=str(Path(PICTURES) / f"{name}-{theme}-{width}.png"), full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    return faults


@pytest.mark.browser
@pytest.mark.slow
def test_draw_anchors_and_read_that_the_judge_changed(stage: tuple[Stage, EvalRun]) -> None:
    told, run = stage
    faults: dict[str, list[str]] = {}
    with browser.opened() as chromium:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        refusals = "Failed to load resource: the server responded with a status of 422"
        page.goto(f"{told.url}/login/")
        page.get_by_label("Email").fill(told.boss.user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/o/**")
        page.goto(f"{told.url}{told.at}/runs/1/")
        page.get_by_role("link", name="Judges").click()
        faults |= looked_at(page, "none-yet")
        page.get_by_role("button", name="Draw anchors").click()
        page.get_by_text("120 answers are the anchors of FactualAccuracy.").wait_for()
        faults |= looked_at(page, "drawn")
        page.get_by_label("Answers").fill("110")
        page.get_by_role("button", name="Draw anchors").click()
        page.get_by_text("anchors_need_reason").first.wait_for()
        faults |= looked_at(page, "refused")
        # Django refuses queries in the browser's thread, so the second run is made beside it.
        rule = labels.told_as("judge-large", "fp_0a1b", labels.stricter(every=7))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(again, told.boss, run, rule).result()
        page.goto(f"{told.url}{told.at}/runs/2/judges/")
        assert page.get_by_text("stored answers another verdict than in").is_visible()
        faults |= looked_at(page, "changed")
        page.goto(f"{told.url}{told.at}/scorecards/2/")
        assert page.get_by_text("stored answers another verdict than in").first.is_visible()
        faults |= looked_at(page, "card")
        page.goto(f"{told.url}{told.at}/scorecards/2/vs/1/")
        assert page.get_by_text("FactualAccuracy is not compared: the judge changed between the two").is_visible()
        faults |= looked_at(page, "compared")
        page.goto(f"{told.url}/method/#anchors")
        assert page.get_by_role("heading", name="Anchors").is_visible()
    # The browser itself tells of the one form that was refused.
    assert [text for text in said if not text.startswith(refusals)] == []
    assert {where: found for where, found in faults.items() if found} == {}
    with acting(told.boss.who):
        assert AnchorSet.objects.filter(project=run.project_id).count() == 1
