"""Datasets on pages: imported whole or not at all, pinned for good, shown as text whatever they hold."""

from __future__ import annotations

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.datasets.models import Dataset, DatasetVersion
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories.runs import golden_rows, lines, pinned

GOOD = b'{"id": "a", "cohort": "plain", "input": "q"}\n'
XSS = "<script>alert(1)</script>"


def test_an_import_becomes_a_draft_and_says_so(ada, at) -> None:
    response = Browser(ada).upload(f"{at}/datasets/new/", "g.jsonl", lines(golden_rows(6)), slug="golden")
    assert (response.status_code, response["Location"]) == (302, f"{at}/datasets/golden@1/")
    page = text_of(Browser(ada).get(f"{at}/datasets/golden@1/"))
    assert ">draft<" in page
    assert "Pin golden@1" in page


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("g.jsonl", b'{"id": "a", "input": "q"}\n', "column_missing"),
        ("g.jsonl", GOOD + b'{"id": "b", "cohort": null, "input": "q"}\n', "cohort_missing"),
        ("g.csv", b"id,cohort,input\na,,q\nb,plain,q\n", "cohort_missing"),
        ("g.jsonl", GOOD + GOOD, "duplicate_id"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "inptu": "q"}\n', "column_unknown"),
        ("g.jsonl", GOOD + b'{"id": "b", "cohort": "\xff", "input": "q"}\n', "not_utf8"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "input": "\\u0000"}\n', "nul_character"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "traffic_weight": NaN}\n', "not_finite"),
        ("g.jsonl", b"", "file_empty"),
        ("g.csv", b"id,cohort,input\n", "no_rows"),
        ("g.jsonl", b'{"id": "' + b"x" * 10_000_000 + b'"}\n', "line_too_long"),
        ("g.jsonl", b"{'id': 'a'}\n", "json_syntax"),
        ("g.xlsx", b"PK\x03\x04", "type_unsupported"),
        ("g.jsonl.gz", gzip.compress(b"0" * 70_000_000, mtime=0), "expands_too_much"),
    ],
)
def test_a_bad_file_is_refused_on_the_page_and_leaves_nothing(ada, at, events, name, content, code) -> None:
    before = events()
    response = Browser(ada).upload(f"{at}/datasets/new/", name, content, slug="golden")
    assert code_of(response) == (422, code)
    assert "Nothing was imported." in text_of(response)
    assert events() == before
    with acting(ada.who):
        assert not Dataset.objects.exists()


def test_rows_at_fault_are_listed_by_number_and_the_input_is_only_text(ada, at) -> None:
    content = GOOD + b'{"id": "<script>alert(1)</script>", "cohort": "plain", "input": 7}\n{]\n'
    page = text_of(Browser(ada).upload(f"{at}/datasets/new/", "g.jsonl", content, slug="golden"))
    assert "Row 3" in page
    assert XSS not in page


def test_an_upload_that_did_not_come_whole_is_refused(ada, at, events) -> None:
    before, browser = events(), Browser(ada)
    assert code_of(browser.post(f"{at}/datasets/new/", {"slug": "golden", "is_whole": "1"})) == (422, "file_missing")
    cut_off = {"slug": "golden", "file": SimpleUploadedFile("g.jsonl", GOOD)}
    assert code_of(browser.post(f"{at}/datasets/new/", cut_off)) == (422, "upload_incomplete")
    assert events() == before


@pytest.mark.parametrize("slug", ["two words", "a/b", "ä", "x" * 61, ""])
def test_a_name_that_is_no_slug_is_refused_beside_its_field(ada, at, slug) -> None:
    response = Browser(ada).upload(f"{at}/datasets/new/", "g.jsonl", GOOD, slug=slug)
    assert response.status_code == 422
    assert 'id="id_slug_error"' in text_of(response)
    with acting(ada.who):
        assert not Dataset.objects.exists()


def test_columns_can_be_called_otherwise(ada, at) -> None:
    content = b'{"id": "a", "intent": "plain", "input": "q", "expected": "x"}\n'
    columns = "cohort=intent, reference=expected"
    Browser(ada).upload(f"{at}/datasets/new/", "g.jsonl", content, slug="golden", columns=columns)
    page = text_of(Browser(ada).get(f"{at}/datasets/golden/"))
    assert "plain" in page
    refused = Browser(ada).upload(f"{at}/datasets/new/", "g.jsonl", content, slug="golden", columns="cohort")
    assert code_of(refused) == (422, "value_invalid")


def test_pinning_is_final_and_said(ada, at, project) -> None:
    browser = Browser(ada)
    browser.upload(f"{at}/datasets/new/", "g.jsonl", lines(golden_rows(6)), slug="golden")
    response = browser.post(f"{at}/datasets/golden@1/pin/")
    assert response["Location"] == f"{at}/datasets/golden@1/"
    page = text_of(browser.get(response["Location"]))
    assert "golden@1 is pinned: from here on nothing changes it." in page
    assert "Pin golden@1" not in page
    with acting(ada.who):
        assert DatasetVersion.objects.get().is_pinned


def test_a_member_pins_and_a_viewer_cannot(ada, viewer, member, at) -> None:
    Browser(member).upload(f"{at}/datasets/new/", "g.jsonl", lines(golden_rows(6)), slug="golden")
    assert code_of(Browser(viewer).post(f"{at}/datasets/golden@1/pin/")) == (403, "permission_missing")
    with acting(ada.who):
        assert not DatasetVersion.objects.get().is_pinned


def test_the_page_says_what_the_rows_of_a_cohort_can_show(ada, at, project) -> None:
    with acting(ada.who):
        pinned(project, golden_rows(598))
    # 299 rows a cohort: 1 − 0.05^(1/299) is 1.00 point.
    assert text_of(Browser(ada).get(f"{at}/datasets/golden/")).count('<td class="num">1.0 pp</td>') == 2


def test_what_a_file_holds_is_shown_as_text(ada, at, project) -> None:
    rows = [{**row, "cohort": f"{XSS}{row['cohort']}", "input": XSS, "reference": XSS} for row in golden_rows(4)]
    with acting(ada.who):
        pinned(project, rows)
    page = text_of(Browser(ada).get(f"{at}/datasets/golden/"))
    assert XSS not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 10


def test_the_list_counts_cohorts_and_high_value_rows_of_the_newest_version(ada, at, project) -> None:
    with acting(ada.who):
        pinned(project, golden_rows(6))
        pinned(project, golden_rows(10))
    page = text_of(Browser(ada).get(f"{at}/datasets/"))
    assert "golden@2" in page
    assert "golden@1" not in page
    assert '<td class="num">10</td><td class="num">2</td><td class="num">5</td>' in page
