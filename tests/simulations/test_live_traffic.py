"""The traffic of the canary simulations: its blocks are the kernel's, and its models have the means they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.canary.guarded import add, guarded
from simulations.live_traffic import SCENARIOS, Traffic, differences, steady
from simulations.result import generator

SCORES = st.sampled_from([0.0, 0.25, 1.0, float("nan")])


@given(st.lists(st.tuples(st.booleans(), SCORES), min_size=1, max_size=40))
def test_blocks_over_arrays_are_those_of_one_conversation_after_the_other(conversations: list) -> None:
    state, expected, ends, students = guarded(0.0, None), [], [], 0
    for is_student, score in conversations:
        students += is_student
        if np.isnan(score):
            continue
        after = add(state, score, is_student=is_student)
        if after.harm.blocks > state.harm.blocks:
            expected.append(after.harm.total - state.harm.total)
            ends.append(students)
        state = after
    arms, scores = (np.array(part) for part in zip(*conversations, strict=True))
    found, asked = differences(Traffic(arms.astype(bool), scores.astype(float)))
    assert found == pytest.approx(expected, abs=1e-12)
    assert asked.tolist() == ends


def test_a_cut_begins_a_new_block() -> None:
    traffic = Traffic(np.array([False, True, False, True]), np.array([1.0, 0.0, 1.0, 0.0]), cuts=(1,))
    found, asked = differences(traffic)
    assert (found.tolist(), asked.tolist()) == ([1.0], [1])
    assert len(differences(Traffic(traffic.student, traffic.score))[0]) == 2


@pytest.mark.parametrize("name", ["steady", *SCENARIOS])
def test_equal_models_have_blocks_with_a_mean_of_nothing(name: str) -> None:
    scenario = {"steady": steady, **SCENARIOS}[name]
    losses = np.concatenate([differences(scenario(generator(5, run), 0.9, 0.9))[0] for run in range(4)])
    assert abs(losses.mean()) < 4 * losses.std() / np.sqrt(len(losses))
    worse = np.concatenate([differences(scenario(generator(6, run), 0.9, 0.8))[0] for run in range(4)])
    assert worse.mean() == pytest.approx(0.1, abs=4 * worse.std() / np.sqrt(len(worse)))
