from __future__ import annotations

import pytest

from apps.kernel.scorecard import NO_OUTPUT, Arm, Row
from apps.kernel.scorecard.endings import CUT_OFF, REFUSED, Endings, ending_of, kind_of
from tests.kernel.cards import arm, card


@pytest.mark.parametrize(
    ("fault", "finish", "expected"),
    [
        (None, "stop", ""),
        (None, None, ""),
        ("", "recorded", ""),
        ("rate_limited", "stop", "rate_limited"),
        (None, "content_filter", REFUSED),
        (None, "SAFETY", REFUSED),
        (None, "length", CUT_OFF),
        ("", "MAX_TOKENS", CUT_OFF),
    ],
)
def test_an_ending_is_the_fault_or_what_the_provider_called_it(
    fault: str | None, finish: str | None, expected: str
) -> None:
    assert ending_of(fault, finish) == expected


def test_every_other_ending_is_a_fault() -> None:
    assert [kind_of(ending) for ending in ("", REFUSED, CUT_OFF, "upstream_deadline")] == [
        "",
        REFUSED,
        CUT_OFF,
        "fault",
    ]


def rows() -> list[Row]:
    sides = [
        (Arm(fault="rate_limited"), arm(1.0)),
        (Arm(fault="rate_limited"), Arm(fault="upstream_deadline")),
        (arm(1.0), Arm({}, finish="content_filter")),
        (arm(1.0), arm(1.0)),
        (arm(1.0), Arm(fault=NO_OUTPUT)),
    ]
    return [Row(str(number), "a", *both) for number, both in enumerate(sides)]


def test_a_card_counts_endings_by_pair_and_leaves_out_what_was_never_asked() -> None:
    found = card(rows()).traffic_of("a").endings
    assert found.counts == (("", "refused", 1), ("rate_limited", "", 1), ("rate_limited", "upstream_deadline", 1))
    assert (found.paired("fault"), found.paired(REFUSED), found.paired(CUT_OFF)) == ((1, 0, 1), (0, 1, 0), (0, 0, 0))
    assert found.codes() == ({"rate_limited": 2}, {"refused": 1, "upstream_deadline": 1})


def test_a_card_whose_answers_all_ended_well_says_nothing_of_endings() -> None:
    assert "endings" not in card([Row("1", "a", arm(1.0), arm(1.0))]).document()["cohorts"][0]  # type: ignore[index]


def test_parts_add_up_and_read_back() -> None:
    one, other = Endings.of({("", "refused"): 1, ("", ""): 5}), Endings.of({("", "refused"): 2, ("x", ""): 1})
    merged = Endings.merged([one, other])
    assert merged.counts == (("", "refused", 3), ("x", "", 1))
    assert Endings.from_document(merged.document()) == merged
