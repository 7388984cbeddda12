"""The page of a run's judges: how they were checked, what later runs hold them against, and drawing it."""

from __future__ import annotations

import pytest

from apps.evals.models import EvalRun
from apps.evaluators.models import AnchorSet
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.console.conftest import Browser, code_of, text_of, unchanging
from tests.factories import labels

JUDGE = "FactualAccuracy"


@pytest.fixture
def run(project: Project, ada: Person) -> EvalRun:
    return sealed(ada, labels.judged_run(ada.who, project, count=60, rule=labels.told_as("m", "fp_1")), "fp_1")


def sealed(ada: Person, run: EvalRun, fingerprint: str) -> EvalRun:
    labels.checked(ada.who, run, labels.told_as("m", fingerprint))
    with acting(ada.who):
        scorecards.seal(run, assemble.card_of(run))
    return run


def page_of(run: EvalRun, ada: Person) -> str:
    return f"/o/{ada.organization.slug}/p/support/runs/{run.number}/judges/"


def draw(ada: Person, run: EvalRun, **more: object) -> object:
    return Browser(ada).post(page_of(run, ada), {"evaluator": JUDGE, "rows": 120, "because": "", **more})


def test_a_judge_without_anchors_says_what_that_means_and_they_can_be_drawn(run: EvalRun, ada: Person) -> None:
    page = text_of(Browser(ada).get(page_of(run, ada)))
    assert "4 answers asked about, 0 misjudged." in page
    assert "No anchors yet: nothing would show that this judge changed." in page
    browser = Browser(ada)
    assert browser.post(page_of(run, ada), {"evaluator": JUDGE, "rows": 120, "because": ""}).status_code == 302
    page = text_of(browser.get(page_of(run, ada)))
    assert "120 answers are the anchors of FactualAccuracy." in page
    assert "set 1; the judge answered as m fp_1" in page
    # The run that they come from is not held against itself.
    assert "No anchors stood when this run was started." in page


def test_a_changed_judge_is_told_on_its_page_its_card_and_the_comparison(run: EvalRun, ada: Person) -> None:
    draw(ada, run)
    again = sealed(ada, labels.once_more(ada.who, run, labels.told_as("m", "fp_2")), "fp_2")
    browser, at = Browser(ada), f"/o/{ada.organization.slug}/p/support"
    said = "The judge answers as &#x27;m fp_2&#x27;; in "
    assert said in text_of(browser.get(page_of(again, ada)))
    assert said in text_of(browser.get(f"{at}/scorecards/2/"))
    compared = text_of(browser.get(f"{at}/scorecards/2/vs/1/"))
    assert "FactualAccuracy is not compared: the judge changed between the two" in compared
    assert "<td>FactualAccuracy</td>" not in compared
    assert "<td>ExactMatch</td>" in compared


def test_new_anchors_without_a_reason_are_refused_and_nothing_is_kept(run: EvalRun, ada: Person) -> None:
    draw(ada, run)
    refused = draw(ada, run, rows=110)
    assert code_of(refused) == (422, "anchors_need_reason")
    with acting(ada.who):
        assert AnchorSet.objects.count() == 1
    assert draw(ada, run, rows=110, because="A smaller set is enough.").status_code == 302
    assert "A smaller set is enough." in text_of(Browser(ada).get(page_of(run, ada)))


def test_a_run_without_judges_says_so(project: Project, ada: Person) -> None:
    page = text_of(Browser(ada).get(page_of(labels.completed(ada.who, project), ada)))
    assert "No judge is asked" in page
    assert "Draw anchors" not in page


def test_a_viewer_reads_and_draws_nothing(run: EvalRun, ada: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    assert "Draw anchors from this run" not in text_of(Browser(viewer).get(page_of(run, ada)))
    assert Browser(viewer).post(page_of(run, ada), {"evaluator": JUDGE, "rows": 120}).status_code == 403
    with acting(ada.who):
        assert AnchorSet.objects.count() == 0


def test_a_stranger_sees_and_draws_nothing(run: EvalRun, ada: Person, cy: Person) -> None:
    hers, nobodys = Browser(cy).get(page_of(run, ada)), Browser(cy).get("/o/no/p/no/runs/1/judges/")
    assert hers.status_code == 404
    assert unchanging(hers) == unchanging(nobodys)
    assert Browser(cy).post(page_of(run, ada), {"evaluator": JUDGE, "rows": 120}).status_code == 404
    with acting(ada.who):
        assert AnchorSet.objects.count() == 0
