"""A member adds live traffic in a real browser, sees that it has moved, and what that does to a scorecard."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.gates import actions as gates
from apps.kernel.policy import TEMPLATES
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests import browser
from tests.conftest import PASSWORD, founder
from tests.factories import runs
from tests.traffic.test_actions import live_rows, today
from tests.web_server import serving

# Where to keep pictures of the pages, for whoever wants to look at them.
PICTURES = os.environ.get("PICTURES", "")
WIDTHS = (("light", 1440), ("dark", 390))


@pytest.mark.browser
@pytest.mark.slow
def test_live_traffic_is_added_and_makes_a_card_out_of_date(
    committed: None, database_name: str, tmp_path: Path
) -> None:
    slug = f"traffic-{secrets.token_hex(4)}"
    boss = founder(f"boss@{slug}.test", slug)
    cohorts = ("refund-flow", "order-status", "enterprise-sso", "gold")
    rows = runs.golden_rows(240, cohorts=cohorts)
    with acting(boss.who):
        project = projects.open_project(slug="support", name="Support bot")
    card = runs.sealed(boss.who, project, rows=rows, wrong=[row["id"] for row in rows[1:90:4]])
    with acting(boss.who):
        gates.decide(card, version=gates.save_policy(project, slug="strict", document=TEMPLATES["strict"]))
    live = [{**row, "cohort": cohorts[0]} for row in live_rows(700)]
    live += [{**row, "cohort": cohorts[place % 4]} for place, row in enumerate(live_rows(400, start=2000))]
    live += [{"id": f"n-{n}", "cohort": "gift-cards", "input": f"Can I pay with gift card {n}?"} for n in range(60)]
    file = tmp_path / "week-47.jsonl"
    file.write_bytes(runs.lines(live))
    at = f"/o/{slug}/p/support"
    with serving(database_name) as url, browser.opened() as chromium:
        for theme, width in WIDTHS:
            page = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
            page.goto(f"{url}/login/")
            page.get_by_label("Email").fill(boss.user.email)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            name = f"{theme}-{width}"
            _looked_at(page, f"{url}{at}/datasets/golden@1/", f"dataset-before-{name}")
            _looked_at(page, f"{url}{at}/traffic/", f"traffic-before-{name}")
            _looked_at(page, f"{url}{at}/traffic/new/?dataset=golden@1", f"traffic-new-{name}")
            page.get_by_label("First day").fill(str(today() - timedelta(6)))
            page.get_by_label("Last day").fill(str(today()))
            page.get_by_label("File").set_input_files(file)
            page.get_by_role("button", name="Count and compare").click()
            assert "1,160 live rows of" in page.content()
            assert page.locator("#live-title").is_visible()
            assert "gift-cards" in page.content()
            _looked_at(page, f"{url}{at}/datasets/golden@1/", f"dataset-{name}")
            _looked_at(page, f"{url}{at}/traffic/", f"traffic-{name}")
            _looked_at(page, f"{url}{at}/scorecards/1/?order=loss", f"card-{name}")
            assert "The mix of cohorts in live traffic has moved" in page.content()
            page.get_by_role("link", name="name", exact=True).click()
            assert "order=name" in page.url
            page.context.close()


def _looked_at(page: Any, address: str, name: str) -> None:
    page.goto(address)
    assert browser.faults_of(page) == [], name
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
