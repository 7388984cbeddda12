"""Which samples count, what they say of golden rows, and that it is the same each time it is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.kernel import traffic
from apps.kernel.errors import NotFound
from apps.kernel.statistics.drift import population_stability
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.traffic import queries
from tests.conftest import Person
from tests.factories import runs
from tests.traffic.test_actions import compared, live_rows, sampled, today, window


def test_a_sample_is_held_against_the_golden_rows_mix_content_and_distances(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = runs.pinned(project, runs.golden_rows(120))
        same = queries.compare(sampled(project, live_rows(60, 60)), version)
        assert (same.mix_p, same.mix_drifted, same.unknown) == (1.0, False, 0)
        assert (same.content_p, same.golden_texts, same.live_texts) == (pytest.approx(same.content_p), 120, 120)
        assert not same.content_moved
        assert same.novelty is not None
        assert same.novelty <= 0.15
        moved = queries.compare(
            sampled(project, live_rows(180, 20, start=500, say="how do I bake a cake in step"), days=window(9, 7)),
            version,
        )
        expected = population_stability({"gold": 60, "plain": 60}, {"gold": 20, "plain": 180})
        assert (moved.psi, moved.mix_p, moved.mix_drifted) == (expected.psi, expected.p, True)
        assert moved.content_p == pytest.approx(1 / 201)
        assert moved.novelty == 1.0


def test_declared_traffic_is_what_the_mix_is_held_against(project: Project, ada: Person) -> None:
    rows = [{**row, "traffic_weight": 0.9 if row["cohort"] == "plain" else 0.1} for row in runs.golden_rows(120)]
    with acting(ada.who):
        version = runs.pinned(project, rows)
        found = queries.compare(sampled(project, live_rows(90, 10)), version)
        assert (found.psi, found.mix_p) == (0.0, 1.0)


def test_asked_twice_the_answer_is_the_same(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = runs.pinned(project, runs.golden_rows(700))
        sample = sampled(project, live_rows(600, 100))
        assert queries.texts_of(sample) is not None
        assert len(queries.texts_of(sample) or ()) == 500
        assert queries.compare(sample, version) == queries.compare(sample, version)


def test_the_newest_and_the_one_before_are_found_kept_or_made_now(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = runs.pinned(project, runs.golden_rows(120))
        assert queries.recent(project, version, today=today()) is None
        assert queries.newest(project, today=today()) is None
        old = sampled(project, live_rows(9, start=900), days=window(90, 61))
        assert queries.recent(project, version, today=today()) is None
        before = sampled(project, live_rows(60, 60), days=window(13, 7))
        now = sampled(project, live_rows(60, 60, start=200), days=window(6, 0))
        compared(now, version)
        found = queries.recent(project, version, today=today())
        assert found is not None
        assert (found.sample, found.earlier) == (now, before)
        assert found.compared == queries.kept(now, version)
        assert queries.kept(before, version) is None
        assert found.earlier_compared == queries.compare(before, version)
        assert queries.newest(project, today=today()) == now
        assert queries.newest(project, today=today() + timedelta(days=61)) is None
        assert list(queries.samples(project)) == [now, before, old]


def test_samples_and_comparisons_are_listed_with_what_was_kept(
    project: Project, ada: Person, django_assert_num_queries: Any
) -> None:
    with acting(ada.who):
        sample, other = sampled(project, live_rows(9)), sampled(project, live_rows(9, start=50), days=window(20, 10))
        first, second = runs.pinned(project), runs.pinned(project, runs.golden_rows(8))
        rows = [compared(sample, first), compared(sample, second), compared(other, first)]
        assert [one.pk for one in queries.comparisons(first)] == [rows[0].pk, rows[2].pk]
        with django_assert_num_queries(2):
            listed = {one.pk: [row.pk for row in one.comparisons.all()] for one in queries.samples(project)}
        assert listed == {sample.pk: [rows[1].pk, rows[0].pk], other.pk: [rows[2].pk]}
        assert queries.sample(project, sample.public_id) == sample
        for reference in ("trf_0", "trf_" + "0" * 32, "latest"):
            with pytest.raises(NotFound):
                queries.sample(project, reference)
        assert str(rows[0]) == f"live traffic of {window().since_date} to {window().until_date} against golden@1"


def test_two_projects_draw_other_bins(project: Project, ada: Person) -> None:
    days = window()
    one = queries._drawing(project.pk, days)
    assert one == queries._drawing(project.pk, traffic.Window(days.since_date, days.until_date))
    assert one.key == project.pk.bytes
    assert len(one.seed) <= 64
