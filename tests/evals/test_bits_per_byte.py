"""The divergence of whole answers, from the calls to the card: two models whose probabilities are known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from apps.evals import actions, coordinate, estimate, foresight, queries
from apps.evals.models import ANSWERING, MEASURING, Attempt, Batch, EvalRun, Generation, Likelihood
from apps.evals.progress import progress
from apps.evals.store import tallies
from apps.kernel import policy
from apps.kernel.errors import InvalidInput
from apps.kernel.gate import decide
from apps.kernel.report import report
from apps.kernel.scorecard import Scorecard as Card
from apps.projects.models import Project
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.fakes import known_model, upstream

# "answer 3": 27 bits from the teacher, 32 from the student, 8 bytes.
GAP = 5 / 8


@contextmanager
def measured(
    project: Project, ada: Person, rule: upstream.Rule = known_model.both, *, rows: int = 6, **terms: Any
) -> Iterator[tuple[EvalRun, upstream.Upstream]]:
    """A run that has been worked through, and its server."""
    with upstream.serving(rule) as server:
        with acting(ada.who):
            run = started(project, server.base_url, rows=rows, **terms)
        assert coordinate.work(ada.who, run.id, seconds=60)
        yield run, server


def started(
    project: Project, base_url: str, *, rows: int = 6, dialect: str = "vllm", temperature: float = 1, **terms: Any
) -> EvalRun:
    return actions.start_run(
        project,
        dataset=runs.pinned(project, [row for row in runs.golden_rows(8 * rows) if "8" not in row["input"]
            and "9" not in row["input"]][:rows]),
        teacher=runs.live(project, "big", base_url, max_tokens=20, logprobs=True, temperature=temperature),
        student=runs.live(project, "small", base_url, max_tokens=20, dialect=dialect),
        suite=runs.suite(project),
        **{"divergence": "bits_per_byte", **terms},
    )  # fmt: skip


def card_of(ada: Person, run: EvalRun) -> Card:
    with acting(ada.who):
        return assemble.card_of(EvalRun.objects.get(pk=run.pk))


def total(card: Card) -> dict[str, Any]:
    return report(card, None)["cohorts"][0]["bits_per_byte"]  # type: ignore[index, no-any-return]


def test_the_gap_is_the_one_that_follows_from_the_models(project: Project, ada: Person) -> None:
    with measured(project, ada) as (run, server):
        card = card_of(ada, run)
    found = total(card)
    assert (found["n"], found["missing"], found["means"], found["sampling"]) == (6, {}, "kl_rate", "temperature_1")
    assert found["gap"] == pytest.approx(GAP, abs=1e-6)
    assert (found["teacher"], found["student"]) == pytest.approx((27 / 8, 4.0))
    assert found["interval"] is None
    assert card.traffic_of("gold").texts.lines == ((-27.0, -32.0, 8, ""),) * 3  # type: ignore[union-attr]
    # Twelve answers and one more call of the student a row, each with its attempt.
    assert sum(server.calls.values()) == 18
    with acting(ada.who):
        assert Attempt.objects.filter(run=run, batch__stage=MEASURING, role="student", outcome="answered").count() == 6
        assert Likelihood.objects.filter(generation__run=run, nats__isnull=False).count() == 6


def test_the_call_stands_where_the_answer_stands(project: Project, ada: Person) -> None:
    asked: list[dict[str, Any]] = []

    def rule(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return known_model.both(request)

    with measured(project, ada, rule, rows=1):
        pass
    (call,) = [request for request in asked if "prompt_logprobs" in request]
    assert call == {
        "model": "small", "max_tokens": 1, "prompt_logprobs": 0, "add_generation_prompt": False,
        "continue_final_message": True,
        "messages": [{"role": "user", "content": "question 0"}, {"role": "assistant", "content": "answer 0"}],
    }  # fmt: skip


def test_many_rows_have_an_interval_and_a_guard_that_fails_beyond_it(project: Project, ada: Person) -> None:
    with measured(project, ada, rows=24) as (run, _):
        card = card_of(ada, run)
    found = total(card)
    low, high = found["interval"]
    assert low <= found["gap"] <= high
    assert decided(card, at_most=0.1) == ("fail", "bits_per_byte")
    assert decided(card, at_most=2.0) == ("clear", "bits_per_byte")


def decided(card: Card, *, at_most: float) -> tuple[str, str]:
    rule = {"id": "kl", "kind": "guard", "figure": "divergence", "at_most": at_most, "measure": "bits_per_byte"}
    (finding,) = [
        one
        for one in decide(card, policy.parse({"name": "one", "rules": [rule]})).findings
        if one.figure == "divergence"
    ]
    return finding.verdict, str(finding.document()["measure"])


def test_greedy_text_gives_no_divergence(project: Project, ada: Person) -> None:
    with measured(project, ada, rows=2, temperature=0) as (run, _):
        found = total(card_of(ada, run))
    assert (found["means"], found["sampling"]) == ("cross_entropy_gap", "greedy")


def test_a_student_that_cannot_score_costs_no_call_and_the_card_says_so(project: Project, ada: Person) -> None:
    with measured(project, ada, dialect="openai_chat") as (run, server):
        card = card_of(ada, run)
        assert sum(server.calls.values()) == 12
    found = total(card)
    assert (found["n"], found["gap"], found["reason"]) == (0, None, "prompt_scoring_unsupported")
    assert found["missing"] == {"prompt_scoring_unsupported": 6}
    with acting(ada.who):
        assert not Batch.objects.filter(run=run, stage=MEASURING).exists()


def test_without_the_teachers_side_no_student_is_asked(project: Project, ada: Person) -> None:
    def rule(request: dict[str, Any]) -> dict[str, Any]:
        answer = known_model.both(request)
        if request["model"] == "big":
            choice, row = answer["choices"][0], request["messages"][-1]["content"][-1]
            if row == "1":
                choice["finish_reason"] = "length"
            if row == "2":
                choice["logprobs"] = None
            if row == "3":
                choice["logprobs"]["content"][0]["token"] = "other"
            if row == "4":
                # Thoughts that are counted and not listed: what was said follows from them.
                answer["usage"]["completion_tokens"] = 900
        return answer

    with measured(project, ada, rule) as (run, server):
        card = card_of(ada, run)
        assert sum(server.calls.values()) == 14
    assert total(card)["missing"] == {"no_logprobs": 1, "teacher_tokens_differ": 2, "text_cut": 1}
    assert total(card)["n"] == 2


def test_a_run_that_did_not_ask_says_nothing_and_keeps_its_digest(project: Project, ada: Person) -> None:
    with measured(project, ada, divergence="") as (run, server):
        card = card_of(ada, run)
        assert sum(server.calls.values()) == 12
    assert "divergence" not in run.plan
    assert "bits_per_byte" not in card.document()["cohorts"][0]  # type: ignore[index]
    assert "bits_per_byte" not in report(card, None)["cohorts"][0]  # type: ignore[index]
    again = Card.from_document(card.document())
    assert again.digest == card.digest


def test_the_card_reads_back(project: Project, ada: Person) -> None:
    with measured(project, ada, rows=2) as (run, _):
        card = card_of(ada, run)
    assert Card.from_document(card.document()) == card
    assert card.facts["plan"]["divergence"] == "bits_per_byte"  # type: ignore[index]


def test_a_call_that_fails_is_a_failure_that_can_be_retried(project: Project, ada: Person) -> None:
    broken = True

    def rule(request: dict[str, Any]) -> dict[str, Any] | int:
        return 401 if broken and "prompt_logprobs" in request else known_model.both(request)

    with measured(project, ada, rule, rows=2) as (run, server):
        assert total(card_of(ada, run))["missing"] == {"student_upstream_refused_key": 2}
        broken = False
        with acting(ada.who):
            again = actions.retry_failed(run)
        assert again.pk != run.pk
        assert again.divergence == "bits_per_byte"
        assert coordinate.work(ada.who, again.id, seconds=60)
        # The four answers were taken over; only the two measurements were asked for.
        assert sum(server.calls.values()) == 4 + 2 + 2
        assert total(card_of(ada, again))["gap"] == pytest.approx(GAP, abs=1e-6)


def test_what_was_measured_is_reused_with_the_answers(project: Project, ada: Person) -> None:
    with measured(project, ada, rows=2) as (run, server):
        before = sum(server.calls.values())
        with acting(ada.who):
            again = actions.start_run(
                project, dataset=run.dataset_version, teacher=run.teacher, student=run.student,
                suite=run.suite_version, reuse_answers=True, divergence="bits_per_byte",
            )  # fmt: skip
        assert coordinate.work(ada.who, again.id, seconds=60)
        assert sum(server.calls.values()) == before
    assert total(card_of(ada, again)) == total(card_of(ada, run))
    with acting(ada.who):
        earlier = set(Likelihood.objects.filter(generation__run=run).values_list("id", flat=True))
        reused = set(Likelihood.objects.filter(generation__run=again).values_list("reused_from", flat=True))
        assert reused == earlier


def test_an_estimate_counts_one_more_call_a_row(project: Project, ada: Person) -> None:
    with acting(ada.who):
        parts = {
            "dataset": runs.pinned(project),
            "teacher": runs.live(project, "big", "http://127.0.0.1:9", max_tokens=20),
            "student": runs.live(project, "small", "http://127.0.0.1:9", max_tokens=20, dialect="vllm"),
            "suite": runs.suite(project),
        }
        usual = estimate.of_run(**parts)  # type: ignore[arg-type]
        more = estimate.of_run(**parts, divergence="bits_per_byte")  # type: ignore[arg-type]
        assert (usual.calls, more.calls) == (12, 18)
        assert more.most_usd is not None
        assert usual.most_usd is not None
        assert more.most_usd > usual.most_usd
        assert foresight.of_run(**parts, divergence="bits_per_byte").estimate == more  # type: ignore[arg-type]


def test_a_budget_covers_what_is_measured(project: Project, ada: Person) -> None:
    """Every call, measuring among them, is reserved before it is sent and settled after."""
    with measured(project, ada, rows=2, budget_usd=Decimal(1)) as (run, _), acting(ada.who):
        run.refresh_from_db()
        told = progress(run)
        measuring = Attempt.objects.filter(run=run, batch__stage=MEASURING)
        assert all(
            attempt.cost_usd and attempt.worst_usd and attempt.cost_usd <= attempt.worst_usd for attempt in measuring
        )
        assert run.spent_usd == told.certain_usd == told.spend_usd
        assert run.reserved_usd == 0


def test_what_is_measured_is_tallied_as_the_students_spend(project: Project, ada: Person) -> None:
    with measured(project, ada, rows=2) as (run, _), acting(ada.who):
        rows = Likelihood.objects.filter(generation__run=run)
        cost = sum((row.cost_usd or Decimal(0) for row in rows), Decimal(0))
        kept = {key: sums for key, sums in tallies.kept(run).items() if key[0] == "measured"}
        assert {key[1:] for key in kept} <= {("student", "plain", "", ""), ("student", "gold", "", "")}
        assert (sum(sums[0] for sums in kept.values()), sum(sums[6] for sums in kept.values())) == (2, cost)
        assert cost > 0
        told = progress(run)
        assert queries.totals_of([run.pk]) == {run.pk: (4, told.spend_usd)}
        assert sum(side.spend_usd for side in told.cohorts) == told.spend_usd
        one = rows.first()
        assert one is not None
        rows.filter(pk=one.pk).update(nats=None, reason="text_cut", cost_usd=None)
        assert tallies.differences(run) == {}
        assert any(key[4] == "text_cut" and sums[:2] == (1, 1) for key, sums in tallies.kept(run).items())
        rows.filter(pk=one.pk).delete()
        assert tallies.differences(run) == {}
        tallies.rebuild(run)
        assert tallies.differences(run) == {}


def test_no_time_is_told_once_only_measuring_is_left(project: Project, ada: Person) -> None:
    with upstream.serving(known_model.both) as server:
        with acting(ada.who):
            run = started(project, server.base_url, rows=2)
        assert not coordinate.work(ada.who, run.id, seconds=60, stages=(ANSWERING,))
        with acting(ada.who):
            told = progress(EvalRun.objects.get(pk=run.pk))
            assert (told.answered, told.planned_answers, told.stages) == (
                4,
                4,
                {"answering": (1, 1), "measuring": (0, 1)},
            )
            assert told.seconds_left_range is None
        assert coordinate.work(ada.who, run.id, seconds=60)


def test_an_unknown_divergence_starts_nothing(project: Project, ada: Person) -> None:
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            started(project, "http://127.0.0.1:9", divergence="vibes")
        assert refused.value.code == "divergence_unknown"
        assert not EvalRun.objects.exists()


def test_a_stranger_sees_no_measurement(project: Project, ada: Person, cy: Person) -> None:
    with measured(project, ada, rows=2) as (run, _):
        pass
    with acting(cy.who):
        assert not Likelihood.objects.exists()
        assert Likelihood.objects.filter(generation__run=run).update(nats=0) == 0
        assert not Generation.objects.filter(run=run).exists()
    with acting(ada.who):
        assert set(Likelihood.objects.values_list("nats", flat=True)) == {known_model.nats(32)}
