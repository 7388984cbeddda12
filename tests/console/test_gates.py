"""Policies in the browser: read by everybody, replayed before they are saved, written by those who may."""

from __future__ import annotations

import json

import pytest

from apps.gates import actions
from apps.gates.models import GateDecision, GatePolicyVersion
from apps.kernel.policy import SHAPES, TEMPLATES
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.console.conftest import Browser, Story, code_of, text_of, unchanging
from tests.gates.test_actions import LENIENT

PAGES = ("gates/", "gates/new/", "gates/release@1/")


def test_a_policy_is_listed_and_read_rule_by_rule(story: Story, ada: Person) -> None:
    browser = Browser(ada)
    assert "release@1" in text_of(browser.get(f"{story.at}/gates/"))
    page = text_of(browser.get(f"{story.at}/gates/release@1/"))
    assert "each high-value cohort" in page
    assert "≤ 1.0 pp" in page
    assert "p99 latency ratio" in page


def test_a_replay_shows_then_and_now_and_saves_nothing(story: Story, ada: Person) -> None:
    fields = {"slug": "lenient", "document": json.dumps(LENIENT), "step": "replay"}
    page = text_of(Browser(ada).post(f"{story.at}/gates/new/", fields))
    assert "What it would have said" in page
    assert 'href="' + f'{story.at}/scorecards/1/"' in page
    with acting(ada.who):
        assert GatePolicyVersion.objects.count() == 1
        assert GateDecision.objects.count() == 1


def test_saving_leads_to_the_version(story: Story, ada: Person) -> None:
    fields = {"slug": "lenient", "document": json.dumps(LENIENT), "step": "save"}
    response = Browser(ada).post(f"{story.at}/gates/new/", fields)
    assert (response.status_code, response["Location"]) == (302, f"{story.at}/gates/lenient@1/")


BAD = {
    "json_syntax": "{",
    "policy_not_object": "[]",
    "margin_suspicious": json.dumps({**LENIENT, "rules": [{**LENIENT["rules"][0], "margin": 3}]}),
    "unknown_field": json.dumps({**LENIENT, "colour": "red"}),
}


@pytest.mark.parametrize("step", ["replay", "save"])
@pytest.mark.parametrize("code", sorted(BAD))
def test_a_bad_document_is_told_with_its_code_and_nothing_is_saved(
    story: Story, ada: Person, code: str, step: str
) -> None:
    response = Browser(ada).post(f"{story.at}/gates/new/", {"slug": "bad", "document": BAD[code], "step": step})
    assert code_of(response) == (422, code)
    with acting(ada.who):
        assert GatePolicyVersion.objects.count() == 1


def test_a_key_that_stands_twice_is_refused(story: Story, ada: Person) -> None:
    fields = {"slug": "twice", "document": '{"name": "a", "name": "b", "rules": []}', "step": "save"}
    assert code_of(Browser(ada).post(f"{story.at}/gates/new/", fields)) == (422, "json_syntax")


def test_a_new_version_starts_from_a_template_or_a_standing_one(story: Story, ada: Person) -> None:
    browser = Browser(ada)
    assert "&quot;alpha&quot;: 0.025" in text_of(browser.get(f"{story.at}/gates/new/?template=strict"))
    assert 'value="release"' in text_of(browser.get(f"{story.at}/gates/new/?from=release@1"))


def test_what_is_written_in_a_policy_is_text(story: Story, ada: Person) -> None:
    document = {**TEMPLATES["release"], "description": "<script>alert(1)</script>"}
    browser = Browser(ada)
    browser.post(f"{story.at}/gates/new/", {"slug": "xss", "document": json.dumps(document), "step": "save"})
    page = text_of(browser.get(f"{story.at}/gates/xss@1/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_member_looks_and_does_not_write(story: Story, ada: Person) -> None:
    browser = Browser(person("mel@acme.test", ada.organization, Role.MEMBER))
    assert browser.get(f"{story.at}/gates/release@1/").status_code == 200
    assert "Write a policy" not in text_of(browser.get(f"{story.at}/gates/"))
    fields = {"slug": "mine", "document": json.dumps(LENIENT), "step": "save"}
    assert browser.post(f"{story.at}/gates/new/", fields).status_code == 403
    with acting(ada.who):
        assert GatePolicyVersion.objects.count() == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_answered_as_if_there_were_nothing(story: Story, cy: Person, page: str) -> None:
    browser = Browser(cy)
    hers, nobodys = browser.get(f"{story.at}/{page}"), browser.get(f"/o/nobody/p/nothing/{page}")
    assert hers.status_code == 404
    assert unchanging(hers) == unchanging(nobodys)


def test_a_policy_says_which_evidence_it_takes_and_what_it_only_looks_at(ada, at, project) -> None:
    look = {"id": "look", "kind": "guard", "figure": "excess_loss", "scope": "each_cohort", "margin": 0.02}
    document = {"name": "weekly", "rules": [*LENIENT["rules"], look], "max_age_days": 7, "max_contaminated": 0}
    with acting(ada.who):
        actions.save_policy(project, slug="weekly", document=document)
    page = text_of(Browser(ada).get(f"{at}/gates/weekly@1/"))
    assert "Takes scorecards of at most 7 days, and at most 0 % of rows that the student was trained on." in page
    assert "loss beyond the other cohorts&#x27; on primary evaluators" in page
    assert "≤ 2.0 pp, only told" in page


LIMITS = {
    "name": "limits",
    "rules": [
        *LENIENT["rules"],
        {"id": "p95", "kind": "prove", "figure": "latency", "at_most_ms": 2000, "quantile": 0.95},
        {"id": "first", "kind": "guard", "figure": "latency", "at_most_ms": 800, "until": "first_token"},
        {"id": "exact", "kind": "guard", "figure": "pass_rate", "evaluators": ["ExactMatch"], "at_least": 0.98},
        {"id": "missing", "kind": "guard", "figure": "missing", "at_most": 0.02, "fail_above": 0.05},
    ],
}


def test_limits_of_the_student_alone_are_read_in_words_and_replayed(story: Story, ada: Person) -> None:
    browser = Browser(ada)
    fields = {"slug": "limits", "document": json.dumps(LIMITS)}
    page = text_of(browser.post(f"{story.at}/gates/new/", {**fields, "step": "replay"}))
    for words in (
        "the student&#x27;s p95 latency", "≤ 2,000 ms", "the student&#x27;s p99 time to the first token", "≤ 800 ms",
        "rows the student passes on ExactMatch evaluators", "≥ 98 %", "≤ 2.0 %, fails above 5.0 %",
        "What it would have said",
    ):  # fmt: skip
        assert words in page, words
    browser.post(f"{story.at}/gates/new/", {**fields, "step": "save"})
    kept = text_of(browser.get(f"{story.at}/gates/limits@1/"))
    assert "the student&#x27;s p95 latency" in kept


@pytest.mark.parametrize("figure", SHAPES)
def test_every_figure_is_offered_in_words_and_its_example_can_be_added(story: Story, ada: Person, figure: str) -> None:
    browser = Browser(ada)
    page = text_of(browser.get(f"{story.at}/gates/new/"))
    assert f'name="add" value="{figure}"' in page
    fields = {"slug": "", "document": json.dumps(LENIENT), "add": figure}
    page = text_of(browser.post(f"{story.at}/gates/new/", fields))
    name = figure.replace("_", "-")
    assert f"&quot;id&quot;: &quot;{name}&quot;" in page
    assert f'<th scope="row">{name}</th>' in page
    with acting(ada.who):
        assert GatePolicyVersion.objects.count() == 1


def test_a_second_rule_of_a_figure_has_an_id_of_its_own(story: Story, ada: Person) -> None:
    taken = {"id": "latency", "kind": "guard", "figure": "latency", "at_most_ms": 9}
    document = json.dumps({**LENIENT, "rules": [*LENIENT["rules"], taken]})
    page = text_of(Browser(ada).post(f"{story.at}/gates/new/", {"document": document, "add": "latency"}))
    assert '<th scope="row">latency-2</th>' in page


@pytest.mark.parametrize(
    ("document", "figure", "code"),
    [
        ("{", "latency", "json_syntax"),
        ("[" * 60000, "latency", "json_syntax"),
        (" " * 70000, "latency", "policy_too_long"),
        ('{"rules": 3}', "latency", "rules_missing"),
        (json.dumps(LENIENT), "speed", "not_a_choice"),
    ],
)
def test_what_cannot_be_added_to_is_told_and_stays_as_it_was(
    story: Story, ada: Person, document: str, figure: str, code: str
) -> None:
    response = Browser(ada).post(f"{story.at}/gates/new/", {"document": document, "add": figure})
    assert code_of(response) == (422, code)
