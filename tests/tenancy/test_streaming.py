"""A stream tells what is new, few at a time and not long, and gives its slot back however it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

import pytest
from django.db import DatabaseError
from django.test import RequestFactory

from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.projects.queries import projects
from apps.tenancy.acting import Acting, NotActing, current, is_acting
from apps.tenancy.streaming import ALIVE, RETRY, Look, Slots, Stream, StreamsBusy, answer, told
from tests.conftest import Person

Parts = Generator[bytes, None, None]
ONE, TWO = Look("progress", "one"), Look("progress", "two")
LAST = Look("done", "the end", is_last=True)


class Told:
    """Looks to give in turn, and the pauses that were slept between them."""

    def __init__(self, who: Acting, *looks: Look | Exception) -> None:
        self.who, self.looks, self.pauses = who, list(looks), list[float]()
        self.acting_while_asleep: list[bool] = []

    def parts(self, *, seen: str = "", seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> Parts:
        return told(lambda: self.who, self._next, seen=seen, seconds=seconds, sleep=self._sleep, clock=clock)

    def _next(self) -> Look:
        assert current() is self.who
        found = self.looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def _sleep(self, seconds: float) -> None:
        self.acting_while_asleep.append(is_acting())
        self.pauses.append(seconds)


@pytest.fixture
def no_look_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.tenancy.streaming.REST_PER_LOOK", 0)


def test_an_event_has_an_id_a_name_and_its_lines() -> None:
    assert Look("progress", "a\nb").encoded().decode().splitlines() == [
        f"id: {Look('progress', 'a' + chr(10) + 'b').id}",
        "event: progress",
        "data: a",
        "data: b",
        "",
    ]
    assert ONE.id == "c0ac82d43af40d6a"
    assert TWO.id != ONE.id != Look("done", "one").id


def test_what_changed_is_told_once_and_the_last_word_ends_it(ada: Person, no_look_takes_long: None) -> None:
    looks = Told(ada.who, ONE, ONE, TWO, LAST)
    assert list(looks.parts()) == [RETRY, ONE.encoded(), ALIVE, TWO.encoded(), LAST.encoded()]
    assert looks.pauses == [1.0, 1.0, 1.0]
    assert looks.acting_while_asleep == [False, False, False]
    with pytest.raises(NotActing):
        current()


def test_who_comes_back_is_told_only_what_is_new(ada: Person, no_look_takes_long: None) -> None:
    assert list(Told(ada.who, ONE, LAST).parts(seen=ONE.id)) == [RETRY, ALIVE, LAST.encoded()]


def test_a_stream_ends_when_its_time_is_over(ada: Person, no_look_takes_long: None) -> None:
    looks = Told(ada.who, ONE, TWO)
    assert list(looks.parts(seconds=0.5)) == [RETRY, ONE.encoded()]
    assert looks.pauses == []


def test_a_look_that_takes_long_is_followed_by_a_longer_pause(ada: Person) -> None:
    # Made at 0 s; a look from 10 s to 10.5 s; 10.5 s and the pause lie within the minute; the last look.
    clock = iter([0.0, 10.0, 10.5, 10.5, 15.0, 15.0])
    looks = Told(ada.who, ONE, LAST)
    assert list(looks.parts(clock=lambda: next(clock))) == [RETRY, ONE.encoded(), LAST.encoded()]
    assert looks.pauses == [4.5]


@pytest.mark.parametrize("error", [NotFound("gone"), DatabaseError("gone")])
def test_what_cannot_be_seen_any_more_ends_it_without_a_word(
    ada: Person, no_look_takes_long: None, error: Exception
) -> None:
    assert list(Told(ada.who, ONE, error).parts()) == [RETRY, ONE.encoded()]


def test_one_too_many_is_refused_at_once_and_a_closed_one_makes_room(ada: Person) -> None:
    slots = Slots(lambda: 2)
    first, second = (Stream(Told(ada.who, ONE).parts(), slots) for _ in range(2))
    with pytest.raises(StreamsBusy) as refused:
        Stream(Told(ada.who, ONE).parts(), slots)
    assert refused.value.code == "streams_busy"
    assert next(first) == RETRY
    first.close()
    first.close()
    third = Stream(Told(ada.who, ONE).parts(), slots)
    with pytest.raises(StreamsBusy):
        slots.take()
    # Dropped without being closed, as by a server that fails between making an answer and sending it.
    del second, third
    slots.take()
    slots.take()


def test_a_look_sees_the_organization_it_entered_and_no_other(ada: Person, cy: Person, project: Project) -> None:
    def count() -> Look:
        return Look("done", str(projects().count()), is_last=True)

    seen = [list(told(lambda who=one.who: who, count, seen="", seconds=60))[1] for one in (ada, cy)]
    assert seen == [Look("done", "1").encoded(), Look("done", "0").encoded()]


def test_the_answer_is_events_that_no_proxy_gathers(rf: RequestFactory, ada: Person) -> None:
    asked = rf.get("/events", headers={"Last-Event-ID": ONE.id})
    response = answer(asked, lambda: ada.who, lambda: Look("progress", "one", is_last=True))
    assert (response["Content-Type"], response["X-Accel-Buffering"]) == ("text/event-stream", "no")
    assert list(response.streaming_content) == [RETRY, ALIVE]
