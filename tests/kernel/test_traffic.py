"""Live traffic against golden rows: which days, which two samples, and every figure or the reason it is unknown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from apps.kernel.statistics.drift import population_stability, stability_from_shares
from apps.kernel.traffic import (
    Compared,
    GoldenMix,
    Window,
    WindowRefused,
    compare,
    newest_two,
    seed_of,
    shares_among,
    window,
)
from tests.kernel.statistics.test_content_drift import rows

TODAY = date(2026, 11, 24)
DECLARED = GoldenMix({"gold": 60, "plain": 60}, {"gold": 0.1, "plain": 0.9}, is_declared=True)
COUNTED = GoldenMix({"gold": 60, "plain": 60}, {"gold": 0.5, "plain": 0.5}, is_declared=False)
GOLDEN = [*rows(1, refunds=60, cohort="gold"), *rows(2, logins=60, cohort="plain")]


def of(counts: dict[str, int], golden: GoldenMix = DECLARED) -> Compared:
    return compare(counts, golden, live_texts=[], golden_texts=GOLDEN, seed=1)


def days(ago_from: int, ago_to: int) -> Window:
    return Window(TODAY - timedelta(ago_from), TODAY - timedelta(ago_to))


def test_the_mix_is_held_against_declared_shares_as_they_are_and_against_counted_rows_as_a_sample() -> None:
    live = {"gold": 30, "plain": 270}
    declared, counted = of(live), of(live, COUNTED)
    exact = stability_from_shares({"gold": 0.1, "plain": 0.9}, live)
    drawn = population_stability({"gold": 60, "plain": 60}, live)
    assert (declared.psi, declared.mix_p, declared.mix_drifted) == (exact.psi, exact.p, False)
    assert (declared.psi, declared.mix_p) == (0.0, 1.0)
    assert (counted.psi, counted.expected_psi, counted.mix_p) == (drawn.psi, drawn.expected_psi, drawn.p)
    assert counted.mix_drifted


def test_rows_of_unknown_cohorts_are_a_cell_of_their_own() -> None:
    found = of({"gold": 30, "plain": 270, "fraud": 60, "tax": 40})
    assert found.unknown == 100
    assert found.mix_drifted
    assert found.psi == stability_from_shares({"gold": 0.1, "plain": 0.9}, {"gold": 30, "plain": 270, "": 100}).psi


def test_names_that_do_not_match_and_a_single_cohort_leave_the_mix_unknown() -> None:
    strange = of({"Gold": 200, "plain": 100})
    assert (strange.psi, strange.mix_reason, strange.mix_drifted, strange.unknown) == (
        None,
        "cohorts_unknown",
        False,
        200,
    )
    assert (of({"gold": 300}).psi, of({"gold": 300}).mix_reason) == (None, "one_cohort")
    single = GoldenMix({"all": 60}, {"all": 1.0}, is_declared=False)
    assert of({"all": 300}, single).mix_reason == "cells_too_few"


def test_content_and_novelty_are_told_of_the_kept_texts() -> None:
    live = [*rows(3, refunds=20, cohort="gold"), *rows(4, logins=60, recipes=40, cohort="plain")]
    found = compare({"gold": 20, "plain": 100}, DECLARED, live_texts=live, golden_texts=GOLDEN, seed=1)
    assert found.content_p == pytest.approx(1 / 201)
    assert (found.content_moved, found.golden_texts, found.live_texts, found.content_reason) == (True, 120, 120, None)
    assert found.novelty is not None
    assert found.novelty >= 40 / 120
    assert found.is_new
    assert compare({"gold": 20, "plain": 100}, DECLARED, live_texts=live, golden_texts=GOLDEN, seed=1) == found


def test_what_cannot_be_told_of_content_has_its_reason() -> None:
    few = compare({"plain": 9, "gold": 2}, DECLARED, live_texts=GOLDEN[:9], golden_texts=GOLDEN, seed=1)
    assert (few.content_p, few.content_reason, few.novelty, few.novelty_reason) == (
        None, "rows_too_few", None, "rows_too_few",
    )  # fmt: skip
    gone = compare({"plain": 9, "gold": 2}, DECLARED, live_texts=None, golden_texts=GOLDEN, seed=1)
    assert (gone.content_reason, gone.novelty_reason) == ("sketches_forgotten", "sketches_forgotten")
    strange = rows(5, refunds=60, cohort="else")
    apart = compare({"else": 60}, DECLARED, live_texts=strange, golden_texts=GOLDEN, seed=1)
    assert (apart.content_reason, apart.novelty_rows, apart.novelty_reason) == ("rows_too_few", 60, None)


def test_a_comparison_is_written_and_read_back() -> None:
    found = of({"gold": 30, "plain": 270})
    assert Compared.from_document(found.document()) == found


def test_novelty_is_amber_above_fifteen_percent_and_content_below_one_percent_chance() -> None:
    assert [Compared(0, novelty=share).is_new for share in (0.15, 0.151)] == [False, True]
    assert [Compared(0, content_p=p).content_moved for p in (0.01, 0.0099)] == [False, True]
    assert not Compared(0).is_new
    assert not Compared(0).content_moved


def test_a_window_is_days_that_have_been() -> None:
    assert window("2026-11-01", "2026-11-24", today=TODAY) == Window(date(2026, 11, 1), TODAY)
    assert window("2026-11-24", "2026-11-24", today=TODAY) == Window(TODAY, TODAY)
    assert window("2025-11-24", "2026-11-24", today=TODAY).since_date == date(2025, 11, 24)


@pytest.mark.parametrize(
    ("since", "until", "code", "field"),
    [
        ("2026-11-02", "2026-11-01", "window_reversed", "from"),
        ("2026-11-01", "2026-11-25", "window_in_future", "to"),
        ("2025-11-23", "2026-11-24", "window_too_long", "from"),
        ("yesterday", "2026-11-24", "window_invalid", "from"),
        ("2026-11-01", "", "window_invalid", "to"),
    ],
)
def test_a_window_that_cannot_be_is_refused(since: str, until: str, code: str, field: str) -> None:
    with pytest.raises(WindowRefused) as refused:
        window(since, until, today=TODAY)
    assert (refused.value.code, refused.value.where) == (code, {"field": field})


def test_the_newest_sample_counts_and_the_newest_before_it_that_shares_no_day() -> None:
    last, shared, before, old = days(6, 0), days(13, 6), days(13, 7), days(80, 61)
    assert newest_two([last, shared, before, old], today=TODAY) == (last, before)
    assert newest_two([last, shared], today=TODAY) == (last, None)
    assert newest_two([old], today=TODAY) == (None, None)
    assert newest_two([days(80, 60)], today=TODAY) == (days(80, 60), None)
    assert newest_two([], today=TODAY) == (None, None)


def test_of_two_samples_that_ended_on_one_day_the_first_given_counts() -> None:
    assert newest_two([days(6, 0), days(3, 0)], today=TODAY)[0] == days(6, 0)


def test_shares_are_of_the_known_cohorts() -> None:
    assert shares_among({"a": 30, "b": 10, "strange": 60}, ["a", "b", "c"]) == {"a": 0.75, "b": 0.25, "c": 0.0}
    assert shares_among({"strange": 60}, ["a"]) == {}


def test_a_seed_is_that_of_both_sides() -> None:
    assert seed_of("sha256:a", "sha256:b") == seed_of("sha256:a", "sha256:b") != seed_of("sha256:b", "sha256:a")
