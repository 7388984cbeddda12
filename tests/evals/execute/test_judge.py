"""A judge's verdict: read strictly, asked for once more, paid for each time, missing where it fails."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from apps.evals.execute import judge
from apps.evals.execute.work import Arm, Entry
from apps.inference import errors
from apps.inference.client import Address, Answer
from apps.kernel.chat import ChatRequest, Completion, Usage
from apps.kernel.evaluators.contract import Case, Outcome
from apps.kernel.price import PriceCard

CASE = Case({"input": "Q?", "reference": "A."}, "A.", {})
GOOD = '{"score": 0.5, "reason": "half"}'


def entry(*, price: PriceCard | None = None, is_judged: bool = True) -> Entry:
    arm = Arm("judge", Address("https://judge.test/v1"), "judge", {"temperature": 0}, price)
    return Entry("F", "factual_accuracy", {}, frozenset(), arm if is_judged else None)


def asked(answers: list[Answer], **more: object) -> tuple[Outcome, Decimal | None, list[ChatRequest]]:
    requests: list[ChatRequest] = []

    async def complete(request: ChatRequest) -> Answer:
        requests.append(request)
        return answers[len(requests) - 1]

    outcome, spent = asyncio.run(judge.verdict(entry(**more), CASE, complete))  # type: ignore[arg-type]
    return outcome, spent, requests


def said(text: str, *flags: str) -> Answer:
    return Answer(Completion(text, "stop", Usage(1_000_000, 500_000), flags=flags), None, 5.0, 1)


def test_a_verdict_that_can_be_read_is_asked_for_once() -> None:
    outcome, spent, [request] = asked([said(GOOD)])
    assert (outcome.value, outcome.reason, spent) == (0.5, None, None)
    assert (request.model, request.parameters) == ("judge", {"temperature": 0})


def test_both_askings_are_paid_for_and_have_tags_of_their_own() -> None:
    outcome, spent, requests = asked([said("five"), said(GOOD)], price=PriceCard(Decimal(1), Decimal(2)))
    assert (outcome.value, spent) == (0.5, Decimal(4))
    assert requests[0].messages != requests[1].messages


def test_what_is_never_readable_is_missing() -> None:
    outcome, _, requests = asked([said("five"), said("six")])
    assert (outcome.value, outcome.reason, len(requests)) == (None, "judge_unparsable", 2)


@pytest.mark.parametrize("first", [[], [said("five")]])
def test_a_fault_is_missing_with_its_reason_and_keeps_what_was_spent(first: list[Answer]) -> None:
    fault = Answer(None, "rate_limited", None, 4)
    outcome, spent, _ = asked([*first, fault], price=PriceCard(Decimal(1), Decimal(2)))
    assert (outcome.value, outcome.reason) == (None, "judge_rate_limited")
    assert spent == (Decimal(2) if first else None)


def test_a_refusal_is_no_verdict_and_is_not_asked_again() -> None:
    outcome, _, requests = asked([said("I cannot.", errors.REFUSED)])
    assert (outcome.value, outcome.reason, len(requests)) == (None, "judge_refused", 1)


def test_an_entry_without_a_judge_asks_nobody() -> None:
    assert asked([], is_judged=False) == (judge.NOT_CALLABLE, None, [])
