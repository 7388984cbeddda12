"""One job done: an answer got and scored, or a judge asked, with the fake provider of a remote model."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from apps.evals.execute import asking
from apps.evals.execute.work import Answered, Entry, Job, Judged, Recorded, Scored, Task, ToJudge
from apps.inference import errors
from apps.inference.ledger import Stopped
from apps.kernel.chat import Completion, Usage
from apps.kernel.evaluators.contract import Outcome
from tests.evals.execute.jobs import TASK, OpenDesk, arm, job
from tests.fakes.provider import FakeClient, Fault, Rule

JUDGE = arm("judge")
GROUNDED = Entry("Grounded", "groundedness", {}, frozenset(), JUDGE)
GENERATION = UUID(int=7)


def done(given: Job, rule: Rule, desk: OpenDesk | None = None) -> tuple[Answered | Judged, FakeClient]:
    client = FakeClient(rule, allow=["127.0.0.1:*"])

    async def run() -> Answered | Judged:
        async with client:
            return await asking.do(given, client, desk or OpenDesk())  # type: ignore[arg-type]

    return asyncio.run(run()), client


def answer(text: str, *, flags: tuple[str, ...] = ()) -> Completion:
    return Completion(text, "stop", Usage(100, 10), model="m", flags=flags)


def about(output: str | None = "a") -> Job:
    asked = ToJudge(GENERATION, TASK, "student", 0, output, {}, (GROUNDED,))
    return replace(job(GROUNDED, side=JUDGE), about=asked, entry=GROUNDED)


def test_an_answer_is_scored_priced_and_keeps_its_request() -> None:
    desk = OpenDesk()
    found, _ = done(job(), lambda _: answer("right"), desk)
    assert (found.output, found.scores) == ("right", (Scored("Match", Outcome(1.0)),))
    assert (found.cost_usd, found.latency_ms, found.answered_by) == (Decimal("0.00011"), 12.5, "m")
    assert found.request_digest == desk.openings[0].request_digest
    assert found.request_digest.startswith("sha256:")


def test_a_fault_leaves_every_score_missing_with_its_code() -> None:
    found, _ = done(job(), lambda _: Fault("rate_limited"))
    assert (found.fault, found.scores) == ("rate_limited", (Scored("Match", Outcome(None, "rate_limited")),))
    assert (found.cost_usd, found.latency_ms) == (None, None)


def test_an_empty_answer_is_the_models_fault_and_scores_zero() -> None:
    found, _ = done(job(), lambda _: answer(""))
    assert found.scores[0].outcome.value == 0.0


def test_messages_too_long_for_the_model_are_its_fault_and_score_zero() -> None:
    found, _ = done(job(), lambda _: Fault("upstream_context_overflow"))
    assert (found.fault, found.scores[0].outcome.value) == ("upstream_context_overflow", 0.0)


def test_a_row_with_nothing_to_ask_is_missing_and_calls_nobody() -> None:
    found, client = done(job(task=Task("ex-1", "row-1", "plain", {"reference": "x"})), lambda _: answer("never"))
    assert (found.fault, found.scores[0].outcome.reason, client.asked) == ("input_missing", "input_missing", [])


def test_a_seed_goes_out_only_if_given_and_one_further_for_each_repeat() -> None:
    _, client = done(job(repeat=2), lambda _: answer("x"))
    assert "seed" not in client.asked[0][1].parameters
    _, client = done(job(repeat=2, seed=40), lambda _: answer("x"))
    assert client.asked[0][1].parameters["seed"] == 42


def test_an_attempt_that_is_refused_leaves_the_job_undone_and_sends_nothing() -> None:
    client = FakeClient(lambda _: answer("never"))

    async def run() -> None:
        async with client:
            await asking.do(job(), client, OpenDesk("budget_spent"))  # type: ignore[arg-type]

    with pytest.raises(Stopped) as stopped:
        asyncio.run(run())
    assert (stopped.value.code, client.asked) == ("budget_spent", [])


def test_entries_with_a_judge_are_left_to_the_judging_stage() -> None:
    found, client = done(job(GROUNDED), lambda _: answer("something"))
    assert (found.scores, len(client.asked)) == ((), 1)


def test_no_judge_is_needed_for_an_empty_output() -> None:
    found, _ = done(job(GROUNDED), lambda _: answer(" "))
    assert found.scores[0].outcome.value == 0.0


def test_an_evaluator_scores_only_its_cohorts() -> None:
    found, _ = done(job(Entry("Elsewhere", "exact_match", {}, frozenset({"gold"}), None)), lambda _: answer("x"))
    assert found.scores == ()


def test_a_recorded_side_is_not_asked_and_keeps_its_fields_for_scoring() -> None:
    told = Recorded("anything", Usage(1, 1), 7.0, {"human": {"groundedness": 1}})
    entry = Entry("human.groundedness", "recorded_score", {"path": "human.groundedness"}, frozenset(), None)
    found, client = done(job(entry, side=arm("teacher", address=None, recorded={"row-1": told})), lambda _: "never")
    assert (found.output, found.latency_ms, found.scores[0].outcome.value, client.asked) == ("anything", 7.0, 1.0, [])


def test_a_row_given_up_is_missing_on_its_side() -> None:
    found, client = done(replace(job(), is_lost=True), lambda _: "never")
    assert (found.fault, found.scores[0].outcome.reason, client.asked) == ("worker_lost", "worker_lost", [])


def test_an_answer_of_before_is_taken_and_scored_and_calls_nobody() -> None:
    earlier = Answered("ex-1", "student", output="right", reused_from=GENERATION)
    found, client = done(replace(job(), reusable=earlier), lambda _: "never")
    assert (found.reused_from, found.scores[0].outcome.value, client.asked) == (GENERATION, 1.0, [])


def test_a_judge_is_asked_about_a_stored_answer_and_its_cost_stands_apart() -> None:
    found, client = done(about(), lambda _: answer('{"score": 0.5, "reason": "half"}'))
    assert (found.generation_id, found.scored.outcome.value, found.scored.outcome.detail) == (GENERATION, 0.5, "half")
    assert (found.scored.judge_cost_usd, client.asked[0][1].model) == (Decimal("0.00011"), "judge")


def test_a_judge_that_fails_leaves_its_score_missing() -> None:
    found, _ = done(about(), lambda _: Fault("upstream_failed"))
    assert (found.scored.outcome.value, found.scored.outcome.reason) == (None, "judge_upstream_failed")


def test_a_verdict_that_cannot_be_read_is_asked_for_once_more_under_another_tag() -> None:
    desk = OpenDesk()
    found, client = done(about(), lambda _: answer("Score: five"), desk)
    first, second = (request.messages for _, request in client.asked)
    assert first != second
    assert (found.scored.outcome.reason, found.scored.judge_cost_usd) == ("judge_unparsable", Decimal("0.00022"))
    assert [opening.evaluator for opening in desk.openings] == ["Grounded", "Grounded"]


def test_a_judge_whose_provider_refuses_is_not_asked_again() -> None:
    found, client = done(about(), lambda _: answer("", flags=(errors.REFUSED,)))
    assert (found.scored.outcome.reason, len(client.asked)) == ("judge_refused", 1)


def test_a_verdict_on_a_row_given_up_is_missing() -> None:
    found, client = done(replace(about(), is_lost=True), lambda _: "never")
    assert (found.scored.outcome.reason, client.asked) == ("worker_lost", [])
