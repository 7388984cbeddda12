"""How long calls take: shared endpoints queue, others run side by side, an unknown time is no time."""

from __future__ import annotations

from apps.kernel.pace import Lane, duration_s

QUICK = (1.0, 4.0)


def test_calls_wait_for_one_another_at_the_concurrency_of_their_endpoint() -> None:
    assert duration_s([Lane("a", 100, QUICK, 10)], []) == (10.0, 40.0)


def test_two_endpoints_work_side_by_side_and_two_models_of_one_do_not() -> None:
    assert duration_s([Lane("a", 100, QUICK, 10), Lane("b", 100, QUICK, 20)], []) == (10.0, 40.0)
    assert duration_s([Lane("a", 100, QUICK, 10), Lane("a", 100, (2.0, 2.0), 10)], []) == (30.0, 60.0)


def test_judges_keep_up_at_best_and_begin_last_at_worst() -> None:
    assert duration_s([Lane("a", 100, QUICK, 10)], [Lane("j", 400, (0.5, 1.0), 10)]) == (20.0, 80.0)


def test_a_rate_is_a_limit_where_it_is_the_slower_one() -> None:
    assert duration_s([Lane("a", 100, QUICK, 10, requests_per_minute=60)], []) == (100.0, 100.0)
    assert duration_s([Lane("a", 100, QUICK, 10, requests_per_minute=6000)], []) == (10.0, 40.0)


def test_fewer_calls_than_fit_at_once_take_as_long_as_one() -> None:
    assert duration_s([Lane("a", 2, QUICK, 10)], []) == (1.0, 4.0)


def test_a_model_never_called_before_leaves_the_time_unknown() -> None:
    assert duration_s([Lane("a", 100, QUICK, 10), Lane("b", 1, None, 4)], []) is None
    assert duration_s([Lane("a", 100, QUICK, 10), Lane("b", 0, None, 4)], []) == (10.0, 40.0)


def test_no_call_takes_no_time() -> None:
    assert duration_s([], []) == (0.0, 0.0)
