"""A run in words: money that is certain and that is not, why it stands still, what is missing and by what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.console import run_words
from apps.datasets.models import Example
from apps.evals import actions
from apps.evals.models import Attempt, Batch, EvalRun, Generation, Score
from apps.tenancy.acting import acting
from tests.evals import test_slice
from tests.factories import runs


@pytest.fixture
def run(ada, project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def told(ada, run, **columns: Any) -> Any:
    with acting(ada.who):
        EvalRun.objects.filter(pk=run.pk).update(**columns)
        run.refresh_from_db()
        return run_words.live(run)


def test_a_run_that_waits_has_spent_nothing_and_offers_to_stop(ada, run) -> None:
    now = told(ada, run)
    assert (now.acts, now.spend, now.unconfirmed, now.listed, now.projected) == ("pause cancel", "$0.00", "", "", "")
    assert (now.judging, now.budget, now.reason, now.left, now.problems) == (None, "", "", "", [])
    assert now.is_watched


def test_a_paused_run_says_who_stopped_it_or_that_its_money_is_spent(ada, ben, run) -> None:
    with acting(ben.who):
        actions.pause_run(run, because="labels first")
    assert told(ada, run).reason == "Paused by ben@acme.test: labels first"
    now = told(ada, run, paused_because="budget_spent", budget_usd=2)
    assert now.reason == "The next call does not fit into the budget of $2.00."
    assert (now.acts, now.budget, now.budget_upper, now.budget_percent) == ("resume cancel", "$2.00", "$0.00", 0)


def test_money_that_may_be_gone_stands_beside_what_is(ada, run, monkeypatch) -> None:
    def spent(run: EvalRun) -> Any:
        values = {name: getattr(before, name) for name in before.__dataclass_fields__}
        money = {"certain_usd": Decimal("0.61"), "unconfirmed_usd": Decimal("0.04"), "spend_usd": Decimal("0.90")}
        money["checking_usd"] = Decimal("0.02")
        terms = {"budget_usd": Decimal(2), "projected_usd": Decimal("1.05"), "seconds_left_range": (160.0, 235.0)}
        return type(before)(**{**values, **money, **terms, "status": "RUNNING", "calls_open": 3, "reused": 180})

    with acting(ada.who):
        before = run_words.progress(run)
    monkeypatch.setattr(run_words, "progress", spent)
    now = told(ada, run, status="RUNNING")
    assert (now.spend, now.unconfirmed, now.listed, now.projected) == ("$0.61", "$0.04", "$0.90", "$1.05")
    assert now.checking == "$0.02"
    assert (now.budget_upper, now.budget_percent) == ("$0.67", 34)
    assert now.left == "2 min 40 s to 3 min 55 s left"
    assert now.answers_more == "180 reused · 3 calls on the way"


def test_judges_have_a_bar_of_their_own_in_verdicts(ada, project) -> None:
    with acting(ada.who):
        run = test_slice.started(project, judged=True)
        answer = Generation.objects.create(run=run, example=Example.objects.first(), role="student")
        Score.objects.create(generation=answer, evaluator="Facts", value=1.0)
    judging = told(ada, run, status="RUNNING").judging
    assert (judging.done, judging.total, judging.more) == (1, 12, "judges follow the answers")
    finished = {"status": "CANCELLED", "finished_at": run.created_at}
    assert told(ada, run, **finished).judging.more == ""


def test_calls_that_failed_are_counted_with_those_made_again(ada, run) -> None:
    with acting(ada.who):
        batch, example = Batch.objects.first(), Example.objects.first()
        for outcome in ("rate_limited", "rate_limited", "answered", "not_sent"):
            ended = {"outcome": outcome, "ended_at": run.created_at}
            Attempt.objects.create(run=run, batch=batch, token=1, example_id=example.id, role="student", **ended)
    assert told(ada, run, status="RUNNING").answers_more == "2 calls failed"


def test_problems_are_grouped_by_cause_with_what_they_cost(ada, run) -> None:
    with acting(ada.who):
        rows = list(Example.objects.order_by("key")[:4])
        for row, fault in zip(rows, ["upstream_failed", "upstream_failed", "worker_lost", ""], strict=True):
            answer = Generation.objects.create(run=run, example=row, role="student", fault=fault)
        Score.objects.create(generation=answer, evaluator="Task", value=None, reason="judge_unparsable")
        Score.objects.create(generation=answer, evaluator="Ground", value=None, reason="judge_rate_limited")
        Score.objects.create(generation=answer, evaluator="Odd", value=None, reason="quite_new")
    now = told(ada, run)
    assert now.problems == [
        {"words": "the endpoint failed", "count": "2 answers"},
        {"words": "a judge's verdict could not be read", "count": "1 score"},
        {"words": "a worker was lost with it too often", "count": "1 answer"},
        {"words": "asking a judge: the endpoint kept asking us to slow down", "count": "1 score"},
        {"words": "quite new", "count": "1 score"},
    ]
    assert now.acts == "pause retry cancel"


def test_a_score_that_no_call_could_mend_offers_no_retry(ada, run) -> None:
    with acting(ada.who):
        answer = Generation.objects.create(run=run, example=Example.objects.first(), role="student")
        Score.objects.create(generation=answer, evaluator="Exact", value=None, reason="reference_absent")
    assert told(ada, run).acts == "pause cancel"
