"""Labelling on pages: blind, one answer at a time, by keys or buttons; files; and the card that takes labels in."""

from __future__ import annotations

import json
import re

import pytest

from apps.labels.models import Label, LabelSample
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.console.conftest import Browser, Story, code_of, text_of

HTML = "<script>alert(1)</script>"


def drawn(ada: Person, story: Story, *, rows: int = 4) -> str:
    """The address of a fresh sample."""
    response = Browser(ada).post(f"{story.at}/runs/1/labels/", {"evaluator": "ExactMatch", "rows": rows})
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def file_of(*rows: dict[str, object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def label(number: int, role: str, value: float) -> dict[str, object]:
    return {"id": f"row-{number:04d}", "role": role, "evaluator": "ExactMatch", "label": value}


def test_nothing_labelled_says_what_to_do(ada: Person, story: Story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/runs/1/labels/"))
    assert "No answer is labelled yet" in page
    assert "Draw a sample" in page


def test_an_answer_is_shown_without_its_model_and_without_the_score(ada: Person, story: Story) -> None:
    page = text_of(Browser(ada).get(drawn(ada, story)))
    main = page[page.index("<main") : page.index("</main>")]
    assert "0 of 8 answers labelled by you; 50 more rows until the judge can be corrected." in page
    assert re.search(r'<pre class="material answer"[^>]*>(answer \d+|nonsense)</pre>', main)
    for told in ("big@1", "small@1", "teacher", "student", "gold", "plain"):
        assert told not in main, told
    with acting(ada.who):
        sample = LabelSample.objects.get()
    assert not [identifier for identifier in sample.generation_ids if identifier in page]


def test_labels_are_given_one_after_another_and_a_skip_comes_again(ada: Person, story: Story) -> None:
    at, browser = drawn(ada, story), Browser(ada)
    skipped = browser.post(at, {"place": 0, "label": "skip"})
    assert skipped["Location"].endswith("?after=1")
    for _ in range(8):
        place = re.search(r'name="place" value="(\d+)"', text_of(browser.get(at)))
        assert place is not None
        browser.post(at, {"place": place[1], "label": "1", "note": "fine"})
    assert "Every answer of this sample is labelled" in text_of(browser.get(at))
    with acting(ada.who):
        assert set(Label.objects.values_list("value", "labeller", "note")) == {(1.0, "ada@acme.test", "fine")}
        assert Label.objects.count() == 8


@pytest.mark.parametrize(
    ("posted", "code"),
    [
        ({"place": 0, "label": "2"}, "label_out_of_range"),
        ({"place": 0}, "label_out_of_range"),
        ({"place": 99, "label": "1"}, "not_in_sample"),
        ({"place": "-1", "label": "1"}, "not_in_sample"),
        ({"label": "1"}, "not_in_sample"),
        ({"place": 0, "label": "1", "note": "x" * 2001}, "note_too_long"),
    ],
)
def test_what_is_no_label_is_refused(ada: Person, story: Story, events, posted: dict, code: str) -> None:
    at = drawn(ada, story)
    before = events()
    assert code_of(Browser(ada).post(at, posted)) == (422, code)
    assert events() == before


def test_a_sample_that_cannot_be_drawn_says_why(ada: Person, story: Story) -> None:
    response = Browser(ada).post(f"{story.at}/runs/1/labels/", {"evaluator": "ExactMatch", "rows": 9000})
    assert code_of(response) == (422, "sample_size")


def test_a_file_is_imported_and_counted(ada: Person, story: Story) -> None:
    content = file_of(*(label(number, role, 1) for number in range(3) for role in ("teacher", "student")))
    browser = Browser(ada)
    response = browser.upload(f"{story.at}/runs/1/labels/import/", "labels.jsonl", content)
    assert response.status_code == 302
    page = text_of(browser.get(response["Location"]))
    assert "6 labels are new, 0 supersede older ones, 0 stood already." in page
    assert "47 more rows until the judge can be corrected" in page


def test_a_bad_file_is_refused_by_row_and_leaves_nothing(ada: Person, story: Story, events) -> None:
    before = events()
    content = file_of(label(1, "teacher", 1), label(999, "teacher", 1), {**label(2, "student", 1), "evaluator": HTML})
    response = Browser(ada).upload(f"{story.at}/runs/1/labels/import/", "labels.jsonl", content)
    assert code_of(response) == (422, "answer_unknown")
    page = text_of(response)
    assert "Nothing was imported." in page
    assert "Row 2: the run has no answer of the teacher to" in page
    assert HTML not in page
    assert events() == before


def test_a_card_of_the_labels_supersedes_and_both_say_so(ada: Person, story: Story) -> None:
    browser = Browser(ada)
    rows = [
        label(n, role, float(role == "teacher" or n % 4 != 0)) for n in range(40) for role in ("teacher", "student")
    ]
    browser.upload(f"{story.at}/runs/1/labels/import/", "labels.jsonl", file_of(*rows))
    response = browser.post(f"{story.at}/runs/1/reseal/")
    assert response["Location"] == f"{story.at}/scorecards/2/"
    new = text_of(browser.get(f"{story.at}/scorecards/2/"))
    old = text_of(browser.get(f"{story.at}/scorecards/1/"))
    assert "Scorecard #2 takes in the labels given since." in new
    assert "Judge ExactMatch" in new
    assert "80 labelled answers" in new
    assert "not calibrated: 10 more rows to label" in new
    assert "Superseded by" not in new
    assert f'Superseded by <a href="{story.at}/scorecards/2/">scorecard #2</a>' in old
    assert "Judge ExactMatch" not in old
    assert "superseded by #2" in text_of(browser.get(f"{story.at}/scorecards/"))
    again = browser.post(f"{story.at}/runs/1/reseal/")
    assert again["Location"] == f"{story.at}/scorecards/2/"
    with acting(ada.who):
        assert Scorecard.objects.count() == 2


def test_a_viewer_reads_and_labels_nothing(viewer: Person, ada: Person, story: Story) -> None:
    at = drawn(ada, story)
    browser = Browser(viewer)
    page = text_of(browser.get(f"{story.at}/runs/1/labels/"))
    assert "Import labels" not in page
    assert code_of(browser.get(at)) == (403, "permission_missing")
    assert code_of(browser.post(at, {"place": 0, "label": "1"})) == (403, "permission_missing")
    assert code_of(browser.post(f"{story.at}/runs/1/reseal/")) == (403, "permission_missing")
    refused = browser.post(f"{story.at}/runs/1/labels/", {"evaluator": "ExactMatch", "rows": 3})
    assert code_of(refused) == (403, "permission_missing")
    with acting(ada.who):
        assert (Label.objects.count(), LabelSample.objects.count()) == (0, 1)


def test_a_stranger_sees_nothing_and_changes_nothing(cy: Person, ada: Person, story: Story) -> None:
    at = drawn(ada, story)
    browser = Browser(cy)
    for path in (f"{story.at}/runs/1/labels/", at):
        assert browser.get(path).status_code == 404
    for path in (at, f"{story.at}/runs/1/labels/import/", f"{story.at}/runs/1/reseal/"):
        assert browser.post(path, {"place": 0, "label": "1"}).status_code == 404
    with acting(ada.who):
        assert (Label.objects.count(), Scorecard.objects.count()) == (0, 1)
