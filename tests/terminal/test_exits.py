"""One table from a verdict to an exit code."""

from __future__ import annotations

import pytest

from apps.kernel.errors import Conflict, InvalidInput, Unavailable
from apps.terminal import exits


@pytest.mark.parametrize(
    ("verdict", "code"), [("pass", 0), ("fail", 1), ("inconclusive", 3), ("invalid", 4), (None, 0)]
)
def test_a_verdict_has_one_exit_code(verdict: str | None, code: int) -> None:
    assert exits.of_verdict(verdict) == code


@pytest.mark.parametrize("word", ["warn", "pass"])
def test_only_an_inconclusive_verdict_can_be_let_through(word: str) -> None:
    codes = [exits.of_verdict(verdict, on_inconclusive=word) for verdict in exits.OF_VERDICT]
    assert codes == [0, 1, 0, 4]


def test_a_service_that_is_away_is_no_mistake_of_the_caller() -> None:
    assert [exits.of_error(kind("x")) for kind in (InvalidInput, Conflict, Unavailable)] == [2, 2, 5]
