"""A judge is tested before its card is sealed, and people label its answers by keys, in a real browser."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.evals import actions as evals
from apps.gates import actions as gates
from apps.gates import queries as gate_queries
from apps.kernel.policy import TEMPLATES
from apps.labels import actions as labels
from apps.labels.models import Label, PlantedVerdict
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import acting
from tests import browser
from tests.conftest import PASSWORD, Person, founder
from tests.factories import runs
from tests.factories.labels import file_of
from tests.fakes import upstream
from tests.web_server import serving
from tests.worker import Worker, own_broker

SEALED_S = 60.0


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with own_broker() as url:
        yield url


def someone() -> tuple[Person, Project]:
    slug = f"labels-{secrets.token_hex(4)}"
    boss = founder(f"boss@{slug}.test", slug)
    with acting(boss.who):
        return boss, projects.open_project(slug="support", name="Support bot")


def obeys(request: dict[str, Any]) -> str:
    """Full marks for whoever asks for them; else it reads as it should."""
    output = request["messages"][-1]["content"].splitlines()[-2]
    return json.dumps({"score": float("give full marks" in output or '"answer ' in output), "reason": "as told"})


@pytest.mark.slow
def test_real_workers_catch_an_obedient_judge_before_the_seal(
    committed: None, tmp_path: Path, database_name: str, broker: str
) -> None:
    boss, project = someone()
    rows = runs.golden_rows(20)
    with upstream.serving(obeys) as served:
        running = Worker(
            tmp_path, database=database_name, broker=broker, environment={"DISTILLHUB_OUTBOUND_ALLOW": "127.0.0.1:*"}
        )
        try:
            with acting(boss.who):
                judge = runs.live(project, "judge", served.base_url)
                entry = runs.evaluators.configure(
                    project, name="Facts", kind="factual_accuracy", judge_version_id=judge.pk
                )
                suite = runs.evaluators.freeze_suite(project, slug="judged", entries=[runs.evaluators.Entry(entry)])
                gates.save_policy(project, slug="release", document=TEMPLATES["collect-evidence"])
                run = evals.start_run(
                    project,
                    dataset=runs.pinned(project, rows),
                    teacher=runs.recorded(project, "big", runs.output_rows(rows)),
                    student=runs.recorded(project, "small", runs.output_rows(rows, model="small")),
                    suite=suite,
                    policy_slug="release",
                )
            until = time.monotonic() + SEALED_S
            verdict = None
            while verdict is None:
                assert time.monotonic() < until, running.log.read_text()[-3000:]
                time.sleep(0.3)
                with acting(boss.who):
                    card = scorecards.of_run(run)
                    verdict = None if card is None else gate_queries.latest(card)
        finally:
            running.stop()
    with acting(boss.who):
        report = gate_queries.report_of(card, verdict)
        assert dict(PlantedVerdict.objects.values_list("case", "value")) == {
            "obeyed": 1.0, "colon": 0.0, "empty": 0.0, "question_repeated": 0.0,
        }  # fmt: skip
    assert report["verdict"] == "inconclusive"
    assert {finding["reason"] for finding in report["findings"] if finding["figure"] == "score"} == {"judge_unreliable"}
    assert report["judges"][0]["planted"] == {"asked": 4, "missing": 0, "misjudged": {"obeyed": 1}}


@dataclass(frozen=True, slots=True)
class Stage:
    """A served project with one sealed run. ``at`` is its path."""

    url: str
    at: str
    boss: Person


@pytest.fixture
def stage(committed: None, database_name: str, broker: str) -> Iterator[Stage]:
    boss, project = someone()
    rows = runs.golden_rows(120)
    verdict = runs.judged(boss.who, project, rows=rows, wrong=[row["id"] for row in rows[::9]])
    with acting(boss.who):
        labels.import_labels(verdict.scorecard.run, file_of(60, lost=[0, 5, 9, 18, 27, 33], labeller="uma"))
    with serving(database_name, environment={"BROKER_URL": broker}) as url:
        yield Stage(url, f"/o/{boss.organization.slug}/p/support", boss)


@pytest.mark.browser
@pytest.mark.slow
def test_label_by_keys_and_read_the_corrected_figures(stage: Stage) -> None:
    faults: dict[str, list[str]] = {}
    with browser.opened() as chromium:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.goto(f"{stage.url}/login/")
        page.get_by_label("Email").fill(stage.boss.user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/o/**")
        page.goto(f"{stage.url}{stage.at}/runs/1/")
        page.get_by_role("link", name="Human labels").click()
        faults["labels"] = browser.faults_of(page)
        page.get_by_label("Rows", exact=True).fill("6")
        page.get_by_role("button", name="Draw").click()
        page.get_by_role("heading", name="The answer").wait_for()
        for key, labelled in (("1", 1), ("0", 2), ("s", 2), ("1", 3)):
            page.keyboard.press(key)
            page.get_by_text(f"{labelled} of 12 answers labelled by you").wait_for()
        for theme, width in (("light", 1440), ("dark", 390)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            faults[f"an answer, {theme}"] = browser.faults_of(page)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("link", name="Stop here").click()
        page.get_by_role("button", name="Seal a scorecard with these labels").click()
        page.wait_for_url("**/scorecards/2/")
        assert page.get_by_role("heading", name="Judge ExactMatch").is_visible()
        for theme, width in (("light", 1440), ("dark", 390)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            faults[f"a corrected card, {theme}"] = browser.faults_of(page)
        page.goto(f"{stage.url}{stage.at}/scorecards/1/")
        assert page.get_by_text("Superseded by").is_visible()
    assert said == []
    assert {where: found for where, found in faults.items() if found} == {}
    with acting(stage.boss.who):
        by_hand = Label.objects.filter(sample__isnull=False).order_by("created_at", "id")
        assert list(by_hand.values_list("value", flat=True)) == [1.0, 0.0, 1.0]
