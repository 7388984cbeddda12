"""A whole canary: total breakage, fallbacks, cohorts, another share of traffic, a broken router, missing scores."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.canary import Guard, Observation, Plan, Watch, advance, read, resume, start
from apps.kernel.canary.watch import Harm
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.sequential import log_path
from tests.kernel.canary.traffic import conversation, stream

QUALITY = Plan("student-7", "policy-3", (Guard("quality"),))
THREE = Plan("student-7", "policy-3", (Guard("quality", prove_within=0.03), Guard("errors"), Guard("latency")))


def watched(conversations: list[Observation], plan: Plan = QUALITY, *, share: float = 0.05) -> Watch:
    watch = start(plan, share=share)
    for one in conversations:
        watch = advance(watch, one)
    return watch


def regular(students: int, *, student: float | None, teacher: float = 1.0, **changes: object) -> list[Observation]:
    """Nineteen teachers before each student."""
    return [
        conversation(place, is_student=place % 20 == 19, score=student if place % 20 == 19 else teacher, **changes)
        for place in range(20 * students)
    ]


def test_total_breakage_is_shown_at_the_ninth_student() -> None:
    assert watched(regular(8, student=0.0)).harm is None
    assert watched(regular(9, student=0.0)).harm == Harm("quality", 9, 0.0, 1.0)
    assert watched(regular(40, student=0.0)).harm == Harm("quality", 9, 0.0, 1.0)


def test_with_three_guards_it_takes_three_more() -> None:
    assert watched(regular(11, student=0.0), THREE).harm is None
    assert watched(regular(12, student=0.0), THREE).harm == Harm("quality", 12, 0.0, 1.0)


def test_fallbacks_show_harm_though_what_the_client_got_scores_well() -> None:
    rows = [replace(one, has_failed=True) if one.is_student else one for one in regular(9, student=1.0)]
    assert watched(rows).harm == Harm("quality", 9, 0.0, 1.0)
    assert watched(rows, Plan("s", "p", (Guard("errors"),))).harm == Harm("errors", 9, 0.0, 1.0)


def test_scores_that_never_come_are_errors_and_no_quality() -> None:
    watch = watched(regular(12, student=None), THREE)
    assert watch.harm == Harm("errors", 12, 0.0, 1.0)
    assert watch.guards[0].harm.blocks == 0
    assert watch.scored.student_total == 12


def test_answers_that_come_late_are_shown_by_the_guard_on_time() -> None:
    rows = [replace(one, in_time=not one.is_student) for one in regular(12, student=1.0)]
    assert watched(rows, THREE).harm == Harm("latency", 12, 0.0, 1.0)


def test_a_guard_of_a_cohort_sees_that_cohort_alone() -> None:
    plan = Plan("s", "p", (Guard("errors"), Guard("quality", cohort="enterprise")))
    rows = [
        replace(one, cohort="enterprise", score=float(not one.is_student)) if place // 20 % 4 == 0 else one
        for place, one in enumerate(regular(44, student=1.0))
    ]
    watch = watched(rows, plan)
    assert (watch.guards[0].harm.blocks, watch.guards[1].harm.blocks) == (44, 11)
    assert watch.harm == Harm("quality of enterprise", 41, 0.0, 1.0)


def test_the_watch_is_the_path_of_its_blocks() -> None:
    """The same figures from arrays: nineteen teachers and a student a block."""
    dice = np.random.Generator(np.random.Philox(3))
    teachers, students = dice.random((200, 19)), dice.random(200)
    rows = [
        conversation(20 * block + place, is_student=place == 19, score=score)
        for block in range(200)
        for place, score in enumerate([*teachers[block].tolist(), float(students[block])])
    ]
    expected = log_path(teachers.mean(axis=1) - students, limit=0.0)
    assert watched(rows).guards[0].harm.log_e == pytest.approx(expected[-1], abs=1e-9)


def test_another_share_begins_a_new_block_and_the_evidence_carries_on() -> None:
    before = watched([*regular(5, student=0.0), conversation(100, is_student=False, score=0.0)])
    [evidence] = before.guards
    assert (evidence.open.teachers, evidence.harm.blocks) == (1, 5)
    after = advance(before, conversation(101, is_student=False, share=0.25))
    assert (after.guards[0].open.teachers, after.guards[0].open.teacher_total) == (1, 1.0)
    assert after.guards[0].harm == evidence.harm
    assert (after.split.share, after.split.students, after.split.teachers) == (0.25, 0, 1)
    assert after.split.carried == pytest.approx(before.split.log_e)
    assert (after.students, after.teachers) == (5, 97)


def test_another_student_or_policy_begins_anew_and_the_same_goes_on() -> None:
    watch = watched(regular(5, student=0.0))
    assert resume(watch, QUALITY, share=0.05) is watch
    for other in (replace(QUALITY, student="student-8"), replace(QUALITY, policy="policy-4")):
        assert resume(watch, other, share=0.05) == start(other, share=0.05)


def test_a_router_that_leans_breaks_the_split() -> None:
    rows = [conversation(place, is_student=place % 10 == 9) for place in range(1_200)]
    watch = watched(rows)
    assert watch.split_broke
    assert not watched(regular(60, student=1.0)).split_broke


def test_a_split_that_once_broke_stays_broken() -> None:
    rows = [conversation(place, is_student=place % 2 == 1) for place in range(60)]
    leaning = watched(rows)
    assert leaning.split_broke
    mended = watched([*rows, *(conversation(place, is_student=place % 40 == 0) for place in range(60, 2_600))])
    assert not mended.split.is_broken
    assert mended.split_broke


@pytest.mark.parametrize("missing_of", [True, False])
def test_scores_missing_for_one_model_alone_are_noticed_whichever_it_is(missing_of: bool) -> None:
    rows = [replace(one, score=None) if one.is_student == missing_of else one for one in regular(20, student=1.0)]
    assert watched(rows).missing_differed
    assert not watched(regular(20, student=1.0)).missing_differed
    assert not watched([replace(one, score=None) for one in regular(20, student=1.0)]).missing_differed


@pytest.mark.parametrize("place", [29, 30])
def test_a_conversation_told_again_or_too_late_is_refused_and_changes_nothing(place: int) -> None:
    watch = watched([conversation(place, is_student=False) for place in range(31)])
    before = watch.document()
    with pytest.raises(EvidenceUnusable) as refused:
        advance(watch, conversation(place, is_student=True, score=0.0))
    assert refused.value.code == "observation_out_of_order"
    assert watch.document() == before


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 400), st.integers(0, 5), st.sampled_from([0.05, 0.5]))
def test_it_can_be_put_away_as_json_at_any_time(cut: int, seed: int, share: float) -> None:
    rows = stream(400, teacher=0.9, student=0.7, share=share, seed=seed)
    whole = watched(rows, THREE, share=share)
    early = watched(rows[:cut], THREE, share=share)
    kept = json.loads(json.dumps(early.document(), allow_nan=False))
    later = Watch.from_document(kept)
    assert later == early
    for one in rows[cut:]:
        later = advance(later, one)
    assert later == whole


def test_a_document_of_another_version_is_refused() -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        Watch.from_document({**start(QUALITY, share=0.05).document(), "format": 2})
    assert refused.value.code == "watch_format_unknown"


def test_hours_are_those_of_requests() -> None:
    watch = watched([conversation(0, is_student=False), conversation(5_400, is_student=False)])
    assert watch.hours == pytest.approx(1.5)
    assert start(QUALITY, share=0.05).hours == 0.0


def test_of_equal_models_few_canaries_are_rolled_back_and_none_is_frozen() -> None:
    """The claim itself, at length: S-14."""
    actions = [
        read(watched(stream(800, teacher=0.8, student=0.8, share=0.3, seed=seed), share=0.3)).action
        for seed in range(12)
    ]
    assert actions.count("roll_back") <= 2
    assert actions.count("freeze") == 0
