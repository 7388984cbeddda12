"""Anchors: drawn as the run was, and a judge that changed told from one that errs by chance."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from apps.kernel.errors import InvalidInput
from apps.kernel.evaluators import anchors
from apps.kernel.evaluators.anchors import Candidate, draw, drift_of
from apps.kernel.scorecard.anchors import Anchors
from apps.kernel.statistics.flips import mcnemar_exact


def candidates(count: int = 600, *, share_of_fails: float = 0.2) -> list[Candidate]:
    """Two cohorts, one of three rows of four; every so many fail in each."""
    return [
        Candidate(f"g{n}", "big" if n % 4 else "small", float(n // 4 % round(1 / share_of_fails) > 0))
        for n in range(count)
    ]


def again(
    pairs: dict[tuple[float, float], int], *, missing: int = 0, then: tuple[str, ...] = (), now: tuple[str, ...] = ()
) -> Anchors:
    verdicts = [(a, b, "") for (a, b), count in pairs.items() for _ in range(count)]
    return Anchors.counted(
        [*verdicts, *[(1.0, None, "judge_unparsable")] * missing],
        set="s", revision=1, judge="j", drawn_on="2026-03-14", told_then=then, told_now=now,
    )  # fmt: skip


def test_each_cohort_and_verdict_gives_its_share() -> None:
    drawn = draw(candidates(), size=120, seed="run")
    counts = Counter((one.cohort, one.value) for one in drawn)
    assert counts == {("big", 1.0): 72, ("big", 0.0): 18, ("small", 1.0): 24, ("small", 0.0): 6}


def test_a_run_with_fewer_gives_all_it_has() -> None:
    assert len(draw(candidates(110), size=120, seed="run")) == 110


@pytest.mark.parametrize(
    ("count", "size", "code"),
    [(600, 99, "anchors_size"), (600, 401, "anchors_size"), (99, 120, "anchors_too_few"), (0, 100, "anchors_too_few")],
)
def test_too_few_or_too_many_are_refused(count: int, size: int, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        draw(candidates(count), size=size, seed="run")
    assert refused.value.code == code


@settings(max_examples=25, deadline=None)
@given(st.integers(100, 400), st.randoms(use_true_random=False), st.integers(100, 900))
def test_the_same_seed_draws_the_same_from_any_order(size: int, dice: object, count: int) -> None:
    known = candidates(count)
    mixed = known[:]
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    drawn = draw(known, size=size, seed="run")
    assert drawn == draw(mixed, size=size, seed="run")
    assert len(set(drawn)) == len(drawn) == min(size, count)
    exact = {place: len(drawn) * n / count for place, n in Counter((c.cohort, c.value) for c in known).items()}
    found = Counter((c.cohort, c.value) for c in drawn)
    assert all(abs(found[place] - share) < 1 for place, share in exact.items())


def test_another_seed_draws_others() -> None:
    assert draw(candidates(), size=120, seed="a") != draw(candidates(), size=120, seed="b")


def test_another_version_question_or_setting_is_another_judge() -> None:
    entry = {"kind": "factual_accuracy", "version": 1, "settings": {}, "judge_version_id": "j", "name": "A"}
    known = anchors.judge_digest(entry)
    assert anchors.judge_digest({**entry, "name": "B", "is_primary": False}) == known
    others = [{"kind": "groundedness"}, {"version": 2}, {"settings": {"instruction": "x"}}, {"judge_version_id": "k"}]
    assert len({known, *(anchors.judge_digest({**entry, **one}) for one in others)}) == 5


def test_a_set_is_named_by_its_judge_answers_and_verdicts() -> None:
    known = anchors.set_digest("j", [("a", 1.0), ("b", 0.0)])
    assert anchors.set_digest("j", [("b", 0.0), ("a", 1.0)]) == known
    assert len({known, anchors.set_digest("k", [("a", 1.0), ("b", 0.0)]), anchors.set_digest("j", [("a", 1.0)])}) == 3


@pytest.mark.parametrize(
    ("stricter", "kinder", "code"),
    [(8, 0, "flipped"), (7, 0, None), (0, 8, "flipped"), (10, 1, None), (11, 1, "flipped"), (9, 9, None)],
)
def test_flips_one_way_are_drift_and_flips_both_ways_are_not(stricter: int, kinder: int, code: str | None) -> None:
    rest = 120 - stricter - kinder
    found = drift_of(again({(1.0, 0.0): stricter, (0.0, 1.0): kinder, (1.0, 1.0): rest}))
    assert (found.code, found.stricter, found.kinder, found.flips) == (code, stricter, kinder, stricter + kinder)
    assert found.p == mcnemar_exact(stricter, kinder)


def test_graded_scores_are_held_against_their_mean() -> None:
    steady = drift_of(again({(0.5, 0.6): 30, (0.6, 0.5): 30, (0.9, 0.9): 60}))
    assert (steady.code, steady.shift) == (None, pytest.approx(0.0))
    lower = drift_of(again({(0.8, 0.7): 100, (0.9, 0.9): 20}))
    assert (lower.code, lower.shift) == ("shifted", pytest.approx(-1 / 12))
    assert lower.p is not None
    assert lower.p < 0.001
    assert drift_of(again({(0.7, 0.8): 100, (0.9, 0.9): 20})).code == "shifted"
    # A shift of nothing but two answers is within what two phantom answers allow.
    assert drift_of(again({(0.8, 0.7): 2, (0.9, 0.9): 118})).code is None


def test_a_new_name_of_the_provider_is_a_change_whatever_the_verdicts() -> None:
    found = drift_of(again({(1.0, 1.0): 120}, then=("m fp_1", "m fp_2"), now=("m fp_1", "m fp_3")))
    assert (found.code, found.renamed) == ("renamed", ("m fp_3",))
    assert drift_of(again({(1.0, 1.0): 120}, then=("m fp_1", "m fp_2"), now=("m fp_1",))).code is None
    # Nothing was told then, or nothing is told now: there is nothing to hold against.
    assert drift_of(again({(1.0, 1.0): 120}, now=("m",))).code is None
    assert drift_of(again({(1.0, 1.0): 120}, then=("m",))).code is None


@pytest.mark.parametrize(("missing", "code"), [(12, None), (13, "silent"), (120, "silent")])
def test_a_judge_that_gives_no_verdict_on_a_tenth_is_not_known_to_be_the_same(missing: int, code: str | None) -> None:
    assert drift_of(again({(1.0, 1.0): 120 - missing}, missing=missing)).code == code


def test_without_a_single_anchor_nothing_is_known() -> None:
    found = drift_of(again({}))
    assert (found.code, found.p, found.judged) == ("silent", None, 0)


def false_alarm(passes: int, fails: int, passed_turns: float, failed_turns: float) -> float:
    """How often a judge that did not change is said to have: every pair of counts of flips each way."""
    total = 0.0
    for stricter in range(passes + 1):
        chance = float(binom.pmf(stricter, passes, passed_turns))
        if chance < 1e-12:
            continue
        for kinder in range(fails + 1):
            if mcnemar_exact(stricter, kinder) < anchors.ALPHA:
                total += chance * float(binom.pmf(kinder, fails, failed_turns))
    return total


@pytest.mark.parametrize("discordance", [0.02, 0.06, 0.12, 0.2])
@pytest.mark.parametrize("pass_share", [0.5, 0.8, 0.9])
def test_a_judge_that_errs_at_random_is_not_said_to_drift(discordance: float, pass_share: float) -> None:
    """Of answers asked twice as many turn one way as the other; so by share no more than one run of a hundred."""
    passes = round(120 * pass_share)
    turned = discordance / 2 / pass_share, min(1.0, discordance / 2 / (1 - pass_share))
    assert false_alarm(passes, 120 - passes, *turned) <= anchors.ALPHA


def test_a_set_of_as_many_fails_as_passes_would_cry_drift() -> None:
    """Why the draw is by share: a tenth fails in the run, half would in such a set, and errs towards the mean."""
    assert false_alarm(60, 60, 0.06 / 2 / 0.9, 0.06 / 2 / 0.1) > 0.8


@pytest.mark.parametrize(("turned", "caught"), [(0.05, 0.25), (0.10, 0.91), (0.15, 0.99)])
def test_how_often_a_judge_that_grew_stricter_is_caught(turned: float, caught: float) -> None:
    # Eight flips one way of 120 are the fewest that 1 % lets speak.
    assert float(binom.sf(7, 120, turned)) == pytest.approx(caught, abs=0.03)
    assert math.isclose(mcnemar_exact(8, 0), 0.0078125)
