"""Many rows in one statement; what is written twice changes nothing and costs nothing twice."""

from __future__ import annotations

from decimal import Decimal

from apps.evals.execute.desk import Closing
from apps.evals.execute.work import Answered
from apps.evals.models import Attempt, Generation
from apps.evals.store import rows
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.store.test_keeping import closing, opening
from tests.evals.store.test_leases import loaded
from tests.factories import runs


def test_money_is_told_once_for_an_attempt(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        asked = opening(work.lease, work.tasks[0].example_id, worst="0.5")
        opened = rows.Money(Decimal(0), Decimal(0), Decimal("0.5"))
        nothing = rows.Money(Decimal(0), Decimal(0), Decimal(0))
        assert [rows.keep(run.id, openings=[asked]) for _ in range(2)] == [opened, nothing]
        ended = [closing(asked, cost="0.1", unconfirmed="0.2")]
        settled = rows.Money(Decimal("0.5"), Decimal("0.3"), Decimal(0))
        assert [rows.keep(run.id, closings=ended) for _ in range(2)] == [settled, nothing]


def test_an_answers_facts_are_kept(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        example = loaded(run).tasks[0].example_id
        logprobs = [["a", -0.5, [["a", -0.5], ["b", -1.0]]]]
        told = Answered(
            example, "student", 0, output="x", latency_ms=12.5, first_token_ms=3.5, cost_usd=Decimal("0.000014"),
            answered_by="m", fingerprint="fp", logprobs=logprobs, request_digest="sha256:x",
        )  # fmt: skip
        rows.keep(run.id, answers=[told])
        row = Generation.objects.get()
    assert (row.latency_ms, row.first_token_ms, row.logprobs) == (12.5, 3.5, logprobs)
    assert (row.cost_usd, row.fingerprint, row.request_digest) == (Decimal("0.000014"), "fp", "sha256:x")
    assert (row.input_tokens, row.is_reused) == (None, False)


def test_where_an_answer_breaks_is_kept_with_its_attempt(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        asked = opening(work.lease, work.tasks[0].example_id)
        rows.keep(run.id, openings=[asked])
        rows.keep(run.id, closings=[Closing(asked.id, "upstream_shape", 200, 5.0, Decimal(0), Decimal(0), 8)])
        kept = Attempt.objects.values_list("outcome", "broken_at").get(pk=asked.id)
    assert kept == ("upstream_shape", 8)
