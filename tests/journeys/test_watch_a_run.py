"""A run watched over real sockets: events while it works, pages beside full streams, slots that come back."""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.db import connections

from apps.datasets.models import Example
from apps.evals import coordinate
from apps.evals.models import EvalRun, Generation
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests import browser
from tests.api.conftest import key_for
from tests.conftest import PASSWORD, Person, founder
from tests.factories import runs
from tests.web_server import serving

pytestmark = pytest.mark.slow

STREAMS, THREADS = 2, 4
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def url(django_db_setup: None, database_name: str) -> Iterator[str]:
    bounds = {"DISTILLHUB_STREAMS_MAX": str(STREAMS), "DISTILLHUB_STREAM_SECONDS": "20"}
    with serving(database_name, environment=bounds, threads=THREADS) as address:
        yield address


@dataclass(frozen=True, slots=True)
class Stage:
    """A run that waits, and how to ask for it."""

    person: Person
    run: EvalRun
    events: str
    headers: dict[str, str]


@pytest.fixture
def stage(committed: None, url: str) -> Stage:
    name = f"watch-{secrets.token_hex(4)}"
    zoe = founder(f"{name}@example.test", name)
    with acting(zoe.who):
        run = runs.started(projects.open_project(slug="bot"))
    events = f"{url}/api/v1/projects/bot/runs/1/events"
    return Stage(zoe, run, events, {"Authorization": f"Bearer {key_for(zoe)}", "Accept": "text/event-stream"})


def told(response: httpx.Response) -> Iterator[tuple[str, dict[str, object]]]:
    """Name and document of each event as it comes."""
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        if field == "data":
            yield name, json.loads(value)


def test_events_come_while_the_run_works_and_end_with_its_scorecard(stage: Stage) -> None:
    with httpx.stream("GET", stage.events, headers=stage.headers, timeout=PATIENCE_S) as response:
        assert response.headers["content-type"] == "text/event-stream"
        seen = told(response)
        name, first = next(seen)
        assert (name, first["status"], first["answered"]) == ("progress", "PLANNED", 0)
        assert coordinate.work(stage.person.who, stage.run.id, seconds=60)
        name, second = next(seen)
        assert (name, second["status"], second["answered"]) == ("progress", "COMPLETED", 12)
        with acting(stage.person.who):
            stage.run.refresh_from_db()
            runs.scorecards.seal(stage.run, runs.assemble.card_of(stage.run))
        assert [name for name, _ in seen] == ["done"]
    again = httpx.get(stage.events, headers=stage.headers, timeout=PATIENCE_S)
    assert again.text.count("event: done") == 1


def test_streams_beyond_the_bound_are_refused_and_pages_answer_beside_full_ones(url: str, stage: Stage) -> None:
    held = [hanging(url, stage) for _ in range(STREAMS)]
    try:
        refused = httpx.get(stage.events, headers=stage.headers, timeout=PATIENCE_S)
        assert (refused.status_code, refused.json()["code"]) == (503, "streams_busy")
        assert refused.headers["retry-after"] == "10"
        progress = stage.events.replace("/events", "/progress")
        for _ in range(20):
            assert httpx.get(progress, headers=stage.headers | {"Accept": "*/*"}, timeout=2).status_code == 200
    finally:
        for one in held:
            one.close()
    until = time.monotonic() + PATIENCE_S
    while (status := first_status(stage)) == 503 and time.monotonic() < until:
        time.sleep(0.2)
    assert status == 200, "a client that hung up still holds its slot"


@pytest.mark.browser
@pytest.mark.parametrize("streams", [STREAMS, 0])
def test_a_page_follows_its_run_by_events_and_by_asking(committed: None, database_name: str, streams: int) -> None:
    slug = f"watch-{secrets.token_hex(4)}"
    zoe = founder(f"zoe@{slug}.test", slug)
    with acting(zoe.who):
        run = runs.started(projects.open_project(slug="bot"))
    with (
        serving(database_name, environment={"DISTILLHUB_STREAMS_MAX": str(streams)}) as url,
        browser.opened() as opened,
    ):
        page = opened.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/runs/1/")[2]))
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        sign_in(page, url, zoe, f"/o/{slug}/p/bot/runs/1/")
        page.get_by_text("0 / 12").wait_for()
        in_background(work_to_the_end, zoe, run)
        page.get_by_role("link", name="Open scorecard #1").wait_for(timeout=20_000)
        assert page.get_by_text("12 / 12").is_visible()
        assert "events" in asked
        assert any(address.startswith("progress/") for address in asked) is (streams == 0)
        assert broken == []


@pytest.mark.browser
def test_a_table_so_far_keeps_its_place_while_it_is_told_anew(committed: None, database_name: str) -> None:
    slug = f"watch-{secrets.token_hex(4)}"
    zoe = founder(f"zoe@{slug}.test", slug)
    with acting(zoe.who):
        run = runs.started(projects.open_project(slug="bot"))
        EvalRun.objects.filter(pk=run.pk).update(status="RUNNING")
        first, second = Example.objects.order_by("key")[:2]
        Generation.objects.create(run=run, example=first, role="teacher")
    with serving(database_name) as url, browser.opened() as opened:
        page = opened.new_context(viewport={"width": 300, "height": 900}).new_page()
        sign_in(page, url, zoe, f"/o/{slug}/p/bot/runs/1/")
        table = page.locator("#so-far")
        table.focus()
        table.evaluate("table => { table.scrollLeft = 40; }")
        in_background(answered, zoe, run, second)
        page.get_by_text("teacher 2 · student 0").wait_for()
        place = "[document.activeElement.id, document.getElementById('so-far').scrollLeft]"
        assert page.evaluate(place) == ["so-far", 40]


STATES: dict[str, dict[str, object]] = {
    "planned": {},
    "running": {"status": "RUNNING", "budget_usd": 2, "spent_usd": "0.5"},
    "paused by hand": {"status": "PAUSED", "paused_because": "by_hand"},
    "out of money": {"status": "PAUSED", "paused_because": "budget_spent", "budget_usd": 2, "spent_usd": 2},
    "completed": {"status": "COMPLETED", "finished_at": "2026-01-01T00:00Z"},
    "cancelled": {"status": "CANCELLED", "finished_at": "2026-01-01T00:00Z"},
    "failed": {"status": "FAILED", "finished_at": "2026-01-01T00:00Z"},
}
ASKING = ("resume/", "cancel/", "retry/")


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_state_of_a_run_can_be_read_by_everybody(
    committed: None, database_name: str, scheme: str, width: int
) -> None:
    slug = f"states-{secrets.token_hex(4)}"
    zoe = founder(f"zoe@{slug}.test", slug)
    with acting(zoe.who):
        project = projects.open_project(slug="bot")
        for columns in STATES.values():
            run = runs.started(project)
            Generation.objects.create(run=run, example=Example.objects.first(), role="teacher", fault="worker_lost")
            EvalRun.objects.filter(pk=run.pk).update(**columns)
    with serving(database_name) as url, browser.opened() as opened:
        page = opened.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        sign_in(page, url, zoe, f"/o/{slug}/p/bot/runs/1/")
        for number, state in enumerate(STATES, start=1):
            page.goto(f"{url}/o/{slug}/p/bot/runs/{number}/")
            assert browser.faults_of(page) == [], state
        for asking in ASKING:
            page.goto(f"{url}/o/{slug}/p/bot/runs/4/{asking}")
            assert browser.faults_of(page) == [], asking
        page.get_by_role("link", name="Leave it as it is").focus()
        page.keyboard.press("Enter")
        page.get_by_text("The next call does not fit into the budget of $2.00.").wait_for()


def sign_in(page: Any, url: str, person: Person, path: str) -> None:
    page.goto(f"{url}/login/?next={path}")
    page.get_by_label("Email").fill(person.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


def work_to_the_end(person: Person, run: EvalRun) -> None:
    assert coordinate.work(person.who, run.id, seconds=60)
    with acting(person.who):
        run.refresh_from_db()
        runs.scorecards.seal(run, runs.assemble.card_of(run))


def answered(person: Person, run: EvalRun, example: Example) -> None:
    with acting(person.who):
        Generation.objects.create(run=run, example=example, role="teacher")


def in_background(act: Callable[..., None], *arguments: object) -> None:
    """In a thread to its end: the browser runs an event loop in this one, in which Django refuses queries."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(act, *arguments).result()
        pool.submit(connections.close_all).result()


def hanging(url: str, stage: Stage) -> socket.socket:
    """A stream read up to its first event, and then left alone."""
    host, port = url.removeprefix("http://").split(":")
    one = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    head = "".join(f"{name}: {value}\r\n" for name, value in stage.headers.items())
    one.sendall(f"GET {stage.events.removeprefix(url)} HTTP/1.1\r\nHost: {host}\r\n{head}\r\n".encode())
    read = b""
    while b"event: progress" not in read:
        read += one.recv(65536)
    return one


def first_status(stage: Stage) -> int:
    with httpx.stream("GET", stage.events, headers=stage.headers, timeout=PATIENCE_S) as response:
        return response.status_code
