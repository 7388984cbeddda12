"""Live traffic in words: every figure with its chance, every unknown one with its reason."""

from __future__ import annotations

from datetime import date

import pytest

from apps.kernel.sentences.traffic import WHY, days, told
from apps.kernel.traffic import Compared, Window

FULL = Compared(
    unknown=3, psi=0.2134, expected_psi=0.0051, mix_p=0.00002, mix_drifted=True, mmd2=0.00168, content_p=1 / 201,
    golden_texts=480, live_texts=500, novelty=0.192, novelty_rows=500,
)  # fmt: skip


def test_a_whole_comparison_is_told() -> None:
    found = told(FULL)
    assert found.mix == "PSI 0.213, p < 0.001 (equal mixes show 0.005 on average)"
    assert found.content == "p 0.005, MMD² 0.00168 over 500 live and 480 golden rows"
    assert found.novelty == "19.2 % of 500 live rows are unlike any golden row (5 % is usual)"
    assert (found.mix_moved, found.content_moved, found.is_new) == (True, True, True)


@pytest.mark.parametrize(("code", "why"), WHY.items())
def test_what_is_not_known_says_why(code: str, why: str) -> None:
    found = told(Compared(0, mix_reason=code, content_reason=code, novelty_reason=code))
    assert (found.mix, found.content, found.novelty) == (f"not known: {why}",) * 3
    assert (found.mix_moved, found.content_moved, found.is_new) == (False, False, False)


def test_a_reason_without_words_is_read_out() -> None:
    assert told(Compared(0, mix_reason="some_other")).mix == "not known: some other"


def test_days_are_said_from_the_first_to_the_last() -> None:
    one, other = Window(date(2026, 11, 1), date(2026, 11, 14)), Window(date(2026, 11, 15), date(2026, 11, 15))
    assert (days(one), days(other)) == ("1 Nov 2026 to 14 Nov 2026", "15 Nov 2026")
