"""A batch as jobs: everything that is still to do, once, and nothing that is stored."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from apps.evals.execute.work import JUDGING, Answered, Entry, Task, ToJudge, jobs_of
from tests.evals.execute.jobs import TASK, arm, frame, work

OTHER = Task("ex-2", "row-2", "gold", {"input": "q"})


def test_each_example_is_answered_by_each_side_for_each_repeat() -> None:
    given = replace(work(TASK, OTHER), frame=frame(repeats=2))
    found = [(job.task.key, job.arm.role, job.repeat) for job in jobs_of(given)]
    assert len(found) == len(set(found)) == 8


def test_stored_answers_are_skipped_and_earlier_ones_taken() -> None:
    earlier = Answered("ex-1", "student", output="x")
    given = work(
        stored=frozenset({("ex-1", "teacher", 0)}), reusable={("ex-1", "student", 0): earlier}, lost=frozenset({"ex-1"})
    )
    (job,) = jobs_of(given)
    assert (job.arm.role, job.reusable, job.is_lost) == ("student", earlier, True)


def test_judging_asks_each_judge_about_each_answer_and_never_the_models() -> None:
    entries = (
        Entry("A", "groundedness", {}, frozenset(), arm("judge")),
        Entry("B", "exact_match", {}, frozenset(), None),
    )
    asked = ToJudge(UUID(int=1), TASK, "teacher", 1, "a", {}, entries)
    (job,) = jobs_of(replace(work(), stage=JUDGING, judging=(asked,)))
    assert (job.arm.role, job.entry, job.about, job.repeat) == ("judge", entries[0], asked, 1)
    assert jobs_of(replace(work(), stage=JUDGING)) == []


def test_an_entry_without_cohorts_scores_all() -> None:
    assert Entry("A", "exact_match", {}, frozenset(), None).scores("plain")
    assert not Entry("A", "exact_match", {}, frozenset({"gold"}), None).scores("plain")
