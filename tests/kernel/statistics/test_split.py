"""Whether traffic is split as intended: an e-value that is a fair game, and finds a router that leans."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.split import Split, advance, log_e, reweighted

SHARES = st.sampled_from([0.01, 0.05, 0.3, 0.5, 0.95])


@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.05, 0.3, 0.5]))
def test_it_is_the_mean_likelihood_ratio_over_the_prior(students: int, teachers: int, share: float) -> None:
    def weighted(other: float) -> float:
        ratio = (other / share) ** students * ((1 - other) / (1 - share)) ** teachers
        return float(beta.pdf(other, 100 * share, 100 * (1 - share)) * ratio)

    mean, _ = quad(weighted, 0, 1, points=[share, 0.5], limit=200)
    assert math.exp(float(log_e(students, teachers, share=share))) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 7, 60])
def test_split_as_intended_its_expectation_is_1(n: int, share: float) -> None:
    expected = sum(
        math.comb(n, k) * share**k * (1 - share) ** (n - k) * math.exp(float(log_e(k, n - k, share=share)))
        for k in range(n + 1)
    )
    assert expected == pytest.approx(1.0, abs=1e-9)


def test_known_counts_have_known_evidence() -> None:
    assert Split(0.05, 50, 950).log_e == pytest.approx(-1.2141, abs=5e-5)
    assert not Split(0.05, 300, 4_700).is_broken
    assert Split(0.05, 600, 9_400).is_broken
    assert Split(0.05, 400, 9_600).is_broken


def test_one_conversation_says_nothing_yet() -> None:
    assert Split(0.05).log_e == pytest.approx(0.0, abs=1e-12)
    assert advance(Split(0.05), student=True) == Split(0.05, 1, 0)
    assert advance(Split(0.05), student=False) == Split(0.05, 0, 1)
    assert Split(0.05, 1, 0).log_e == pytest.approx(0.0, abs=1e-9)


@given(st.integers(0, 500), st.integers(0, 500), SHARES, SHARES)
def test_another_share_begins_a_new_count_and_keeps_the_evidence(
    students: int, teachers: int, share: float, later: float
) -> None:
    before = Split(share, students, teachers)
    after = reweighted(before, later)
    assert (after.students, after.teachers, after.share) == (0, 0, later)
    assert after.log_e == pytest.approx(before.log_e, abs=1e-9)
    more = advance(after, student=True)
    assert more.log_e == pytest.approx(before.log_e + float(log_e(1, 0, share=later)), abs=1e-9)


@given(st.integers(0, 10**7), st.integers(0, 10**7), SHARES)
def test_it_survives_json_and_stays_finite(students: int, teachers: int, share: float) -> None:
    state = Split(share, students, teachers, carried=1.25)
    assert Split.from_document(json.loads(json.dumps(state.document()))) == state
    assert math.isfinite(state.log_e)


@pytest.mark.parametrize("share", [0.0, 1.0, 5.0, float("nan")])
def test_where_nothing_is_split_nothing_is_checked(share: float) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        Split(share)
    assert refused.value.code == "share_out_of_range"


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        Split(0.5, -1, 3)
    assert refused.value.code == "counts_do_not_fit"
