"""Single proportions against printed limits and against their definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr, bdtrc

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.proportion import clopper_pearson_lower, clopper_pearson_upper, wilson

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (9, 10, 0.5958, 0.9821), (180, 200, 0.8506, 0.9343)],
)
def test_wilson_gives_the_known_limits(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n, level=0.95)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.level == 0.95


@given(COUNTS)
def test_wilson_stays_in_range_has_width_and_holds_the_share(counts: tuple[int, int]) -> None:
    successes, n = counts
    found = wilson(successes, n)
    assert 0 <= found.low < found.high <= 1
    assert found.low - 1e-12 <= successes / n <= found.high + 1e-12


@given(COUNTS)
def test_wilson_of_the_failures_is_the_mirror_image(counts: tuple[int, int]) -> None:
    successes, n = counts
    one, other = wilson(successes, n), wilson(n - successes, n)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-12)


def test_the_exact_bound_of_all_successes_is_the_rule_of_three() -> None:
    assert clopper_pearson_lower(299, 299) == pytest.approx(0.05 ** (1 / 299), abs=1e-12)
    assert clopper_pearson_upper(0, 299) == pytest.approx(1 - 0.05 ** (1 / 299), abs=1e-12)


def test_nothing_bounds_no_success_from_below_nor_all_from_above() -> None:
    assert (clopper_pearson_lower(0, 10), clopper_pearson_upper(10, 10)) == (0.0, 1.0)


@given(COUNTS, st.sampled_from([0.025, 0.05, 0.2]))
def test_at_the_exact_bound_the_seen_tail_has_exactly_alpha(counts: tuple[int, int], alpha: float) -> None:
    successes, n = counts
    if successes > 0:
        assert bdtrc(successes - 1, n, clopper_pearson_lower(successes, n, alpha=alpha)) == pytest.approx(
            alpha, rel=1e-8
        )
    if successes < n:
        assert bdtr(successes, n, clopper_pearson_upper(successes, n, alpha=alpha)) == pytest.approx(alpha, rel=1e-8)


@pytest.mark.parametrize(
    ("successes", "n", "code"), [(0, 0, "no_rows"), (-1, 5, "counts_do_not_fit"), (6, 5, "counts_do_not_fit")]
)
@pytest.mark.parametrize("estimate", [wilson, clopper_pearson_lower, clopper_pearson_upper])
def test_counts_that_do_not_fit_are_refused(estimate: object, successes: int, n: int, code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        estimate(successes, n)  # type: ignore[operator]
    assert refused.value.code == code
