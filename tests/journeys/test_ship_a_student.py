"""A person decides on a student in a real browser: from signing in to a proof, on pages that everybody can use."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.decisions import actions as decisions
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests import browser
from tests.conftest import PASSWORD, founder, person
from tests.factories import runs
from tests.web_server import serving
from tests.worker import Worker, own_broker

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REASON = "The plain cohort lost every second row; the routes need it."


@dataclass(frozen=True, slots=True)
class Stage:
    """A served organization of its own. ``at`` is the path of its project."""

    url: str
    at: str
    email: str
    golden: Path
    outputs: dict[str, Path]


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with own_broker() as url:
        yield url


@pytest.fixture(scope="module")
def url(django_db_setup: None, database_name: str, broker: str) -> Iterator[str]:
    with serving(database_name, environment={"BROKER_URL": broker}) as address:
        yield address


@pytest.fixture
def stage(committed: None, url: str, tmp_path: Path) -> Stage:
    """A project with a failed scorecard and an override that waits, and files to import."""
    slug = f"journey-{secrets.token_hex(4)}"
    rows = runs.golden_rows(40)
    wrong = [row["id"] for row in rows[::2]]
    boss = founder(f"boss@{slug}.test", slug)
    mate = person(f"mate@{slug}.test", boss.organization, Role.APPROVER)
    with acting(boss.who):
        project = projects.open_project(slug="support", name="Support bot")
    verdict = runs.judged(boss.who, project, rows=rows, wrong=wrong)
    with acting(mate.who):
        decisions.record(verdict, kind="override", reason=REASON)
    outputs = {"teacher": runs.output_rows(rows), "student": runs.output_rows(rows, wrong=wrong[:2], model="tiny")}
    files = {role: _file(tmp_path / f"{role}.jsonl", lines) for role, lines in outputs.items()}
    return Stage(url, f"/o/{slug}/p/support", boss.user.email, _file(tmp_path / "golden.jsonl", rows), files)


@pytest.fixture
def worker(stage: Stage, tmp_path: Path, database_name: str, broker: str) -> Iterator[None]:
    running = Worker(tmp_path, database=database_name, broker=broker)
    yield
    running.stop()


@pytest.fixture
def chromium(stage: Stage) -> Iterator[Any]:
    with browser.opened() as opened:
        yield opened


def test_sign_in_read_decide_see_the_proof_sign_out(stage: Stage, chromium: Any) -> None:
    page = _signed_in(chromium, stage)
    page.wait_for_url(f"**{stage.at}/")
    page.get_by_role("link", name="Scorecards", exact=True).click()
    page.get_by_role("link", name="#1", exact=True).click()
    assert page.get_by_role("heading", level=2).first.inner_text() == "Gate release@1: fail"
    assert page.locator("tr.check").count() == 3
    page.get_by_role("link", name=re.compile("^High value")).click()
    assert page.locator("tr.check:visible").count() == 1

    page.keyboard.press("d")
    page.wait_for_url("**/scorecards/1/decide/")
    page.get_by_role("radio", name=re.compile("Reject")).check()
    page.get_by_role("textbox", name="Reason").fill(REASON)
    page.get_by_role("textbox", name="Reference").fill("ACME-5121")
    page.get_by_role("button", name="Sign and record").click()
    page.wait_for_url("**/decisions/2/")
    assert page.get_by_text("Decision #2 is signed and recorded.").is_visible()
    assert page.get_by_text("Verified now").is_visible()

    page.get_by_role("link", name="Audit trail").click()
    page.get_by_role("link", name="Verify the chain").click()
    assert page.get_by_text("The chain is whole").is_visible()

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/")
    page.goto(stage.url + stage.at + "/")
    assert "/login/?next=" in page.url


def test_from_files_to_a_scorecard_without_leaving_the_browser(stage: Stage, worker: None, chromium: Any) -> None:
    page = _signed_in(chromium, stage)
    page.goto(f"{stage.url}{stage.at}/datasets/new/")
    page.get_by_role("textbox", name="Dataset").fill("fresh")
    page.locator("input[type=file]").set_input_files(stage.golden)
    page.get_by_role("button", name="Import").click()
    page.get_by_role("button", name="Pin fresh@1").click()
    assert page.get_by_text("fresh@1 is pinned").is_visible()

    for role, name in (("teacher", "grand"), ("student", "tiny")):
        page.goto(f"{stage.url}{stage.at}/models/new/")
        page.get_by_label("Outputs recorded earlier, in a file").check()
        assert not page.get_by_label("Base URL").is_visible()
        page.get_by_label("Name", exact=True).fill(name)
        page.locator("input[type=file]").set_input_files(stage.outputs[role])
        page.get_by_role("button", name="Register").click()
        page.wait_for_url(f"**/models/{name}@1/")

    page.goto(f"{stage.url}{stage.at}/runs/new/")
    for label, value in (("Dataset", "fresh@1"), ("Teacher", "grand@1"), ("Student", "tiny@1"), ("Suite", "suite@1")):
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_role("button", name="Estimate first").click()
    assert page.get_by_text("no model is called").is_visible()
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url("**/runs/2/")
    # The page asks for itself until the worker has sealed the scorecard.
    page.get_by_role("link", name="Open scorecard #2").click(timeout=60_000)
    assert page.locator("tr.check").count() == 3


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_is_for_everybody(stage: Stage, chromium: Any, theme: str, width: int) -> None:
    """axe-core finds nothing, no page scrolls sideways, and the browser has nothing to complain about."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    faults = {}
    page.goto(f"{stage.url}/login/")
    faults["login"] = browser.faults_of(page)
    _sign_in(page, stage)
    for path in _paths(stage):
        page.goto(stage.url + path)
        faults[path] = browser.faults_of(page)
    assert said == []
    page.goto(f"{stage.url}{stage.at}/datasets/new/")
    page.get_by_role("textbox", name="Dataset").fill("bad")
    page.locator("input[type=file]").set_input_files({"name": "g.csv", "mimeType": "", "buffer": b"id,cohort\na,\n"})
    page.get_by_role("button", name="Import").click()
    assert page.get_by_text("Nothing was imported.").is_visible()
    faults["a refused form"] = browser.faults_of(page)
    page.goto(f"{stage.url}{stage.at}/runs/99/")
    faults["not found"] = browser.faults_of(page)
    assert {where: found for where, found in faults.items() if found} == {}


def _paths(stage: Stage) -> list[str]:
    inside = (
        "", "models/", "models/new/", "models/small@1/", "datasets/", "datasets/new/", "datasets/golden@1/", "runs/",
        "runs/new/", "runs/1/", "scorecards/", "scorecards/1/", "scorecards/1/decide/", "decisions/", "decisions/1/",
        "audit/?verify=1",
    )  # fmt: skip
    organization = stage.at.split("/p/")[0]
    outside = (f"{organization}/", f"{organization}/settings/members/", f"{organization}/settings/keys/")
    return [*(f"{stage.at}/{path}" for path in inside), *outside]


def _signed_in(chromium: Any, stage: Stage) -> Any:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{stage.url}/")
    _sign_in(page, stage)
    return page


def _sign_in(page: Any, stage: Stage) -> None:
    page.get_by_label("Email").fill(stage.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/o/**")


def _file(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path
