"""Blocks: which conversations meet, what a block bets, and that its composition is blind to scores."""

from __future__ import annotations

import json
import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.canary.guarded import Guarded, Tally, add, guarded, restarted

Told = list[tuple[bool, float]]


def told(conversations: Told, *, limit: float = 0.0, prove_within: float | None = None) -> Guarded:
    state = guarded(limit, prove_within)
    for is_student, value in conversations:
        state = add(state, value, is_student=is_student)
    return state


def test_a_block_is_a_student_and_the_teachers_since_the_one_before() -> None:
    state = told([(False, 1.0), (False, 0.0), (True, 0.0), (False, 1.0), (True, 1.0)])
    assert state.harm.blocks == 2
    assert state.harm.total == pytest.approx(0.5 + 0.0)
    assert state.seen == Tally(2, 1.0, 3, 2.0)
    assert state.open == Tally()


def test_a_student_without_a_teacher_waits_and_others_join_it() -> None:
    state = told([(True, 1.0), (True, 0.0)])
    assert (state.harm.blocks, state.open) == (0, Tally(2, 1.0, 0, 0.0))
    state = add(state, 1.0, is_student=False)
    assert (state.harm.blocks, state.harm.total) == (1, pytest.approx(0.5))


def test_the_proof_is_the_mirror_image_of_the_harm() -> None:
    state = told([(False, 1.0), (True, 0.0), (False, 0.5), (True, 0.75)], limit=0.02, prove_within=0.05)
    assert state.proof is not None
    assert (state.harm.limit, state.proof.limit) == (0.02, -0.05)
    assert state.harm.total == pytest.approx((1.0 - 0.02) + (-0.25 - 0.02))
    assert state.proof.total == pytest.approx((-1.0 + 0.05) + (0.25 + 0.05))
    assert state.proof.blocks == 2


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=8), st.data())
def test_the_order_of_the_teachers_in_a_block_does_not_matter(values: list[float], drawn: st.DataObject) -> None:
    first = [(False, 0.5), (True, 1.0)]
    block = [(False, value) for value in values]
    shuffled = drawn.draw(st.permutations(block))
    assert told([*first, *block, (True, 0.0)]) == told([*first, *shuffled, (True, 0.0)])


@given(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0]))
def test_who_of_a_pair_was_asked_first_does_not_matter(teacher: float, student: float) -> None:
    assert told([(False, teacher), (True, student)]) == told([(True, student), (False, teacher)])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("quality", [0.5, 0.9])
def test_for_equal_models_the_expected_evidence_is_1_whoever_is_asked(share: float, quality: float) -> None:
    """Every way of splitting and scoring seven conversations, with its chance: closed blocks are a fair game."""
    expected = 0.0
    for arms in product([True, False], repeat=7):
        for values in product([0.0, 1.0], repeat=7):
            chance = math.prod(share if arm else 1 - share for arm in arms)
            chance *= math.prod(quality if value else 1 - quality for value in values)
            expected += chance * math.exp(told(list(zip(arms, values, strict=True))).harm.log_e)
    assert expected == pytest.approx(1.0, abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.3, 1.0])), max_size=30), st.booleans())
def test_it_survives_json_in_the_middle_of_a_block(conversations: Told, proving: bool) -> None:
    state = told(conversations, prove_within=0.03 if proving else None)
    again = Guarded.from_document(json.loads(json.dumps(state.document())))
    assert again == state
    assert add(again, 0.3, is_student=True) == add(state, 0.3, is_student=True)


def test_a_new_block_forgets_the_open_one_and_nothing_else() -> None:
    state = told([(False, 1.0), (True, 0.0), (False, 0.0)])
    after = restarted(state)
    assert after.open == Tally()
    assert (after.harm, after.seen) == (state.harm, state.seen)
