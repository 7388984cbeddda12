"""A person registers a live model in a real browser and tries it: a real worker calls, the page says what came back."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import pytest

from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests import browser
from tests.conftest import PASSWORD, founder
from tests.fakes import upstream
from tests.web_server import serving
from tests.worker import Worker, own_broker

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Where to keep pictures of the pages, for whoever wants to look at them.
PICTURES = os.environ.get("PICTURES", "")


def test_register_and_try(committed: None, django_db_setup: None, database_name: str, tmp_path: Path) -> None:
    slug = f"trial-{secrets.token_hex(4)}"
    boss = founder(f"boss@{slug}.test", slug)
    with acting(boss.who):
        projects.open_project(slug="support", name="Support bot")
    with (
        own_broker() as broker,
        upstream.serving(lambda _: "yes") as server,
        serving(database_name, environment={"BROKER_URL": broker}) as url,
    ):
        worker = Worker(tmp_path, database=database_name, broker=broker)
        try:
            with browser.opened() as chromium:
                for width in (1440, 390):
                    page = chromium.new_page(viewport={"width": width, "height": 900})
                    _walk(page, url, f"/o/{slug}/p/support", boss.user.email, server.base_url, f"small-{width}")
                    page.close()
        finally:
            worker.stop()


def _walk(page: Any, url: str, at: str, email: str, base_url: str, name: str) -> None:
    page.goto(f"{url}/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}{at}/models/new/")
    assert browser.faults_of(page) == []
    _keep(page, f"new-{name}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Base URL").fill(base_url)
    page.get_by_label("Dialect").select_option("vllm")
    page.get_by_label("Calls a minute").fill("600")
    page.get_by_role("button", name="Register").click()
    page.get_by_role("button", name="Make a trial call").click()
    # It asks for itself until the call has ended; what it says then is told here if it is something else.
    page.locator("#trial:not([hx-get])").wait_for(timeout=60_000)
    assert "It answered: 10 tokens in, 2 out" in page.locator("#trial").inner_text()
    assert "600 calls a minute, over all workers" in page.content()
    assert browser.faults_of(page) == []
    _keep(page, f"tried-{name}")


def _keep(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
