"""A run while it goes on: the part that changes, asked for or told as events, and what a stranger sees of it."""

from __future__ import annotations

import pytest

from apps.evals import actions, coordinate
from apps.evals.models import EvalRun
from apps.tenancy import queries, store, streaming
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, text_of
from tests.factories import runs


@pytest.fixture
def waiting(ada, project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def told(response) -> list[tuple[str, str]]:
    """Name and text of each event of a stream."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/event-stream"
    found = []
    for block in b"".join(response.streaming_content).decode().split("\n\n"):
        lines = [line.partition(": ") for line in block.splitlines()]
        if any(name == "event" for name, _, _ in lines):
            [event] = [value for name, _, value in lines if name == "event"]
            found.append((event, "\n".join(value for name, _, value in lines if name == "data")))
    return found


def test_a_run_that_waits_names_its_events_and_where_to_ask(ada, at, waiting) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    assert f'data-events="{at}/runs/1/events"' in page
    assert f'hx-get="{at}/runs/1/progress/?acts=pause%20cancel" hx-trigger="poll"' in page
    assert ">planned<" in page
    assert "0 / 12" in page
    assert f'<a href="{at}/runs/1/">Refresh</a>' in page.split("<noscript>")[1].split("</noscript>")[0]


def test_the_part_alone_is_answered_and_ends_when_the_scorecard_is_there(ada, at, waiting, project) -> None:
    part = text_of(Browser(ada).get(f"{at}/runs/1/progress/?acts=pause%20cancel"))
    assert "<html" not in part
    assert 'id="live-summary" hx-swap-oob="innerHTML">Run #1 is planned: 0 % answered.' in part
    assert coordinate.work(ada.who, waiting.id, seconds=60)
    complete = Browser(ada).get(f"{at}/runs/1/progress/?acts=")
    assert "The scorecard is being sealed." in text_of(complete)
    assert "data-events" in text_of(complete)
    assert "HX-Refresh" not in complete
    assert Browser(ada).get(f"{at}/runs/1/progress/?acts=pause%20cancel")["HX-Refresh"] == "true"
    with acting(ada.who):
        row = EvalRun.objects.get()
        runs.scorecards.seal(row, runs.assemble.card_of(row))
    final = Browser(ada).get(f"{at}/runs/1/progress/?acts=")
    assert "data-events" not in text_of(final)
    assert "complete: scorecard #1 is sealed." in text_of(final)
    assert final["HX-Refresh"] == "true"


def test_the_events_are_the_part_and_the_last_one_says_so(ada, at, waiting, settings) -> None:
    settings.STREAM_SECONDS = 0.1
    stream = Browser(ada).get(f"{at}/runs/1/events")
    assert "no-store" in stream["Cache-Control"]
    assert stream["X-Accel-Buffering"] == "no"
    [(event, part)] = told(stream)
    assert (event, part.strip()) == ("progress", text_of(Browser(ada).get(f"{at}/runs/1/progress/")).strip())
    with acting(ada.who):
        actions.cancel_run(waiting, because="enough")
    [(event, part)] = told(Browser(ada).get(f"{at}/runs/1/events"))
    assert event == "done"
    assert "Run #1 is cancelled." in part
    assert "data-events" not in part


def test_who_saw_the_newest_event_is_not_told_it_again(ada, at, waiting, settings) -> None:
    settings.STREAM_SECONDS = 0.1
    first = b"".join(Browser(ada).get(f"{at}/runs/1/events").streaming_content).decode()
    identifier = first.split("id: ")[1].split("\n")[0]
    assert told(Browser(ada).get(f"{at}/runs/1/events", **{"Last-Event-ID": identifier})) == []


def test_one_stream_too_many_is_told_when_to_ask_again(ada, at, waiting, settings) -> None:
    settings.STREAMS_MAX, settings.STREAM_SECONDS = 1, 0.1
    open_one = Browser(ada).get(f"{at}/runs/1/events")
    refused = Browser(ada).get(f"{at}/runs/1/events")
    assert (refused.status_code, refused["Retry-After"]) == (503, str(streaming.RETRY_AFTER_SECONDS))
    assert "streams_busy" in text_of(refused)
    assert Browser(ada).get(f"{at}/runs/1/progress/").status_code == 200
    assert [event for event, _ in told(open_one)] == ["progress"]
    assert Browser(ada).get(f"{at}/runs/1/events").status_code == 200


def test_whoever_leaves_the_organization_is_told_nothing_more(ada, ben, at, waiting, settings, monkeypatch) -> None:
    def leave(seconds: float) -> None:
        store.remove_member(queries.membership(ben.user, ada.organization.slug))

    monkeypatch.setattr(streaming.told, "__kwdefaults__", {"sleep": leave, "clock": lambda: 0.0})
    stream = Browser(ben).get(f"{at}/runs/1/events")
    assert [event for event, _ in told(stream)] == ["progress"]
    assert Browser(ben).get(f"{at}/runs/1/events").status_code == 404


@pytest.mark.parametrize("address", ["", "progress/", "events"])
def test_a_stranger_sees_no_run(cy, at, waiting, address) -> None:
    theirs = Browser(cy).get(f"{at}/runs/1/{address}")
    nothing = Browser(cy).get(f"{at}/runs/7/{address}")
    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert "small@1" not in text_of(theirs)
