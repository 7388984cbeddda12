"""What is shown blind, how far one has come, and what a card is told."""

from __future__ import annotations

from uuid import UUID

import pytest

from apps.evals.models import EvalRun
from apps.kernel.errors import NotFound
from apps.kernel.statistics.agreement import JudgeTable
from apps.labels import actions, queries
from apps.projects.models import Project
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels, runs


@pytest.fixture
def run(project: Project, ada: Person) -> EvalRun:
    return labels.completed(ada.who, project, count=20, wrong=["row-0001"])


def test_one_answer_after_another_until_none_is_left(run: EvalRun, ada: Person, ben: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=2)
        seen = []
        while (found := queries.next_answer(sample, labeller="ada@acme.test")) is not None:
            place, generation = found
            seen.append(place)
            assert str(generation.pk) == sample.generation_ids[place]
            actions.give_label(sample, generation.pk, value=1)
        progress = queries.progress(sample, labeller="ada@acme.test")
        assert seen == [0, 1, 2, 3]
        assert (progress.labelled, progress.answers, progress.rows_lacking) == (4, 4, 48)
    with acting(ben.who):
        assert queries.next_answer(sample, labeller="ben@acme.test")[0] == 0
        assert queries.progress(sample, labeller="ben@acme.test").labelled == 0


def test_a_skipped_answer_comes_again_at_the_end(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=2)
        place, generation = queries.next_answer(sample, labeller="ada@acme.test", after=3)
        assert place == 3
        actions.give_label(sample, generation.pk, value=1)
        assert queries.next_answer(sample, labeller="ada@acme.test", after=4)[0] == 0
        assert queries.next_answer(sample, labeller="ada@acme.test", after=10**9)[0] == 0


def test_a_row_counts_when_both_answers_have_a_label(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        actions.import_labels(run, labels.file_of(4)[:-1])
        assert queries.labelled_rows(run, "ExactMatch") == 3
        assert queries.labelled_rows(run, "Other") == 0


def test_a_card_is_told_of_the_labels_that_count(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        assert queries.judges_of(run) == []
        actions.import_labels(run, labels.file_of(5, lost=[1, 3]))
        actions.import_labels(run, labels.file_of(5, lost=[1]))
        [evidence] = queries.judges_of(run)
    assert evidence.evaluator == "ExactMatch"
    assert (evidence.teacher, evidence.student) == (JudgeTable(5, 0, 0, 0), JudgeTable(4, 0, 0, 1))
    assert {cohort.cohort: cohort.n for cohort in evidence.cohorts} == {"gold": 2, "plain": 3}
    assert evidence.planted is None


def test_two_labellers_are_both_heard(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        actions.import_labels(run, [*labels.file_of(2, labeller="uma"), *labels.file_of(2, labeller="vic", lost=[0])])
        [evidence] = queries.judges_of(run)
    assert evidence.split == 1
    assert (((1.0, 0.0, 1.0), 1)) in evidence.ratings


def test_judges_stand_first_among_the_evaluators(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project)
    with acting(ada.who):
        assert queries.evaluators_of(run) == ["FactualAccuracy", "ExactMatch"]


def test_a_sample_is_found_by_its_id_in_its_run_only(run: EvalRun, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        sample = actions.draw_sample(run, evaluator="ExactMatch", rows=2)
        assert queries.sample(run, sample.public_id).pk == sample.pk
        assert [one.pk for one in queries.samples(run)] == [sample.pk]
        with pytest.raises(NotFound):
            queries.sample(run, f"sample_{UUID(int=7).hex}")
    with acting(cy.who), pytest.raises(NotFound):
        queries.sample(run, sample.public_id)


def test_candidates_are_rows_with_a_score_on_both_sides(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        found = queries.candidates(run, "ExactMatch")
        assert len(found) == 20
        candidate, ids = found["row-0001"]
        assert (candidate.cohort, candidate.high_value, len(set(ids))) == ("gold", True, 2)
        assert queries.candidates(run, "Other") == {}


def test_labels_stand_in_the_clusters_of_the_card(project: Project, ada: Person) -> None:
    golden = [row | ({"cluster": f"talk-{n % 4}"} if n % 6 else {}) for n, row in enumerate(runs.golden_rows(20))]
    run = labels.completed(ada.who, project, rows=golden, wrong=["row-0001"])
    with acting(ada.who):
        actions.import_labels(run, labels.file_of(12, lost=[1]))
        card = assemble.card_of(run)
        (judge,) = card.judges
    for cohort in judge.cohorts:
        cell = card.cell(cohort.cohort, "ExactMatch")
        assert cell is not None
        known = {entry[0]: entry[1] for entry in cell.strata[0].clusters.entries}
        assert sum(group[1] for group in cohort.clusters) == cohort.n == 6
        assert all(group[1] <= known[group[0]] for group in cohort.clusters)
    # One of the labelled rows in "gold" was lost, and its cluster says so for people and for the evaluator.
    lost = [group for cohort in judge.cohorts for group in cohort.clusters if group[2] != group[3]]
    assert [(group[2] - group[3], group[4] - group[5]) for group in lost] == [(1.0, 1.0)]
