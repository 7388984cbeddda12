"""A dataset's page says what its rows can show before anybody pays for a run."""

from __future__ import annotations

from apps.gates import actions as gates
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.console.conftest import Browser, Story, text_of
from tests.factories import runs
from tests.gates.test_actions import LENIENT


def test_too_few_high_value_rows_are_named_with_the_least_that_is_missing(ada: Person, project: Project) -> None:
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(30))
    page = text_of(Browser(ada).get("/o/acme/p/support/datasets/golden/"))
    assert "15 rows of gold cannot be expected to show a loss ≤ 1.0 pp: collect at least 284 rows more." in page
    assert "≥ 299" in page
    assert "known once a scorecard over this dataset tells" in page


def test_a_scorecard_over_the_dataset_is_the_pilot(story: Story, ada: Person) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/datasets/golden/"))
    assert f'<a href="{story.at}/scorecards/1/">scorecard #1</a>' in page
    assert "≥ 299" not in page


def test_another_policy_asks_for_other_rows(story: Story, ada: Person) -> None:
    with acting(ada.who):
        gates.save_policy(story.project, slug="lenient", document=LENIENT)
    page = text_of(Browser(ada).get(f"{story.at}/datasets/golden/?policy=lenient@1"))
    assert "<option selected>lenient@1</option>" in page
    assert "prove ≤ 50.0 pp" in page


def test_a_policy_nobody_saved_falls_back_to_the_first_offered(story: Story, ada: Person) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/datasets/golden/?policy=<script>"))
    assert "<option selected>release@1</option>" in page
    assert "<script>&" not in page
