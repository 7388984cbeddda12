"""What a run would do and cost, before it is started."""

from __future__ import annotations

import pytest

from apps.datasets import actions as datasets
from apps.evals import estimate
from apps.evaluators import actions as evaluators
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows
from apps.registry import actions as registry
from apps.tenancy.acting import acting
from tests.factories import runs

URL = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _inside(ada):
    with acting(ada.who):
        yield


def sides(project, *, rows=None):
    rows = rows or runs.golden_rows()
    return {"dataset": runs.pinned(project, rows), "teacher": runs.recorded(project, "big", runs.output_rows(rows))}


def test_recorded_answers_need_no_call(project) -> None:
    student = runs.recorded(project, "small", runs.output_rows(runs.golden_rows(), wrong=["row-0000"]))
    found = estimate.of_run(**sides(project), student=student, suite=runs.suite(project))
    assert (found.rows, found.calls, found.spend_usd) == (6, 0, (0, 0))
    assert found.unpriced == ("big@1", "small@1")


def test_a_live_student_is_asked_once_a_row(project) -> None:
    found = estimate.of_run(**sides(project), student=runs.live(project, "live", URL), suite=runs.suite(project))
    assert (found.calls, found.unpriced, found.unlimited) == (6, ("big@1",), ("live@1",))
    low, high = found.spend_usd
    # 6 × 10 characters of questions are 12 to 20 tokens at 1 USD; 1 to 512 tokens an answer at 2 USD a million.
    assert (float(low), float(high)) == (12e-6 + 6 * 2e-6, 20e-6 + 6 * 512 * 2e-6)


def test_a_limit_of_tokens_bounds_the_upper_end(project) -> None:
    live = runs.live(project, "live", URL)
    short = registry.register_version(
        live.model, endpoint=live.endpoint, remote_name="live", parameters={"max_tokens": 10}
    )
    found = estimate.of_run(**sides(project), student=short, suite=runs.suite(project))
    assert (found.spend_usd, found.unlimited, found.unpriced) == (None, (), ("big@1", "live@2"))


def test_a_judge_reads_both_answers_of_the_rows_in_its_cohorts(project) -> None:
    judge = runs.live(project, "judge", URL)
    entry = evaluators.Entry(
        evaluators.configure(project, name="Task", kind="task_completion", judge_version_id=judge.pk),
        cohorts=("gold",),
    )
    suite = evaluators.freeze_suite(project, slug="judged", entries=[entry])
    student = runs.recorded(project, "small", runs.output_rows(runs.golden_rows(), wrong=["row-0000"]))
    found = estimate.of_run(**sides(project), student=student, suite=suite)
    # Both answers of three rows, and four planted ones.
    assert found.calls == 2 * 3 + 4
    assert found.spend_usd[0] > found.checking_usd[0] > 0


def test_checking_the_judges_is_part_of_the_spend_and_told_apart(project) -> None:
    judge = runs.live(project, "judge", URL, max_tokens=50)
    made = evaluators.configure(project, name="Task", kind="task_completion", judge_version_id=judge.pk)
    suite = evaluators.freeze_suite(project, slug="judged", entries=[evaluators.Entry(made)])
    parts = {**sides(project), "student": runs.recorded(project, "small", runs.output_rows(runs.golden_rows()))}
    found = estimate.of_run(**parts, suite=suite)
    # Twelve answers to judge, four planted; at the most one order is put twice more.
    low, high = found.checking_usd
    assert (found.calls, float(low / (found.spend_usd[0] - low))) == (16, pytest.approx(4 / 12, abs=0.001))
    assert float(high / (found.spend_usd[1] - high)) == pytest.approx(6 / 12, abs=0.001)
    assert high < found.held_usd < 2 * high
    members = [(str(number), 1.0) for number in range(120)]
    evaluators.pin_anchors(project, evaluators.Anchored(suite.entries[0], suite.pk, 1, members))
    more = estimate.of_run(**parts, suite=suite)
    assert more.calls == 16 + 120
    assert float(more.checking_usd[0] / low) == pytest.approx(124 / 4, abs=0.01)


def test_without_a_judge_nothing_is_checked(project) -> None:
    found = estimate.of_run(**sides(project), student=runs.live(project, "live", URL), suite=runs.suite(project))
    assert (found.checking_usd, found.held_usd) == ((0, 0), 0)


def test_it_is_refused_like_the_start(project) -> None:
    parts = sides(project)
    with pytest.raises(InvalidInput) as refused:
        estimate.of_run(**parts, student=parts["teacher"], suite=runs.suite(project))
    assert refused.value.code == "same_model"
    draft = datasets.import_golden(
        project, slug="draft", golden=parse_golden(read_rows("g.jsonl", [runs.lines(runs.golden_rows(2))]))
    )
    with pytest.raises(Conflict) as refused:
        estimate.of_run(**{**parts, "dataset": draft}, student=parts["teacher"], suite=runs.suite(project))
    assert refused.value.code == "dataset_not_pinned"
