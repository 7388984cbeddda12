"""A run of live models over REST with a real worker: paused in the middle, resumed, watched to its scorecard."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests.api.conftest import key_for
from tests.conftest import founder
from tests.factories import runs
from tests.fakes import upstream
from tests.web_server import serving
from tests.worker import Worker, own_broker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROWS = 60
PATIENCE_S = 90.0


@pytest.fixture
def client(committed: None, database_name: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """REST of a project with two live models that answer in a tenth of a second, two calls at once each."""
    slug = f"control-{secrets.token_hex(4)}"
    zoe = founder(f"zoe@{slug}.test", slug)
    with own_broker() as broker, upstream.serving(lambda request: "yes", latency_s=0.1) as server:
        with acting(zoe.who):
            project = projects.open_project(slug="bot")
            runs.pinned(project, runs.golden_rows(ROWS))
            for name in ("big", "small"):
                runs.live(project, name, server.base_url, concurrency=2)
            runs.suite(project)
        worker = Worker(tmp_path, database=database_name, broker=broker)
        with serving(database_name, environment={"BROKER_URL": broker}) as url:
            signed = {"Authorization": f"Bearer {key_for(zoe)}"}
            with httpx.Client(base_url=f"{url}/api/v1/projects/bot", headers=signed, timeout=20) as client:
                yield client
        worker.stop()


def progress(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/runs/1/progress").json()
    return found


def until(client: httpx.Client, condition: Any) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_S
    while not condition(now := progress(client)):
        assert time.monotonic() < end, now
        time.sleep(0.1)
    return now


def test_a_run_is_paused_in_the_middle_and_goes_on_to_its_scorecard(client: httpx.Client) -> None:
    names = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}
    assert client.post("/runs", json=names).status_code == 202
    until(client, lambda now: now["answered"] > 4)
    assert client.post("/runs/1/pause", json={"reason": "look first"}).json()["status"] == "PAUSED"
    still = until(client, lambda now: now["calls_open"] == 0)
    assert (still["status"], still["paused_because"]) == ("PAUSED", "by_hand")
    assert 4 < still["answered"] < 2 * ROWS
    time.sleep(1.5)
    assert progress(client)["answered"] == still["answered"]

    assert client.post("/runs/1/resume").json()["status"] == "RUNNING"
    seen = list(told(client))
    assert [name for name, _ in seen][-1] == "done"
    assert len(seen) > 2
    last = seen[-1][1]
    assert (last["status"], last["answered"], last["faults"]) == ("COMPLETED", 2 * ROWS, {})
    assert last["certain_usd"] == last["spend_usd"] == "0.001680000"
    assert client.get("/runs/1").json()["scorecard"].startswith("card_")
    assert len(client.get("/runs/1/items?limit=200").json()["data"]) == 2 * ROWS

    estimate = client.post("/runs/estimate", json={**names, "reuse_answers": True}).json()
    assert estimate["reusable_answers"] == 2 * ROWS
    assert estimate["seconds"][0] > 0.1 * ROWS / 2


def told(client: httpx.Client) -> Iterator[tuple[str, dict[str, Any]]]:
    """Events until the last one; a stream that ends before it is opened again where it stopped."""
    seen, end = "", time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with client.stream("GET", "/runs/1/events", headers={"Last-Event-ID": seen}) as response:
            name = ""
            for line in response.iter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    seen = value
                elif field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)
                    if name == "done":
                        return
