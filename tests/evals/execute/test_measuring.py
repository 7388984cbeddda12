"""One answer of the teacher is put to the student: what needs no call, what a call brings, and what it cost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from apps.evals.execute import measuring
from apps.evals.execute.work import Job, Measured, ToMeasure
from apps.inference.client import Answer
from apps.kernel.chat import ChatRequest, Completion, Message, Usage
from apps.kernel.price import PriceCard
from tests.evals.execute.jobs import TASK, arm, job

GENERATION = UUID(int=7)
TO_MEASURE = ToMeasure(GENERATION, TASK, "yes sir")
REQUEST = ChatRequest("m", (Message("user", "hi"),))
SCORED = Completion("yes sir", None, Usage(40, 1), logprobs=[["yes", -1.0, []], [" sir", -0.5, []]])


def measured(answer: Answer, *, card: PriceCard | None = None) -> Measured:
    async def complete(_: ChatRequest) -> tuple[Answer, str]:
        return answer, "sha256:x"

    one = replace(a_job(), arm=replace(arm("student"), price=card))
    return asyncio.run(measuring.measured(one, TO_MEASURE, REQUEST, complete))


def a_job(**how: object) -> Job:
    return replace(job(side=arm("student")), text=TO_MEASURE, **how)


def test_an_answer_is_summed_and_priced() -> None:
    found = measured(Answer(SCORED, None, 5.0, 1), card=PriceCard(Decimal(1), Decimal(2)))
    assert found == Measured(
        GENERATION, -1.5, 2, logprobs=[["yes", -1.0], [" sir", -0.5]], cost_usd=Decimal("0.000042"),
        request_digest="sha256:x",
    )  # fmt: skip


def test_a_fault_and_a_flag_leave_it_unmeasured() -> None:
    assert measured(Answer(None, "upstream_failed", None, 3)).reason == "student_upstream_failed"
    flagged = replace(SCORED, logprobs=None, flags=("boundary_not_found",))
    found = measured(Answer(flagged, None, 5.0, 1), card=PriceCard(Decimal(1), Decimal(2)))
    assert (found.nats, found.reason, found.cost_usd) == (None, "boundary_not_found", Decimal("0.000042"))


@pytest.mark.parametrize(
    ("one", "how", "found"),
    [
        (TO_MEASURE, {"is_lost": True}, Measured(GENERATION, reason="worker_lost")),
        (replace(TO_MEASURE, reason="text_cut"), {}, Measured(GENERATION, reason="text_cut")),
        (TO_MEASURE, {"arm": arm("student", address=None)}, Measured(GENERATION, reason="prompt_scoring_unsupported")),
        (replace(TO_MEASURE, reusable=Measured(GENERATION, -1.0)), {}, Measured(GENERATION, -1.0)),
        (TO_MEASURE, {}, None),
    ],
)
def test_what_is_known_needs_no_call(one: ToMeasure, how: dict[str, object], found: Measured | None) -> None:
    asked = replace(a_job(**how), text=one)
    assert measuring.known(asked, one) == found
    assert asked.needs_call is (found is None)
