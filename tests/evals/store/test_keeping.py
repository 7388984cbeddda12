"""One transaction of a slice: the fence, idempotence, and money that is reserved before it can be spent."""

from __future__ import annotations

import zlib
from decimal import Decimal

import pytest

from apps.evals.execute.desk import Bundle, Closing, Opening
from apps.evals.execute.work import Answered, Judged, Lease, Scored, Work, jobs_of
from apps.evals.models import Attempt, Batch, EvalRun, Generation, Score
from apps.evals.store import keeping
from apps.kernel.budget import BUDGET_SPENT
from apps.kernel.chat import Usage
from apps.kernel.evaluators.contract import Outcome
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from tests.conftest import Person
from tests.evals.store.test_leases import expire, loaded
from tests.factories import runs


def answers(work: Work, *, output: str = "x") -> list[tuple[Lease, Answered]]:
    scores = (Scored("ExactMatch", Outcome(1.0)),)
    return [
        (job.lease, Answered(job.task.example_id, job.arm.role, output=output, usage=Usage(3, 2), scores=scores))
        for job in jobs_of(work)
    ]


def opening(lease: Lease, example: str, *, worst: str | None = None) -> Opening:
    bound = None if worst is None else Decimal(worst)
    return Opening(new_id(), lease, example, "student", 0, "", 1, "sha256:x", b'{"model": "m"}', bound)


def closing(one: Opening, *, cost: str = "0", unconfirmed: str = "0") -> Closing:
    return Closing(one.id, "answered", 200, 5.0, Decimal(cost), Decimal(unconfirmed))


def kept(run: EvalRun, work: Work, bundle: Bundle, **how: object) -> keeping.Kept:
    return keeping.keep(run.id, bundle, held=[work.lease], **how)  # type: ignore[arg-type]


def test_results_come_in_as_they_are_there_and_the_last_closes_the_batch(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        all_of_it = answers(work)
        kept(run, work, Bundle(answers=all_of_it[:5]))
        assert (Generation.objects.count(), Batch.objects.get().is_done) == (5, False)
        kept(run, work, Bundle(answers=all_of_it[5:]), done=[work.lease])
        assert (Generation.objects.count(), Score.objects.count(), Batch.objects.get().is_done) == (12, 12, True)


def test_the_same_bundle_twice_is_kept_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        kept(run, work, Bundle(answers=answers(work)))
        kept(run, work, Bundle(answers=answers(work, output="again")))
        assert (Generation.objects.count(), Score.objects.count()) == (12, 12)
        assert set(Generation.objects.values_list("output", flat=True)) == {"x"}


def test_a_late_workers_results_are_refused_but_the_cost_of_its_calls_is_kept(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        late = loaded(run)
        asked = opening(late.lease, late.tasks[0].example_id)
        assert kept(run, late, Bundle(openings=[asked])).verdicts == {asked.id: None}
        Attempt.objects.filter(pk=asked.id).update(worst_usd="0.1")
        expire(Batch.objects.get(run=run))
        timely = loaded(run)
        told = kept(run, late, Bundle(answers=answers(late, output="late"), closings=[closing(asked, cost="0.02")]))
        assert told.standing == frozenset()
        assert Generation.objects.count() == 0
        attempt = Attempt.objects.get(pk=asked.id)
        assert (attempt.outcome, str(attempt.unconfirmed_usd)) == ("worker_lost", "0.100000000")
        kept(run, timely, Bundle(answers=answers(timely, output="timely")))
        assert set(Generation.objects.values_list("output", flat=True)) == {"timely"}


def test_an_attempt_keeps_the_exact_request_and_how_it_ended(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        asked = opening(work.lease, work.tasks[0].example_id, worst="0.5")
        kept(run, work, Bundle(openings=[asked]))
        attempt = Attempt.objects.get()
        assert (attempt.outcome, attempt.ended_at, zlib.decompress(attempt.body)) == ("", None, b'{"model": "m"}')
        kept(run, work, Bundle(closings=[closing(asked, cost="0.02")]))
        kept(run, work, Bundle(closings=[closing(asked, cost="9")]))
        attempt = Attempt.objects.get()
        assert (attempt.outcome, attempt.status, attempt.latency_ms) == ("answered", 200, 5.0)
        assert str(attempt.cost_usd) == "0.020000000"


def test_a_call_given_up_before_it_was_opened_is_never_opened(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        asked = opening(work.lease, work.tasks[0].example_id)
        assert kept(run, work, Bundle(openings=[asked], closings=[closing(asked)])).verdicts == {}
        assert Attempt.objects.count() == 0


def test_a_judgement_of_a_stored_answer_is_kept_and_of_an_unknown_one_dropped(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        kept(run, work, Bundle(answers=answers(work)[:1]))
        known, verdict = Generation.objects.get().id, Scored("Grounded", Outcome(0.5, None, "half"))
        said = [(work.lease, Judged(known, verdict)), (work.lease, Judged(new_id(), verdict))]
        kept(run, work, Bundle(judgements=said))  # type: ignore[arg-type]
        assert list(Score.objects.filter(evaluator="Grounded").values_list("generation_id", "value")) == [(known, 0.5)]


@pytest.mark.parametrize(("status", "code"), [("PAUSED", "run_paused"), ("CANCELLED", "run_cancelled")])
def test_a_run_that_is_not_at_work_opens_nothing(project: Project, ada: Person, status: str, code: str) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        EvalRun.objects.filter(pk=run.pk).update(status=status, finished_at=run.created_at)
        asked = opening(work.lease, work.tasks[0].example_id)
        told = kept(run, work, Bundle(openings=[asked], answers=answers(work)[:1]))
        assert (told.halt, told.verdicts, Attempt.objects.count()) == (code, {asked.id: code}, 0)
        assert Generation.objects.count() == 1, "what was answered is kept"


def test_a_budget_is_reserved_waited_for_and_settled(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        EvalRun.objects.filter(pk=run.pk).update(budget_usd="1")
        work = loaded(run)
        one, two, three = (opening(work.lease, work.tasks[0].example_id, worst="0.4") for _ in range(3))
        told = kept(run, work, Bundle(openings=[one, two, three]))
        assert (told.verdicts, told.waiting, told.halt) == ({one.id: None, two.id: None}, (three,), None)
        run.refresh_from_db()
        assert (run.spent_usd, run.reserved_usd) == (0, Decimal("0.8"))
        told = kept(run, work, Bundle(openings=[three], closings=[closing(one, cost="0.1", unconfirmed="0.1")]))
        assert told.verdicts == {three.id: None}
        run.refresh_from_db()
        assert (run.spent_usd, run.reserved_usd) == (Decimal("0.2"), Decimal("0.8"))


def test_what_never_fits_is_refused_and_stops_the_run(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        EvalRun.objects.filter(pk=run.pk).update(budget_usd="1", spent_usd="0.7")
        work = loaded(run)
        asked = opening(work.lease, work.tasks[0].example_id, worst="0.4")
        told = kept(run, work, Bundle(openings=[asked]))
        assert (told.verdicts, told.halt, Attempt.objects.count()) == ({asked.id: BUDGET_SPENT}, BUDGET_SPENT, 0)


def test_a_nul_in_an_answer_is_kept_visibly_and_any_other_text_as_it_is(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
        (lease, first), (_, second), *_ = answers(work)
        texts = ["a\x00b", "😀 \\u0041 \"' %s " + "x" * 100_000]
        for given, text in zip((first, second), texts, strict=True):
            changed = Answered(given.example_id, given.role, output=text)
            kept(run, work, Bundle(answers=[(lease, changed)]))
        assert set(Generation.objects.values_list("output", flat=True)) == {"a\u2400b", texts[1]}


def test_a_stranger_keeps_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loaded(run)
    with acting(cy.who), pytest.raises(EvalRun.DoesNotExist):
        kept(run, work, Bundle(answers=answers(work)))
    with acting(ada.who):
        assert Generation.objects.count() == 0
