"""Answers and scores of one batch, with the fake provider of a remote model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Self

from apps.evals.execute import Answered, Arm, Entry, Recorded, Task, Work, run
from apps.inference.client import Address, Answer
from apps.kernel.chat import ChatRequest, Completion, Usage
from apps.kernel.price import PriceCard

HERE = Address("http://models.test/v1")
PRICE = PriceCard(Decimal(1), Decimal(1))
TASK = Task("ex-1", "row-1", "plain", {"input": "q", "context": "c", "reference": "right"})
MATCH = Entry("Match", "exact_match", {}, frozenset(), None)


class Scripted:
    """Answers by model name; counts what is in flight at once."""

    def __init__(
        self, answers: Mapping[str, str | None], *, fault: str = "upstream_failed", flags: tuple[str, ...] = ()
    ) -> None:
        self.answers = answers
        self.flags = flags
        self.fault = fault
        self.in_flight = self.most = 0
        self.asked: list[ChatRequest] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    async def complete(self, address: Address, request: ChatRequest, *, deadline_s: float) -> Answer:
        self.asked.append(request)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        text = self.answers[request.model]
        if text is None:
            return Answer(None, self.fault, None, 4)
        return Answer(Completion(text, "stop", Usage(100, 10), model=request.model, flags=self.flags), None, 12.5, 1)


def arm(role: str, *, address: Address | None = HERE, recorded: Mapping[str, Recorded] | None = None) -> Arm:
    return Arm(role, address, role, {"temperature": 0}, PRICE, recorded or {})


def work(*entries: Entry, arms: tuple[Arm, ...] = (arm("teacher"), arm("student"))) -> Work:
    return Work("run", "batch", 1, (TASK,), arms, entries or (MATCH,), 5.0)


def answers(given: Work, client: Scripted) -> dict[str, Answered]:
    return {answered.role: answered for answered in asyncio.run(run(given, client))}  # type: ignore[arg-type]


def test_teacher_and_student_are_asked_at_once_and_scored() -> None:
    client = Scripted({"teacher": "right", "student": "wrong"})
    found = answers(work(), client)
    assert client.most == 2
    assert {role: one.scores[0].outcome.value for role, one in found.items()} == {"teacher": 1.0, "student": 0.0}
    assert found["teacher"].cost_usd == Decimal("0.00011")
    assert found["teacher"].latency_ms == 12.5


def test_a_fault_leaves_every_score_missing_with_its_code() -> None:
    found = answers(work(), Scripted({"teacher": "right", "student": None}, fault="rate_limited"))
    outcome = found["student"].scores[0].outcome
    assert (outcome.value, outcome.reason) == (None, "rate_limited")
    assert found["student"].cost_usd is None


def test_an_empty_answer_is_the_models_fault_and_scores_zero() -> None:
    found = answers(work(), Scripted({"teacher": "right", "student": ""}))
    assert found["student"].scores[0].outcome.value == 0.0


def test_messages_too_long_for_the_model_are_its_fault_and_score_zero() -> None:
    found = answers(work(), Scripted({"teacher": "right", "student": None}, fault="upstream_context_overflow"))
    assert (found["student"].fault, found["student"].scores[0].outcome.value) == ("upstream_context_overflow", 0.0)


def test_an_empty_body_is_the_servers_fault_and_leaves_the_score_missing() -> None:
    found = answers(work(), Scripted({"teacher": "right", "student": None}, fault="upstream_empty"))
    assert (found["student"].scores[0].outcome.value, found["student"].scores[0].outcome.reason) == (
        None,
        "upstream_empty",
    )


def test_a_row_with_nothing_to_ask_is_missing_and_calls_nobody() -> None:
    client = Scripted({})
    row = Task("ex-1", "row-1", "plain", {"reference": "right"})
    (found,) = asyncio.run(run(replace(work(arms=(arm("teacher"),)), tasks=(row,)), client))  # type: ignore[arg-type]
    assert (found.fault, found.scores[0].outcome.reason, client.asked) == ("input_missing", "input_missing", [])


def test_a_judge_is_asked_about_each_side_and_its_cost_stands_apart() -> None:
    judge = Arm("judge", HERE, "judge", {}, PRICE, {})
    entry = Entry("Grounded", "groundedness", {}, frozenset(), judge)
    client = Scripted({"teacher": "a", "student": "b", "judge": '{"score": 0.5, "reason": "half"}'})
    found = answers(work(entry), client)
    assert [request.model for request in client.asked].count("judge") == 2
    scored = found["teacher"].scores[0]
    assert (scored.outcome.value, scored.outcome.detail, scored.judge_cost_usd) == (0.5, "half", Decimal("0.00011"))


def test_a_judge_that_fails_leaves_its_own_score_missing() -> None:
    judge = Arm("judge", HERE, "judge", {}, PRICE, {})
    entry = Entry("Grounded", "groundedness", {}, frozenset(), judge)
    found = answers(work(entry, MATCH), Scripted({"teacher": "right", "student": "b", "judge": None}))
    grounded, match = found["teacher"].scores
    assert (grounded.outcome.value, grounded.outcome.reason) == (None, "judge_upstream_failed")
    assert match.outcome.value == 1.0


def test_a_verdict_that_cannot_be_read_is_asked_for_once_more_under_another_tag() -> None:
    judge = Arm("judge", HERE, "judge", {}, PRICE, {})
    entry = Entry("Grounded", "groundedness", {}, frozenset(), judge)
    client = Scripted({"teacher": "a", "judge": "Score: five"})
    scored = answers(work(entry, arms=(arm("teacher"),)), client)["teacher"].scores[0]
    asked = [request.messages for request in client.asked if request.model == "judge"]
    assert (scored.outcome.value, scored.outcome.reason) == (None, "judge_unparsable")
    assert scored.judge_cost_usd == Decimal("0.00022")
    assert len(asked) == 2
    assert asked[0] != asked[1]


def test_a_judge_whose_provider_refuses_leaves_the_score_missing_and_is_not_asked_again() -> None:
    judge = Arm("judge", HERE, "judge", {}, PRICE, {})
    client = Scripted({"teacher": "a", "judge": ""}, flags=("upstream_refused",))
    entry = Entry("Grounded", "groundedness", {}, frozenset(), judge)
    scored = answers(work(entry, arms=(arm("teacher"),)), client)["teacher"].scores[0]
    assert (scored.outcome.value, scored.outcome.reason) == (None, "judge_refused")
    assert [request.model for request in client.asked] == ["teacher", "judge"]


def test_no_judge_is_asked_about_an_empty_output() -> None:
    judge = Arm("judge", HERE, "judge", {}, PRICE, {})
    client = Scripted({"teacher": " ", "student": "", "judge": "never"})
    found = answers(work(Entry("Grounded", "groundedness", {}, frozenset(), judge)), client)
    assert "judge" not in [request.model for request in client.asked]
    assert found["student"].scores[0].outcome.value == 0.0


def test_an_evaluator_scores_only_its_cohorts() -> None:
    entry = Entry("Elsewhere", "exact_match", {}, frozenset({"gold"}), None)
    assert answers(work(entry), Scripted({"teacher": "x", "student": "y"}))["teacher"].scores == ()


def test_a_recorded_side_is_not_asked_and_keeps_its_fields_for_scoring() -> None:
    told = Recorded("anything", Usage(1, 1), 7.0, {"human": {"groundedness": 1}})
    entry = Entry("human.groundedness", "recorded_score", {"path": "human.groundedness"}, frozenset(), None)
    side = arm("teacher", address=None, recorded={"row-1": told})
    client = Scripted({})
    found = answers(work(entry, arms=(side,)), client)
    assert client.asked == []
    assert (found["teacher"].output, found["teacher"].latency_ms) == ("anything", 7.0)
    assert found["teacher"].scores[0].outcome.value == 1.0
