"""Models on pages: the list with prices and verdicts, a version with what stands behind it, new prices."""

from __future__ import annotations

import html

import pytest

from apps.registry import actions, store
from apps.registry.models import PriceCard, Trial
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs

PRICE = {
    "valid_from": "2026-11-01",
    "input_usd_per_mtok": "0.15",
    "output_usd_per_mtok": "0.6",
    "per_call_usd": "",
    "hardware_usd_per_hour": "",
    "traces_per_hour": "",
}


@pytest.fixture
def big(ada, project, at) -> str:
    """The address of a recorded model's version."""
    with acting(ada.who):
        runs.recorded(project, "big", runs.output_rows(runs.golden_rows(4)))
    return f"{at}/models/big@1/"


def test_a_price_is_set_and_shown_as_it_was_entered(ada, at, big) -> None:
    browser = Browser(ada)
    response = browser.post(f"{big}prices/new/", PRICE)
    assert response["Location"] == big
    page = text_of(browser.get(big))
    assert "big@1 has prices from 01 Nov 2026 on." in page
    assert '<td class="num">0.15</td><td class="num">0.60</td><td class="num">0.00</td>' in page


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"input_usd_per_mtok": "-1"}, "price_invalid"),
        ({"output_usd_per_mtok": "5000000"}, "price_invalid"),
        ({"hardware_usd_per_hour": "2"}, "price_invalid"),
    ],
)
def test_a_price_that_is_none_is_refused_on_the_page(ada, big, events, changed, code) -> None:
    before = events()
    assert code_of(Browser(ada).post(f"{big}prices/new/", {**PRICE, **changed})) == (422, code)
    assert events() == before


@pytest.mark.parametrize("value", ["NaN", "Infinity", "abc", "", "1e99", "0.1234567"])
def test_what_is_no_amount_is_refused_beside_its_field(ada, big, value) -> None:
    response = Browser(ada).post(f"{big}prices/new/", {**PRICE, "input_usd_per_mtok": value})
    assert response.status_code == 422
    assert 'id="id_input_usd_per_mtok_error"' in text_of(response)
    with acting(ada.who):
        assert not PriceCard.objects.exists()


def test_other_prices_for_the_same_day_are_refused(ada, big) -> None:
    Browser(ada).post(f"{big}prices/new/", PRICE)
    again = Browser(ada).post(f"{big}prices/new/", {**PRICE, "input_usd_per_mtok": "9"})
    assert code_of(again) == (409, "price_overlap")


def test_the_list_says_unpriced_and_the_newest_verdict_of_a_student(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/models/"))
    assert page.count("unpriced: the cost ratio will be unknown") == 2
    small = page[page.index("small@1") :]
    assert 'scorecards/1/">#1</a>' in small
    assert "v-fail" in small
    assert "v-fail" not in page[page.index("big@1") : page.index("small@1")]


def test_a_version_shows_its_scorecards_in_either_role(ada, story) -> None:
    for name in ("big@1", "small@1"):
        page = text_of(Browser(ada).get(f"{story.at}/models/{name}/"))
        assert "against big@1 on golden@1" in page
        assert "Recorded outputs</dt><dd>40</dd>" in page


def test_without_a_number_the_newest_version_is_shown(ada, at, project, big) -> None:
    with acting(ada.who):
        runs.recorded(project, "big", runs.output_rows(runs.golden_rows(6)))
    page = text_of(Browser(ada).get(f"{at}/models/big/"))
    assert "<title>big@2" in page
    assert "other versions" in page


def test_a_name_with_slashes_and_odd_letters_has_a_page(ada, at, project) -> None:
    name = "org/model a&b?é#1"
    with acting(ada.who):
        runs.recorded(project, name, runs.output_rows(runs.golden_rows(4)))
    page = text_of(Browser(ada).get(f"{at}/models/"))
    link = page.split('<th scope="row"><a href="')[1].split('"')[0]
    shown = Browser(ada).get(html.unescape(link))
    assert shown.status_code == 200
    assert "org/model a&amp;b?é#1@1" in text_of(shown)


@pytest.fixture
def small(ada, project, at) -> str:
    """The address of a live model's version."""
    with acting(ada.who):
        runs.live(project, "small", "http://127.0.0.1:9/v1")
    return f"{at}/models/small@1/"


def test_a_trial_call_is_asked_for_watched_and_told(ada, small) -> None:
    browser = Browser(ada)
    assert "Not yet called." in text_of(browser.get(small))
    response = browser.post(f"{small}trial/new/")
    assert response["Location"] == small
    page = text_of(browser.get(small))
    assert "A worker is making the call." in page
    assert 'hx-get="' + f'{small}trial/"' in page
    with acting(ada.who):
        found = Trial.objects.get()
        store.end_trial(found.pk, fault="x_fault", words="It <b>failed</b>.", latency_ms=None, has_logprobs=None)
    part = text_of(browser.get(f"{small}trial/"))
    assert "It &lt;b&gt;failed&lt;/b&gt;." in part
    assert "<code>x_fault</code>" in part
    assert "hx-get" not in part
    assert "Make a trial call" in part


def test_a_trial_that_no_worker_takes_says_so(ada, small) -> None:
    browser = Browser(ada)
    browser.post(f"{small}trial/new/")
    with acting(ada.who):
        found = Trial.objects.get()
        Trial.objects.update(created_at=found.created_at - actions.TRIAL_WAITS * 2)
    part = text_of(browser.get(f"{small}trial/"))
    assert "No worker has made the call." in part
    assert "hx-get" not in part


def test_a_recorded_version_is_not_called(ada, big) -> None:
    assert "trial" not in text_of(Browser(ada).get(big)).lower()
    assert code_of(Browser(ada).post(f"{big}trial/new/")) == (422, "not_callable")


def test_a_stranger_neither_tries_nor_sees(ada, cy, small) -> None:
    Browser(ada).post(f"{small}trial/new/")
    for response in (Browser(cy).post(f"{small}trial/new/"), Browser(cy).get(f"{small}trial/")):
        assert response.status_code == 404
    with acting(ada.who):
        assert Trial.objects.count() == 1
