"""The overview: what needs a person now."""

from __future__ import annotations

from apps.decisions import actions as decisions
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, text_of
from tests.factories import runs


def test_a_new_project_shows_the_way_to_a_verdict(ada, at) -> None:
    page = text_of(Browser(ada).get(f"{at}/"))
    assert page.count("<li><div>") == 6
    assert '<li class="done">' not in page
    assert f'href="{at}/models/new/">Register a model</a>' in page


def test_steps_are_ticked_from_what_is_there(ada, at, project) -> None:
    with acting(ada.who):
        runs.started(project)
    page = text_of(Browser(ada).get(f"{at}/"))
    assert page.count('<li class="done">') == 4  # models, rows, pinned, run
    assert "Run #1 is planned: small@1 against big@1." in page


def test_an_undecided_verdict_asks_those_who_may_decide(ada, member, at, project) -> None:
    runs.judged(ada.who, project)
    page = text_of(Browser(ada).get(f"{at}/"))
    assert "Scorecard #1: small@1 against big@1. Nobody has decided yet." in page
    assert f'href="{at}/scorecards/1/decide/">Decide</a>' in page
    seen = text_of(Browser(member).get(f"{at}/"))
    assert f'href="{at}/scorecards/1/">Read</a>' in seen
    assert "/decide/" not in seen


def test_an_override_that_waits_comes_up_and_is_counted(ada, at, project) -> None:
    rows = runs.golden_rows(40)
    verdict = runs.judged(ada.who, project, rows=rows, wrong=[row["id"] for row in rows[::2]])
    with acting(ada.who):
        decisions.record(verdict, kind="override", reason="We know and accept this loss.")
    page = text_of(Browser(ada).get(f"{at}/"))
    assert "Decision #1 is an override and waits for a second person." in page
    assert "1 override in 90 days" in page
    assert "Nobody has decided yet" not in page


def test_a_decided_project_shows_its_students(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/"))
    assert "From nothing to a verdict" not in page
    assert f'href="{story.at}/models/small@1/">small@1</a>' in page
    assert "−100.0 pp" in page
