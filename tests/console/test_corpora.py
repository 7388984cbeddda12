"""A training corpus is compared on the model's page; what was found stands there and beside the rows."""

from __future__ import annotations

from apps.corpora.models import CorpusCheck
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.corpora.test_actions import CORPUS

FIELDS = {"dataset": "golden@1"}


def test_a_corpus_is_compared_and_what_was_found_is_shown_on_both_pages(ada, story) -> None:
    browser = Browser(ada)
    assert "Whether this model was trained on golden rows is not known." in text_of(
        browser.get(f"{story.at}/models/small@1/")
    )
    made = browser.upload(f"{story.at}/models/small@1/corpora/new/", "train.jsonl", CORPUS, **FIELDS)
    assert made["Location"] == f"{story.at}/models/small@1/"
    model = text_of(browser.get(f"{story.at}/models/small@1/"))
    assert "1 of 40 golden rows stand in train.jsonl." in model
    assert '<td class="num">1 of 40<span class="sub">2.5 %</span></td><td><code>row-0001</code></td>' in model
    assert "train.jsonl" in text_of(browser.get(f"{story.at}/datasets/golden@1/"))


def test_a_bad_file_keeps_nothing(ada, story) -> None:
    browser = Browser(ada)
    address = f"{story.at}/models/small@1/corpora/new/"
    refused = browser.upload(address, "train.jsonl", b'{"input": "a"}\n{', **FIELDS)
    assert code_of(refused) == (422, "json_syntax")
    assert "Nothing was kept." in text_of(refused)
    assert code_of(browser.post(address, {**FIELDS, "is_whole": "1"})) == (422, "file_missing")
    with acting(ada.who):
        assert CorpusCheck.objects.count() == 0


def test_viewers_and_strangers_compare_nothing(ada, viewer, cy, story) -> None:
    address = f"{story.at}/models/small@1/corpora/new/"
    assert Browser(viewer).upload(address, "train.jsonl", CORPUS, **FIELDS).status_code == 403
    assert Browser(cy).upload(address, "train.jsonl", CORPUS, **FIELDS).status_code == 404
    assert "Compare a corpus" not in text_of(Browser(viewer).get(f"{story.at}/models/small@1/"))
    with acting(ada.who):
        assert CorpusCheck.objects.count() == 0
