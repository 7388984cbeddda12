"""The fixed sentences about evidence that is out of date, contaminated or none."""

from __future__ import annotations

import pytest

from apps.kernel.gate.circumstances import Change, LiveWindow
from apps.kernel.sentences import freshness


def change(kind: str, evaluator: str | None = None) -> Change:
    return Change(kind, "opus@4", "opus@5", "2026-11-03", evaluator)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("teacher", "The teacher changed from opus@4 to opus@5 on 3 Nov 2026; this card compares with opus@4."),
        ("dataset", "opus@5 was pinned on 3 Nov 2026; this card was measured on opus@4."),
        (
            "price",
            "The prices of opus@5 changed on 3 Nov 2026; the costs on this card were counted with those of before.",
        ),
        ("judge", "All cohorts × quality: the judge changed from opus@4 to opus@5 on 3 Nov 2026."),
        ("evaluator", "All cohorts × quality: the evaluator is now version opus@5, then opus@4."),
    ],
)
def test_each_change_has_its_sentence_and_its_step(kind: str, sentence: str) -> None:
    assert freshness.changed(kind, change(kind, "quality"), "*") == f"Out of date. {sentence} → Run again"


def test_ages_and_drifts_are_told_with_their_figures() -> None:
    assert "41 days old; the policy takes cards of at most 30 days" in freshness.too_old(41, at_most=30.0)
    assert "(PSI 0.21, p 0.002)" in freshness.drifted(psi=0.21, p=0.002)
    assert freshness.golden_old("golden@1", days=1200).startswith("golden@1 was pinned 1,200 days ago")


def test_one_row_stands_and_two_stand() -> None:
    assert freshness.few_contaminated(rows=1, compared=300).startswith("1 of 300 rows stands in")
    assert freshness.few_contaminated(rows=2, compared=300).startswith("2 of 300 rows stand in")


def test_a_chance_is_never_told_as_none_at_all() -> None:
    assert [freshness.chance(p) for p in (0.0009, 0.001, 0.9999)] == ["p < 0.001", "p 0.001", "p 1.000"]


def test_a_window_of_one_day_is_told_as_a_day() -> None:
    one, other = LiveWindow("s", "2026-11-01", "2026-11-14"), LiveWindow("s", "2026-11-15", "2026-11-15")
    assert (freshness.days(one), freshness.days(other)) == ("1 Nov 2026 to 14 Nov 2026", "15 Nov 2026")
