"""Did the newer student mend what the older one broke, and which cohorts could go ahead?"""

from __future__ import annotations

from apps.console import comparison
from apps.projects.models import Project
from tests.conftest import Person
from tests.console.conftest import Browser, Story, code_of, text_of, unchanging
from tests.factories import runs


def newer(story: Story, ada: Person) -> None:
    """A second card of the same rows, on which the student mends row 0 and breaks row 1."""
    rows = runs.golden_rows(40)
    wrong = {row["id"] for row in rows[::2]} - {"row-0000"} | {"row-0001"}
    runs.judged(ada.who, story.project, rows=rows, wrong=sorted(wrong))


def test_checks_and_rows_then_and_now_stand_side_by_side(story: Story, ada: Person) -> None:
    newer(story, ada)
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/2/vs/1/"))
    broken, mended = page.split("Table of rows: newly broken")[1].split("Table of rows: mended")
    assert "<code>row-0001</code>" in broken
    assert "<code>row-0000</code>" in mended
    assert '<span class="value">40</span>' in page


def test_the_scorecard_links_to_every_earlier_one(story: Story, ada: Person) -> None:
    newer(story, ada)
    browser = Browser(ada)
    assert f'href="{story.at}/scorecards/2/vs/1/"' in text_of(browser.get(f"{story.at}/scorecards/2/"))
    assert "Compare with" not in text_of(browser.get(f"{story.at}/scorecards/1/"))


def test_a_card_is_not_compared_with_itself_or_with_nothing(story: Story, ada: Person) -> None:
    browser = Browser(ada)
    assert code_of(browser.get(f"{story.at}/scorecards/1/vs/1/")) == (422, "same_card")
    assert browser.get(f"{story.at}/scorecards/1/vs/9/").status_code == 404


def test_a_stranger_compares_nothing(story: Story, ada: Person, cy: Person) -> None:
    newer(story, ada)
    browser = Browser(cy)
    hers, nobodys = browser.get(f"{story.at}/scorecards/2/vs/1/"), browser.get("/o/no/p/no/scorecards/2/vs/1/")
    assert hers.status_code == 404
    assert unchanging(hers) == unchanging(nobodys)


def report(verdict: str, *findings: tuple[str, str, str]) -> dict:
    return {
        "verdict": verdict,
        "cohorts": [{"cohort": name, "weight": weight} for name, weight in (("*", 1.0), ("a", 0.4), ("b", 0.6))],
        "findings": [
            {"rule": "r", "kind": "prove", "figure": figure, "cohort": cohort, "verdict": said}
            for cohort, figure, said in findings
        ],
    }


def test_proved_cohorts_are_proposed_and_the_others_say_why_not() -> None:
    found = comparison.proposed(report("fail", ("a", "score", "pass"), ("b", "score", "fail")))
    assert (found.cohorts, found.traffic) == (("a",), "40.0 %")
    assert [(one.cohort, one.why, one.rule) for one in found.held] == [("b", "shown to lose more than its limit", "r")]


def test_a_plain_pass_and_a_card_that_cannot_be_trusted_propose_nothing() -> None:
    assert comparison.proposed(report("pass", ("a", "score", "pass"))) is None
    assert comparison.proposed(report("invalid", ("a", "score", "pass"))) is None


def test_the_panel_says_what_holds_everything_back(story: Story, ada: Person, project: Project) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/1/"))
    assert "Partial promotion" in page
    assert "No cohort can go ahead" in page
