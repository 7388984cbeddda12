"""A new run: estimated without being started, refused by name, started with its gate."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.datasets import actions as datasets
from apps.evals.models import EvalRun
from apps.evaluators.models import SuiteVersion
from apps.gates.models import GatePolicyVersion
from apps.kernel.price import PriceCard
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows
from apps.projects import actions as projects
from apps.registry import actions as registry
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import labels, runs

ASKED = {
    "dataset": "golden@1",
    "teacher": "big@1",
    "student": "small@1",
    "suite": "suite@1",
    "policy": "release",
    "step": "start",
}


@pytest.fixture
def pieces(ada, project) -> None:
    rows = runs.golden_rows()
    with acting(ada.who):
        runs.pinned(project, rows)
        runs.recorded(project, "big", runs.output_rows(rows))
        runs.recorded(project, "small", runs.output_rows(rows, wrong=["row-0001"], model="small"))
        runs.suite(project)


def test_a_run_starts_with_a_template_saved_as_its_gate(ada, at, pieces) -> None:
    response = Browser(ada).post(f"{at}/runs/new/", ASKED)
    assert response["Location"] == f"{at}/runs/1/"
    with acting(ada.who):
        assert EvalRun.objects.get().policy_slug == "release"
        assert GatePolicyVersion.objects.count() == 1


def test_a_member_runs_with_a_standing_gate_and_cannot_save_one(ada, member, at, pieces, events) -> None:
    assert "release (template)" not in text_of(Browser(member).get(f"{at}/runs/new/"))
    before = events()
    assert code_of(Browser(member).post(f"{at}/runs/new/", ASKED)) == (403, "permission_missing")
    assert events() == before
    assert Browser(member).post(f"{at}/runs/new/", {**ASKED, "policy": ""}).status_code == 302


def test_an_estimate_starts_nothing(ada, at, pieces, events) -> None:
    before = events()
    page = text_of(Browser(ada).post(f"{at}/runs/new/", {**ASKED, "step": "estimate"}))
    estimate = page.split('id="estimate"')[1].split("</fieldset>")[0]
    assert f'<dt>Rows</dt><dd>6 <a href="{at}/datasets/golden@1/#cohorts-title">' in estimate
    assert "<dt>Calls</dt><dd>0</dd>" in estimate
    assert "<dt>Time</dt>" not in estimate
    assert "no model is called" in page
    assert events() == before


def test_an_estimate_of_live_models_is_a_range(ada, at, project, pieces) -> None:
    with acting(ada.who):
        runs.live(project, "live", "http://127.0.0.1:9/v1")
    page = text_of(Browser(ada).post(f"{at}/runs/new/", {**ASKED, "student": "live@1", "step": "estimate"}))
    assert "<dt>Calls</dt><dd>6</dd>" in page
    # 6 answers of 1 to 512 tokens at 2 USD a million, and some 65 characters of questions at 1 USD.
    assert "<dd>under $0.0001 to $0.0062</dd>" in page
    assert "<dt>Tokens</dt><dd>12 to 20 in, 6 to 3,072 out</dd>" in page
    assert "<dt>Time</dt><dd>unknown until each of these models has been called here</dd>" in page
    assert "No max_tokens is set for live@1" in page
    assert "big@1 has no price" in page


def test_an_estimate_tells_apart_what_checking_the_judge_costs(ada, at, project, pieces) -> None:
    with acting(ada.who):
        labels.judge_suite(project, max_tokens=50)
    page = text_of(Browser(ada).post(f"{at}/runs/new/", {**ASKED, "suite": "judged@1", "step": "estimate"}))
    estimate = page.split('id="estimate"')[1].split("</fieldset>")[0]
    # Both answers of six rows, and four planted ones.
    assert "<dt>Calls</dt><dd>16</dd>" in estimate
    assert re.search(r"<dt>Spend</dt><dd>\$[^<]+, of it \$[^<]+ to \$[^<]+ for checking the judge</dd>", estimate)


@pytest.mark.parametrize("step", ["start", "estimate"])
def test_a_student_cannot_be_its_own_teacher(ada, at, pieces, events, step) -> None:
    before = events()
    response = Browser(ada).post(f"{at}/runs/new/", {**ASKED, "student": "big@1", "step": step})
    assert code_of(response) == (422, "same_model")
    assert events() == before


@pytest.mark.parametrize("step", ["start", "estimate"])
def test_a_draft_is_no_evidence(ada, at, project, pieces, step) -> None:
    with acting(ada.who):
        rows = read_rows("d.jsonl", [runs.lines(runs.golden_rows(2))])
        datasets.import_golden(project, slug="draft", golden=parse_golden(rows))
    response = Browser(ada).post(f"{at}/runs/new/", {**ASKED, "dataset": "draft@1", "step": step})
    assert code_of(response) == (409, "dataset_not_pinned")
    assert "Pin draft@1 first." in text_of(response)
    assert "draft@1 (a draft: pin it first)" in text_of(response)


def test_a_live_model_without_a_price_waits_for_a_word(ada, at, project, pieces, events) -> None:
    with acting(ada.who):
        provider = registry.register_provider(slug="local")
        endpoint = registry.register_endpoint(provider, slug="local", base_url="http://127.0.0.1:9/v1")
        registry.register_version(registry.register_model(project, slug="live"), endpoint=endpoint)
    before = events()
    asked = {**ASKED, "student": "live@1"}
    assert code_of(Browser(ada).post(f"{at}/runs/new/", asked)) == (409, "model_unpriced")
    assert events() == before
    assert Browser(ada).post(f"{at}/runs/new/", {**asked, "allow_unpriced": "on"}).status_code == 302


@pytest.mark.parametrize("name", ["dataset", "teacher", "student", "suite", "policy"])
def test_what_is_not_there_is_refused(ada, at, pieces, events, name) -> None:
    before = events()
    assert code_of(Browser(ada).post(f"{at}/runs/new/", {**ASKED, name: "nothing"})) == (404, "not_found")
    assert events() == before
    with acting(ada.who):
        assert not EvalRun.objects.exists()


def test_a_foreign_organizations_version_reads_like_none(ada, cy, at, pieces) -> None:
    with acting(cy.who):
        theirs = projects.open_project(slug="theirs")
        foreign = runs.recorded(theirs, "secret", runs.output_rows(runs.golden_rows(2)))
    response = Browser(ada).post(f"{at}/runs/new/", {**ASKED, "student": foreign.public_id})
    assert code_of(response) == (404, "not_found")


def test_the_roles_of_the_last_run_are_suggested(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/runs/new/"))
    assert '<option value="big@1" selected>' in page.split('name="teacher"')[1].split("</select>")[0]
    assert '<option value="small@1" selected>' in page.split('name="student"')[1].split("</select>")[0]


def test_a_new_suite_is_frozen_from_the_kinds_chosen(ada, at, pieces) -> None:
    asked = {**ASKED, "suite": "", "kinds": ["exact_match"], "extract": "first_line", "suite_slug": "mine"}
    assert Browser(ada).post(f"{at}/runs/new/", asked).status_code == 302
    with acting(ada.who):
        suite = SuiteVersion.objects.get(suite__slug="mine")
        assert str(EvalRun.objects.get().suite_version) == "mine@1"
    [entry] = suite.entries
    # The plain name stands for another configuration already.
    assert (entry["name"], entry["settings"]) == (
        "ExactMatch (first_line)",
        {"normalise": True, "extract": "first_line"},
    )


def test_the_estimate_shows_what_the_rows_can_show_under_the_gate(ada, at, pieces) -> None:
    page = text_of(Browser(ada).post(f"{at}/runs/new/", {**ASKED, "policy": "release", "step": "estimate"}))
    assert 'aria-label="What the rows can show under release"' in page
    assert re.search(r"collect at least \d+ rows more\.", page), re.findall(r"[^>]*collect[^<]*", page)
    assert '<td class="nowrap">prove ≤ 1.0 pp</td>' in page


def test_a_selection_run_is_started_as_one(ada, at, pieces) -> None:
    assert Browser(ada).post(f"{at}/runs/new/", {**ASKED, "purpose": "selection"}).status_code == 302
    with acting(ada.who):
        assert EvalRun.objects.get().is_selection


def test_a_run_starts_on_its_terms(ada, at, pieces) -> None:
    terms = {"budget_usd": "2.50", "repeats": "3", "seed": "7", "reuse_answers": "on", "purpose": "selection"}
    terms["divergence"] = "bits_per_byte"
    assert Browser(ada).post(f"{at}/runs/new/", {**ASKED, **terms}).status_code == 302
    with acting(ada.who):
        run = EvalRun.objects.get()
    kept = (float(run.budget_usd), run.repeats, run.seed, run.reuse_answers, run.purpose, run.divergence)
    assert kept == (2.5, 3, 7, True, "selection", "bits_per_byte")


def test_an_estimate_says_why_a_divergence_would_be_missing(ada, at, pieces) -> None:
    page = Browser(ada).post(f"{at}/runs/new/", {**ASKED, "divergence": "bits_per_byte", "step": "estimate"})
    text = page.content.decode()
    assert "cannot score a given text" in text
    assert "does not ask for log-probabilities" in text


@pytest.mark.parametrize("step", ["start", "estimate"])
@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"repeats": "0"}, "out_of_range"),
        ({"repeats": "11"}, "out_of_range"),
        ({"seed": "-1"}, "out_of_range"),
        ({"budget_usd": "-1"}, "budget_invalid"),
        ({"budget_usd": "0.00001", "student": "bounded@1"}, "budget_too_small"),
    ],
)
def test_terms_that_cannot_be_kept_are_refused_in_place(ada, at, project, pieces, events, step, terms, code) -> None:
    with acting(ada.who):
        live = runs.live(project, "live", "http://127.0.0.1:9/v1")
        bounded = registry.register_model(project, slug="bounded")
        version = registry.register_version(bounded, endpoint=live.endpoint, parameters={"max_tokens": 9})
        registry.set_price(version, valid_from=timezone.now().date(), card=PriceCard(Decimal(1), Decimal(2)))
    before = events()
    response = Browser(ada).post(f"{at}/runs/new/", {**ASKED, **terms, "step": step})
    assert code_of(response) == (422, code)
    for value in terms.values():
        assert f'value="{value}"' in text_of(response)
    assert events() == before
