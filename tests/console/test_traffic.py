"""Live traffic on pages: added, shown beside the golden rows, told on a scorecard, forgotten; for members alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.tenancy.acting import acting
from apps.traffic.models import TrafficComparison, TrafficSample, TrafficSketches
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs
from tests.traffic.test_actions import compared, live_rows, sampled, today, window


def fields(ago_from: int = 6, ago_to: int = 0, **more: str) -> dict[str, str]:
    return {"since": str(today() - timedelta(ago_from)), "until": str(today() - timedelta(ago_to)), **more}


CONTENT = runs.lines([*live_rows(180, 20, say="what is my secret in question"), {"cohort": "fraud", "input": "stop"}])


def test_a_sample_is_added_and_shown_beside_the_golden_rows(ada, story) -> None:
    browser = Browser(ada)
    before = text_of(browser.get(f"{story.at}/datasets/golden@1/"))
    assert "Whether traffic still is what these rows stand for is not known." in before
    assert "No live traffic yet" in text_of(browser.get(f"{story.at}/traffic/"))
    form = text_of(browser.get(f"{story.at}/traffic/new/?dataset=golden@1"))
    assert '<option value="golden@1" selected>' in form
    made = browser.upload(f"{story.at}/traffic/new/", "live.jsonl", CONTENT, **fields(dataset="golden@1"))
    assert made["Location"] == f"{story.at}/datasets/golden@1/"
    page = text_of(browser.get(f"{story.at}/datasets/golden@1/"))
    assert "201 live rows of" in page
    assert "secret" not in page
    assert '<span class="tag warns">moved</span> PSI ' in page
    assert "not known: fewer than 50 rows with a text on one side" in page
    cells = '<td class="num">20</td><td class="num">50.0 %</td><td class="num">180</td><td class="num">89.6 %</td>'
    assert f'<th scope="row">plain</th>{cells}<td class="num">+39.6</td>' in page
    assert 'unknown cohorts<span class="sub">fraud</span></th><td class="num">–</td>' in page
    listed = text_of(browser.get(f"{story.at}/traffic/"))
    assert "gates ask this one" in listed
    assert "mix moved" in listed


def test_a_sample_is_compared_later_and_its_sketches_are_forgotten(ada, story) -> None:
    browser = Browser(ada)
    made = browser.upload(f"{story.at}/traffic/new/", "live.jsonl", CONTENT, **fields())
    assert made["Location"] == f"{story.at}/traffic/"
    assert "was not compared with golden@1 yet" in text_of(browser.get(f"{story.at}/datasets/golden@1/"))
    with acting(ada.who):
        ref = TrafficSample.objects.get().public_id
        assert TrafficComparison.objects.count() == 0
    done = browser.post(f"{story.at}/traffic/{ref}/compare/", {"dataset": "golden@1"})
    assert done["Location"] == f"{story.at}/datasets/golden@1/"
    assert browser.post(f"{story.at}/traffic/{ref}/forget/")["Location"] == f"{story.at}/traffic/"
    assert "Its sketches were deleted." in text_of(browser.get(f"{story.at}/traffic/"))
    with acting(ada.who):
        assert (TrafficComparison.objects.count(), TrafficSketches.objects.count()) == (1, 0)


def test_a_bad_file_or_window_keeps_nothing(ada, story) -> None:
    browser, address = Browser(ada), f"{story.at}/traffic/new/"
    refused = browser.upload(address, "live.jsonl", b'{"cohort": "a", "input": "x"}\n{', **fields())
    assert code_of(refused) == (422, "json_syntax")
    assert "Nothing was kept." in text_of(refused)
    assert code_of(browser.upload(address, "l.jsonl", CONTENT, **fields(0, 6))) == (422, "window_reversed")
    assert code_of(browser.upload(address, "l.jsonl", CONTENT, **fields(0, -1))) == (422, "window_in_future")
    assert code_of(browser.upload(address, "l.jsonl", b"", **fields())) == (422, "file_empty")
    assert code_of(browser.post(address, {**fields(), "is_whole": "1"})) == (422, "file_missing")
    assert browser.upload(address, "l.jsonl", CONTENT, since="soon", until="later").status_code == 422
    with acting(ada.who):
        assert TrafficSample.objects.count() == 0


def test_a_scorecard_says_that_traffic_has_moved_until_its_gate_knew_it(ada, story) -> None:
    browser, page = Browser(ada), f"{story.at}/scorecards/1/"
    assert "Live traffic against golden@1" not in text_of(browser.get(page))
    browser.upload(f"{story.at}/traffic/new/", "live.jsonl", CONTENT, **fields(dataset="golden@1"))
    told = text_of(browser.get(page))
    assert "Out of date. The mix of cohorts in live traffic has moved (PSI " in told
    assert "Live traffic against golden@1" in told
    browser.post(f"{story.at}/scorecards/1/gate/", {"policy": "release@1"})
    asked = text_of(browser.get(page))
    assert "Live traffic against golden@1" not in asked
    assert "201 live rows of" in asked


def test_a_scorecard_says_that_texts_moved_in_two_windows_running(ada, at, project) -> None:
    runs.sealed(ada.who, project, rows=runs.golden_rows(120))
    browser, page = Browser(ada), f"{at}/scorecards/1/"
    with acting(ada.who):
        version = runs.pinned(project, runs.golden_rows(120))
        said = "how do I bake a cake in step"
        compared(sampled(project, live_rows(60, 60, say=said), days=window(13, 7)), version)
    assert "in two windows running" not in text_of(browser.get(page))
    with acting(ada.who):
        compared(sampled(project, live_rows(60, 60, start=200, say=said)), version)
    assert "in two windows running" in text_of(browser.get(page))
    earlier = text_of(browser.get(f"{at}/datasets/golden@1/"))
    assert "Earlier windows compared with golden@1" in earlier


def test_the_simpson_check_takes_the_newest_live_shares_where_nothing_is_typed(ada, story) -> None:
    browser, page = Browser(ada), f"{story.at}/scorecards/1/"
    with acting(ada.who):
        sampled(story.project, [*live_rows(90, 10), {"cohort": "fraud", "input": "stop"}])
    live = text_of(browser.get(page))
    assert "With the shares of live traffic of" in live
    assert '<td class="num">−50.0</td><td class="num strong">−90.0</td><td class="num">−40.0</td>' in live
    typed = text_of(browser.get(f"{page}?live=plain%3D0.2,gold%3D0.8"))
    assert "With the shares of live traffic of" not in typed
    assert '<td class="num strong">−20.0</td>' in typed


def test_names_of_cohorts_and_files_are_shown_as_text(ada, story) -> None:
    sneaky = "<img src=x onerror=alert(1)>"
    browser = Browser(ada)
    rows = [*live_rows(60, 60), {"cohort": sneaky, "input": sneaky}]
    browser.upload(f"{story.at}/traffic/new/", "a<b>.jsonl", runs.lines(rows), **fields(dataset="golden@1"))
    for path in ("traffic/", "datasets/golden@1/"):
        page = text_of(browser.get(f"{story.at}/{path}"))
        assert sneaky not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize("act", ["compare", "forget"])
def test_viewers_see_and_change_nothing_and_strangers_see_nothing(ada, viewer, cy, story, act) -> None:
    with acting(ada.who):
        ref = sampled(story.project, live_rows(60, 60)).public_id
    looking, strange = Browser(viewer), Browser(cy)
    page = text_of(looking.get(f"{story.at}/traffic/"))
    assert "gates ask this one" in page
    assert "Forget sketches" not in page
    assert "Add live traffic" not in text_of(looking.get(f"{story.at}/datasets/golden@1/"))
    address = f"{story.at}/traffic/new/"
    assert looking.upload(address, "l.jsonl", CONTENT, **fields()).status_code == 403
    assert strange.upload(address, "l.jsonl", CONTENT, **fields()).status_code == 404
    assert strange.get(f"{story.at}/traffic/").status_code == 404
    for who, status in ((looking, 403), (strange, 404)):
        assert who.post(f"{story.at}/traffic/{ref}/{act}/", {"dataset": "golden@1"}).status_code == status
    with acting(ada.who):
        assert (TrafficSample.objects.count(), TrafficSketches.objects.count()) == (1, 1)
        assert TrafficComparison.objects.count() == 0
