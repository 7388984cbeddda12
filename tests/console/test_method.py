"""The method on a page: open to everyone, the same words as the paper, and every link to it lands on a section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apps.console.scorecard_tiles import tiles
from docs import generate_method
from tests.console import reports
from tests.console.conftest import Browser, text_of
from tests.house.source import ROOT

LINK = re.compile(r"console:method' %}#([a-z-]+)\"")
FIGURES = [
    "Difference", "Interval", "Limit", "Verdicts and rules", "Rows to decide", "All traffic", "Missing and unpaired",
    "Cost ratio", "Latency", "Digest", "Planner", "Circumstances", "Contamination", "Baseline freeze",
    "Loss beyond the others", "Partial promotion", "Comparison",
]  # fmt: skip
PART = "**For a product manager.** Plain.\n\n**For a statistician.** Exact.\n\n```\na < b\n```\n\n**Source.** `x_1`.\n"


def paper() -> str:
    return generate_method.PAPER.read_text()


def linked() -> dict[str, set[str]]:
    """Sections that a template names itself, by template."""
    found = {path.name: set(LINK.findall(path.read_text())) for path in Path(ROOT / "templates").rglob("*.html")}
    return {name: anchors for name, anchors in found.items() if anchors}


def test_nobody_has_to_sign_in_to_read_it(db) -> None:
    response = Browser().get("/method/")
    assert response.status_code == 200
    assert "<h1>Method</h1>" in text_of(response)
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


def test_a_person_who_is_signed_in_can_still_sign_out_there(ada) -> None:
    assert "Sign out" in text_of(Browser(ada).get("/method/"))
    assert "Sign out" not in text_of(Browser().get("/method/"))


def test_it_is_only_read(db) -> None:
    assert Browser().post("/method/").status_code == 405


def test_the_page_says_what_the_paper_says() -> None:
    assert generate_method.PAGE.read_text() == generate_method.page(paper()), "run: python docs/generate_method.py"


def test_page_and_paper_have_the_same_sections_and_each_figure_has_its_own(db) -> None:
    named = re.findall(r'<header><h2 id="[a-z0-9-]+-title">([^<]+)</h2>', text_of(Browser().get("/method/")))
    assert named == list(generate_method.sections(paper()))
    assert set(FIGURES) <= set(named)


def test_every_link_to_the_method_lands_on_a_section(db) -> None:
    page = text_of(Browser().get("/method/"))
    there = set(re.findall(r'<section [^>]*id="([^"]+)"', page))
    assert len(there) == page.count("<section ")
    for name, anchors in linked().items():
        assert anchors - there == set(), name
    assert {tile.section for tile in tiles(reports.report([reports.cell("*")]))} <= there
    assert set(re.findall(r'href="#([^"]+)"', page)) - there == {"main"}


def test_the_figures_of_a_scorecard_lead_to_their_sections(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/1/"))
    links = dict(re.findall(r'<a class="term" href="/method/#([a-z-]+)">([^<]+)</a>', page))
    assert links["difference"] == "Δ pp"
    assert links["interval"] == "90 % interval"
    assert links["limit"] == "Limit"
    assert links["verdicts-and-rules"] == "Verdict"
    assert links["rows-to-decide"] == "Rows to decide"
    assert {"quality-kept", "missing-and-unpaired", "cost-ratio", "latency"} <= links.keys()
    assert '<a href="/method/">Method</a>' in page


def test_a_plan_of_rows_leads_to_how_it_is_made(ada, story) -> None:
    assert 'href="/method/#planner"' in text_of(Browser(ada).get(f"{story.at}/datasets/golden@1/"))


def test_tests_and_papers_that_it_names_exist() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", paper())
    folders = {str(Path(name).parent) for name in named}
    assert [name for name in named if not (ROOT / name).exists()] == []
    for short in re.findall(r"`(test_\w+\.py)`", paper()):
        assert any((ROOT / folder / short).exists() for folder in folders), short


def test_a_section_becomes_two_columns_with_its_formula_escaped() -> None:
    page = generate_method.page(f"# Title\n\nIntro **bold**.\n\n## Cost & {{ratio}}\n\n{PART}")
    assert '<li><a href="#cost-ratio">Cost &amp; &#123;ratio&#125;</a></li>' in page
    assert "<p>Intro <b>bold</b>.</p>" in page
    assert '<p class="formula"><span>a &lt; b</span></p>' in page
    assert "<h3>Source</h3><p><code>x_1</code>.</p>" in page


@pytest.mark.parametrize("text", ["## A\n\nOnly one.\n", f"## A\n\n{PART.replace('**For a product manager.** ', '')}"])
def test_a_section_that_lacks_a_part_is_not_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|what it is for"):
        generate_method.page(f"# Title\n\n{text}")
