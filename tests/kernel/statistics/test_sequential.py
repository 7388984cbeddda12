"""Evidence that may be looked at after every block: known answers, and no bet that pays on average under the limit."""

from __future__ import annotations

import json
import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.sequential import EProcess, advance, log_needed, log_path

BROKEN = [1, 18 / 19, 1, 1, 17 / 19, 1, 1, 1, 1]
UNDECIDED = [0, 1, -1 / 19, 0, 1, 0, -1, 0, 1, 1]
DIFFERENCES = st.lists(st.floats(-1, 1), min_size=1, max_size=60)
LIMITS = st.sampled_from([-0.9, -0.05, 0.0, 0.03, 0.5])


def after(differences: list[float], limit: float = 0.0) -> list[EProcess]:
    states = [EProcess(limit)]
    for difference in differences:
        states.append(advance(states[-1], difference))
    return states[1:]


@pytest.mark.parametrize(
    ("differences", "known"),
    [
        (BROKEN, [1, 1.4737, 2.2105, 3.3158, 4.7992, 7.1988, 10.7981, 16.1972, 24.2958]),
        (UNDECIDED, [1, 1, 0.9737, 0.9737, 1.4605, 1.4605, 0.7303, 0.7303, 0.9366, 1.3304]),
    ],
)
def test_known_differences_have_the_known_evidence(differences: list[float], known: list[float]) -> None:
    assert [math.exp(state.log_e) for state in after(differences)] == pytest.approx(known, abs=5.1e-5)
    assert np.exp(log_path(np.array(differences), limit=0.0)) == pytest.approx(known, abs=5.1e-5)


def test_a_student_that_always_fails_is_shown_at_the_ninth_block_and_not_before() -> None:
    shown = [state.log_e >= log_needed(0.05) for state in after(BROKEN)]
    assert shown == [False] * 8 + [True]


@given(st.lists(DIFFERENCES, min_size=1, max_size=3), LIMITS)
def test_many_sequences_at_once_are_what_each_is_alone(sequences: list[list[float]], limit: float) -> None:
    longest = max(map(len, sequences))
    padded = np.array([sequence + [0.0] * (longest - len(sequence)) for sequence in sequences])
    found = log_path(padded, limit=limit)
    for row, sequence in zip(found, padded.tolist(), strict=True):
        assert row == pytest.approx([state.log_e for state in after(sequence, limit)], rel=1e-12, abs=1e-12)


# Differences of a block with a mean of exactly the limit: value and chance. The last two are as lopsided as it gets.
AT_THE_LIMIT = {
    "a coin": (0.0, [(-1.0, 0.5), (1.0, 0.5)]),
    "rare and full": (0.0, [(-0.05, 20 / 21), (1.0, 1 / 21)]),
    "one of three": (0.1, [(-1.0, 0.3), (0.0, 0.3), (1.0, 0.4)]),
    "a proof": (-0.2, [(-1.0, 0.4), (0.0, 0.4), (1.0, 0.2)]),
}


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_at_the_limit_the_expected_evidence_is_1_after_every_block(name: str) -> None:
    """Every sequence of eight blocks, with its chance: the bets are fair, exactly."""
    limit, outcomes = AT_THE_LIMIT[name]
    for blocks in range(1, 9):
        expected = 0.0
        for sequence in product(outcomes, repeat=blocks):
            chance = math.prod(chance for _, chance in sequence)
            expected += chance * math.exp(after([value for value, _ in sequence], limit)[-1].log_e)
        assert expected == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_within_the_limit_the_expected_evidence_is_at_most_1(name: str) -> None:
    limit, outcomes = AT_THE_LIMIT[name]
    # One part in twenty of the chance of the best outcome for an alarm goes to the worst one.
    better = [*outcomes[:-1], (outcomes[-1][0], outcomes[-1][1] * 0.95)]
    better[0] = (better[0][0], better[0][1] + outcomes[-1][1] * 0.05)
    expected = sum(
        math.prod(chance for _, chance in sequence) * math.exp(after([value for value, _ in sequence], limit)[-1].log_e)
        for sequence in product(better, repeat=7)
    )
    assert expected < 1.0


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_the_chance_of_ever_reaching_a_level_is_at_most_one_over_it(name: str) -> None:
    """Ville's inequality, by every sequence of eight blocks, for a low level that is reached at all."""
    limit, outcomes = AT_THE_LIMIT[name]
    reached = 0.0
    for sequence in product(outcomes, repeat=8):
        path = log_path(np.array([value for value, _ in sequence]), limit=limit)
        if path.max() >= math.log(4):
            reached += math.prod(chance for _, chance in sequence)
    assert reached <= 0.25


def test_the_chance_may_depend_on_the_past_as_long_as_the_mean_does_not() -> None:
    """Traffic that gets harder after each failure, for both models: still a fair game."""

    def expected(state: EProcess, spread: float, left: int) -> float:
        if not left:
            return math.exp(state.log_e)
        up, down = advance(state, spread), advance(state, -spread)
        return 0.5 * expected(up, min(1.0, spread * 1.3), left - 1) + 0.5 * expected(down, spread * 0.7, left - 1)

    assert expected(EProcess(0.0), 0.5, 10) == pytest.approx(1.0, abs=1e-12)


@given(DIFFERENCES, LIMITS)
def test_one_block_never_takes_more_than_half_and_nothing_is_bet_on_a_gain(
    differences: list[float], limit: float
) -> None:
    states = [EProcess(limit), *after(differences, limit)]
    for before, now in pairwise(states):
        assert now.log_e >= before.log_e - math.log(2) - 1e-12
        assert 0 <= before.bet <= 0.5 / (1 + limit)
        if before.total <= 0:
            assert before.bet == 0.0


@given(DIFFERENCES, LIMITS)
def test_the_state_survives_json_to_the_last_bit(differences: list[float], limit: float) -> None:
    state = after(differences, limit)[-1]
    again = EProcess.from_document(json.loads(json.dumps(state.document())))
    assert again == state
    assert advance(again, 0.5) == advance(state, 0.5)


def test_several_watched_each_need_more() -> None:
    assert math.exp(log_needed(0.05)) == pytest.approx(20)
    assert math.exp(log_needed(0.05, watched=3)) == pytest.approx(60)


@pytest.mark.parametrize("difference", [1.01, -1.01, float("nan"), float("inf")])
def test_a_difference_that_cannot_be_read_is_refused(difference: float) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        advance(EProcess(0.0), difference)
    assert refused.value.code == "difference_out_of_range"


@pytest.mark.parametrize("limit", [-1.0, 1.0, 3.0, float("nan")])
def test_a_limit_in_points_is_refused(limit: float) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        EProcess(limit)
    assert refused.value.code == "limit_out_of_range"


@pytest.mark.parametrize(("alpha", "watched"), [(0.0, 1), (1.0, 1), (0.05, 0)])
def test_an_error_that_is_none_is_refused(alpha: float, watched: int) -> None:
    with pytest.raises(EvidenceUnusable):
        log_needed(alpha, watched=watched)
