"""Scorecards on pages: the list, the page, the report to take away, another gate."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re

import pytest

from apps.console.scorecards import COLUMNS, cells_as_csv
from apps.decisions.models import Decision
from apps.gates import actions as gates
from apps.gates.models import GateDecision
from apps.kernel.policy import TEMPLATES
from apps.tenancy.acting import acting
from tests.console import reports
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs

XSS = "<img src=x onerror=alert(1)>"


def test_the_page_shows_verdict_checks_and_what_was_decided(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/1/"))
    assert "<title>Scorecard #1: fail · DistillHub</title>" in page
    assert "Gate <code>release@1</code>: fail" in page
    assert page.count('<tr class="check') == 3  # all traffic and two cohorts
    assert 'decisions/1/">#1 reject</a>' in page
    assert "Export JSON" in page
    assert "scorecards/1/decide/" in page


def test_a_filter_in_the_address_hides_the_other_checks(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/1/?show=high-value"))
    shown = re.findall(r'<tr class="check[^>]*>', page)
    assert [("hidden" in row, "data-high-value" in row) for row in shown] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert 'data-show="high-value" aria-current="true"' in page


def test_a_card_nobody_asked_a_gate_about_says_so_and_offers_one(ada, at, project) -> None:
    runs.sealed(ada.who, project)
    browser = Browser(ada)
    page = text_of(browser.get(f"{at}/scorecards/1/"))
    assert "No verdict yet" in page
    assert "Record decision" not in page
    assert code_of(browser.get(f"{at}/scorecards/1/decide/")) == (409, "gate_not_asked")
    response = browser.post(f"{at}/scorecards/1/gate/", {"policy": "release@1"})
    assert response["Location"] == f"{at}/scorecards/1/"
    page = text_of(browser.get(response["Location"]))
    assert "The gate release@1 says inconclusive." in page
    assert "Record decision" in page
    # The same gate may be asked again: on another day it may answer otherwise.
    assert "<option>release@1</option>" in page


def test_the_same_gate_asked_again_tells_what_has_changed(ada, story) -> None:
    browser = Browser(ada)
    with acting(ada.who):
        runs.recorded(story.project, "big", runs.output_rows(runs.golden_rows(41)))
    browser.post(f"{story.at}/scorecards/1/gate/", {"policy": "release@1"})
    page = text_of(browser.get(f"{story.at}/scorecards/1/"))
    assert "The gate release@1 says inconclusive." in page
    assert "The evidence is not what it was. Hold." in page
    assert page.count("Out of date. The teacher changed from big@1 to big@2") >= 1
    assert "1 thing it rests on had changed" in page


def test_cohorts_are_ordered_by_a_link_that_says_what_it_is_worth(ada, story, events) -> None:
    before = events()
    browser = Browser(ada)
    plain = text_of(browser.get(f"{story.at}/scorecards/1/"))
    assert '<a href="?order=loss#checks-title">loss (shrunken)</a>' in plain
    assert "drawn towards the other cohorts" not in plain
    named = text_of(browser.get(f"{story.at}/scorecards/1/?order=name&show=all"))
    assert named.index('class="name">gold') < named.index('class="name">plain')
    ordered = text_of(browser.get(f"{story.at}/scorecards/1/?order=loss"))
    assert "This orders the list and decides nothing" in ordered
    assert ordered.index('class="name">plain') < ordered.index('class="name">gold')
    # Every row of plain is lost and none of gold; the phantom rows of 20 leave each a little of the other.
    assert re.search(r"ordered by −9\d\.\d ± \d+\.\d pp \(ExactMatch\)", ordered)
    assert events() == before


def test_another_gate_gives_the_verdict_the_page_shows_from_then_on(ada, story) -> None:
    with acting(ada.who):
        gates.save_policy(story.project, slug="strict", document=TEMPLATES["strict"])
    browser = Browser(ada)
    assert "<option>strict@1</option>" in text_of(browser.get(f"{story.at}/scorecards/1/"))
    browser.post(f"{story.at}/scorecards/1/gate/", {"policy": "strict@1"})
    assert "Gate <code>strict@1</code>" in text_of(browser.get(f"{story.at}/scorecards/1/"))
    assert browser.post(f"{story.at}/scorecards/1/gate/", {"policy": "nothing"}).status_code == 404


def test_the_json_is_the_exact_document_under_a_decisions_evidence(ada, story) -> None:
    response = Browser(ada).get(f"{story.at}/scorecards/1/report.json")
    assert response["Content-Disposition"] == 'attachment; filename="support-scorecard-1.json"'
    with acting(ada.who):
        stored = GateDecision.objects.get().digest
        record = json.loads(bytes(Decision.objects.get().record))
    assert f"sha256:{hashlib.sha256(response.content).hexdigest()}" == stored == record["gate"]["report_digest"]
    assert json.loads(response.content)["verdict"] == "fail"


def test_the_csv_has_one_line_a_cell(ada, story) -> None:
    response = Browser(ada).get(f"{story.at}/scorecards/1/report.csv")
    header, *table = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert tuple(header) == COLUMNS
    assert sorted(line[0] for line in table) == ["*", "gold", "plain"]
    total = next(line for line in table if line[0] == "*")
    assert (total[2], float(total[5])) == ("40", -50.0)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_quoted(start) -> None:
    report = reports.report([reports.cell(f"{start}cmd|' /C calc'!A0", f"{start}x")])
    written = cells_as_csv(report).decode("utf-8-sig")
    [_, line] = csv.reader(io.StringIO(written, newline=""))
    assert line[:2] == [f"'{start}cmd|' /C calc'!A0", f"'{start}x"]
    assert float(line[5]) < 0  # a number stays one


def test_names_of_cohorts_and_models_are_shown_as_text(ada, at, project) -> None:
    rows = [{**row, "cohort": XSS if row["cohort"] == "gold" else row["cohort"]} for row in runs.golden_rows(8)]
    runs.judged(ada.who, project, rows=rows, wrong=["row-0001"])
    browser = Browser(ada)
    for path in ("", "scorecards/", "scorecards/1/", "scorecards/1/decide/", "datasets/golden@1/"):
        page = text_of(browser.get(f"{at}/{path}"))
        assert XSS not in page, path
    assert "&lt;img src=x onerror=alert(1)&gt;" in text_of(browser.get(f"{at}/scorecards/1/"))


def test_an_empty_list_says_what_is_needed(ada, at, project) -> None:
    assert "No scorecard yet" in text_of(Browser(ada).get(f"{at}/scorecards/"))
