"""How long to wait, to the second."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.inference.retry import LONGEST_WAIT_S, RetryPolicy, retry_after_s

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 20.0), (60, 20.0)])
def test_steps_double_up_to_twenty_seconds(attempt: int, seconds: float) -> None:
    assert RetryPolicy(random=lambda: 1.0).wait_s(attempt, None) == seconds


@pytest.mark.parametrize(("drawn", "seconds"), [(0.0, 0.0), (0.25, 0.5), (0.999, 1.998)])
def test_jitter_is_full(drawn: float, seconds: float) -> None:
    assert RetryPolicy(random=lambda: drawn).wait_s(3, None) == pytest.approx(seconds)


def test_the_servers_wish_is_the_least() -> None:
    policy = RetryPolicy(random=lambda: 1.0)
    assert policy.wait_s(1, 7.0) == 7.0
    assert policy.wait_s(5, 3.0) == 8.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        (" 30 ", 30.0),
        ("99999999", LONGEST_WAIT_S),
        ("9" * 5000, LONGEST_WAIT_S),
        ("Tue, 24 Nov 2026 12:00:45 GMT", 45.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_S),
        ("Tue Nov 24 12:00:10 2026", 10.0),
    ],
)
def test_both_forms_of_retry_after_are_read_and_capped(header: str, seconds: float) -> None:
    assert retry_after_s(header, now=NOW) == seconds


@pytest.mark.parametrize("header", [None, "", " ", "-1", "soon", "1.5", "1e3", "NaN", "Tue, 99 Nov 2026 12:00:45 GMT"])
def test_nonsense_is_no_wish(header: str | None) -> None:
    assert retry_after_s(header, now=NOW) is None


def test_the_longest_wait_is_ten_minutes() -> None:
    assert LONGEST_WAIT_S == 600.0
