"""A product manager writes limits of speed and validity into a policy, reads them in words, and sees what they say."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from apps.gates import actions as gates
from apps.gates import queries as gate_queries
from apps.projects import actions as projects
from apps.projects import queries as project_queries
from apps.tenancy.acting import acting
from tests import browser
from tests.conftest import PASSWORD, Person, founder
from tests.factories import runs
from tests.web_server import serving

LIMITS = {
    "name": "fast-and-valid",
    "rules": [
        {"id": "p95", "kind": "prove", "figure": "latency", "at_most_ms": 2000, "quantile": 0.95},
        {"id": "exact", "kind": "guard", "figure": "pass_rate", "evaluators": ["ExactMatch"], "at_least": 0.98},
    ],
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A served project with one sealed run of 120 rows, 14 of them lost. ``at`` is its path."""

    url: str
    at: str
    boss: Person


@pytest.fixture
def stage(committed: None, database_name: str) -> Iterator[Stage]:
    slug = f"rules-{secrets.token_hex(4)}"
    boss = founder(f"boss@{slug}.test", slug)
    with acting(boss.who):
        project = projects.open_project(slug="support", name="Support bot")
    rows = runs.golden_rows(120)
    verdict = runs.judged(boss.who, project, rows=rows, wrong=[row["id"] for row in rows[::9]])
    with acting(boss.who):
        version = gates.save_policy(project, slug="fast-and-valid", document=LIMITS)
        gates.decide(verdict.scorecard, version=version)
    with serving(database_name) as url:
        yield Stage(url, f"/o/{boss.organization.slug}/p/support", boss)


@pytest.mark.browser
@pytest.mark.slow
def test_add_limits_read_them_in_words_and_replay_them(stage: Stage) -> None:
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
        page.goto(f"{stage.url}{stage.at}/gates/new/?template=collect-evidence")
        for name in ("Latency in milliseconds", "Missing answers"):
            page.get_by_role("button", name=f"Add a rule: {name}").click()
        words = page.get_by_role("region", name="Table of rules")
        assert words.get_by_text("the student's p95 latency").is_visible()
        assert words.get_by_text("≤ 2.0 %, fails above 5.0 %").is_visible()
        page.get_by_role("button", name="Replay on the last 20 scorecards").click()
        page.get_by_role("heading", name="What it would have said").wait_for()
        for theme, width in (("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            faults[f"a replayed policy, {theme}, {width}"] = browser.faults_of(page)
        page.get_by_role("button", name="Save version").click()
        page.wait_for_url("**/gates/collect-evidence@1/")
        faults["a saved policy"] = browser.faults_of(page)
        page.goto(f"{stage.url}{stage.at}/scorecards/1/")
        assert page.get_by_text("prove p95 latency ≤ 2,000 ms").first.is_visible()
        assert page.get_by_text("guard pass rate of ExactMatch ≥ 98 %").first.is_visible()
        faults["a card under limits"] = browser.faults_of(page)
    assert said == []
    assert {where: found for where, found in faults.items() if found} == {}
    with acting(stage.boss.who):
        project = project_queries.project("support")
        kept = gate_queries.policy_value(gate_queries.policy_version(project, "collect-evidence"))
    assert [rule.figure for rule in kept.rules][-2:] == ["latency", "missing"]
