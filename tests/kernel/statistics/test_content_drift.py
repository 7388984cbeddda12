"""Drift of content against a naive oracle, its properties, and novelty by definition."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from apps.kernel.statistics.content_drift import FEWEST_ROWS, Likeness, TextRow
from apps.kernel.statistics.hashed_text import sketch
from apps.kernel.statistics.interval import EvidenceUnusable
from tests.house.source import ROOT

TOPICS = {
    "refunds": ["refund", "money", "back", "order", "cancel", "return", "card", "charge", "twice", "parcel", "broken"],
    "logins": ["password", "login", "account", "email", "reset", "locked", "code", "phone", "sign", "secure"],
    "recipes": ["flour", "butter", "oven", "sugar", "whisk", "bake", "dough", "yeast", "simmer", "garlic"],
}


def said(dice: np.random.Generator, topic: str, words: int = 12) -> str:
    return " ".join(dice.choice(TOPICS[topic], size=words))


def rows(seed: int, *, cohort: str = "a", **counts: int) -> list[TextRow]:
    """So many texts of each topic."""
    dice = np.random.Generator(np.random.Philox(seed))
    found = []
    for topic, count in counts.items():
        for _ in range(count):
            one = sketch(said(dice, topic), key=b"k")
            assert one is not None
            found.append(TextRow(cohort, one))
    return found


def vectors(golden: list[TextRow], live: list[TextRow]) -> list[dict[int, float]]:
    """TF-IDF of both sides together, each of length 1, written out bin by bin."""
    counted = []
    for row in (*golden, *live):
        bins, counts = np.frombuffer(row.sketch.bins, "<u2"), np.frombuffer(row.sketch.counts, "<u2")
        counted.append(dict(zip(bins.tolist(), counts.tolist(), strict=True)))
    n = len(counted)
    having = {place: sum(place in one for one in counted) for one in counted for place in one}
    found = []
    for one in counted:
        raw = {
            place: (1 + math.log(count)) * (1 + math.log((1 + n) / (1 + having[place]))) for place, count in one.items()
        }
        length = math.sqrt(math.fsum(value**2 for value in raw.values()))
        found.append({place: value / length for place, value in raw.items()})
    return found


def distance(one: dict[int, float], other: dict[int, float]) -> float:
    cosine = math.fsum(value * other.get(place, 0.0) for place, value in one.items())
    return math.sqrt(max(0.0, 2 - 2 * cosine))


def naive_mmd2(golden: list[TextRow], live: list[TextRow]) -> float:
    """The unbiased estimate of Gretton et al. 2012, equation 3, by loops over all pairs."""
    all_rows = vectors(golden, live)
    ours, theirs = all_rows[: len(golden)], all_rows[len(golden) :]
    apart = sorted(distance(one, other) ** 2 for one, other in combinations(all_rows, 2))
    half = len(apart) // 2
    width2 = apart[half] if len(apart) % 2 else (apart[half - 1] + apart[half]) / 2

    def kernel(one: dict[int, float], other: dict[int, float]) -> float:
        return math.exp(-(distance(one, other) ** 2) / (2 * width2))

    n, m = len(ours), len(theirs)
    return (
        2 * math.fsum(kernel(one, other) for one, other in combinations(ours, 2)) / (n * (n - 1))
        + 2 * math.fsum(kernel(one, other) for one, other in combinations(theirs, 2)) / (m * (m - 1))
        - 2 * math.fsum(kernel(one, other) for one in ours for other in theirs) / (n * m)
    )


def test_the_discrepancy_is_that_of_a_naive_double_loop() -> None:
    golden, live = rows(1, refunds=30, logins=20), rows(2, refunds=25, logins=20, recipes=10)
    found = Likeness(golden, live).drift(seed=3)
    assert found.mmd2 == pytest.approx(naive_mmd2(sorted(golden), sorted(live)), abs=1e-12)
    assert (found.before, found.after, found.left_out) == (50, 55, 0)


def test_the_p_value_counts_permutations_at_least_as_large() -> None:
    """With the very permutations drawn, each judged by the naive loop."""
    golden, live = rows(5, refunds=50), rows(6, refunds=48, logins=2)
    found = Likeness(golden, live).drift(seed=9, permutations=5)
    together = [*sorted(golden), *sorted(live)]
    dice = np.random.Generator(np.random.Philox(9))
    sides = dice.permuted(np.repeat([[1.0] * 50 + [0.0] * 50], 5, axis=0), axis=1)
    drawn = [
        naive_mmd2(
            [row for row, side in zip(together, one, strict=True) if side == 1],
            [row for row, side in zip(together, one, strict=True) if side == 0],
        )
        for one in sides
    ]
    assert found.p == pytest.approx((1 + sum(one >= found.mmd2 for one in drawn)) / 6)


def test_equal_sides_have_not_drifted() -> None:
    same = rows(1, refunds=40, logins=40)
    found = Likeness(same, same).drift(seed=1)
    assert found.p == 1.0
    assert found.mmd2 < 0


def test_another_topic_is_found() -> None:
    found = Likeness(rows(1, refunds=150, logins=150), rows(2, refunds=127, logins=128, recipes=45)).drift(seed=1)
    assert found.p == pytest.approx(1 / 201)


def test_another_mix_of_cohorts_is_no_other_content() -> None:
    """Golden rows hold half of each cohort, traffic a tenth of one: only the texts within them are compared."""
    golden = [*rows(11, refunds=100, cohort="gold"), *rows(12, logins=100, cohort="plain")]
    live = [*rows(13, refunds=20, cohort="gold"), *rows(14, logins=180, cohort="plain")]
    assert Likeness(golden, live).drift(seed=1).p > 0.05
    unnamed = [[TextRow("", row.sketch) for row in side] for side in (golden, live)]
    assert Likeness(*unnamed).drift(seed=1).p == pytest.approx(1 / 201)


def test_cohorts_of_one_side_alone_are_left_out() -> None:
    golden = [*rows(1, refunds=60), *rows(2, logins=1, cohort="rare")]
    live = [*rows(3, refunds=60), *rows(4, recipes=30, cohort="unheard"), *rows(5, logins=5, cohort="rare")]
    found = Likeness(golden, live).drift(seed=1)
    assert (found.before, found.after, found.left_out) == (60, 60, 35)


def test_the_order_of_rows_and_the_process_change_nothing() -> None:
    golden, live = rows(1, refunds=60, logins=20), rows(2, refunds=40, logins=40)
    one, other = Likeness(golden, live), Likeness(golden[::-1], [*live[40:], *live[:40]])
    assert one.drift(seed=7) == other.drift(seed=7)
    assert one.novelty() == other.novelty()
    asked = (
        "from tests.kernel.statistics.test_content_drift import *\n"
        "print(repr(Likeness(rows(1, refunds=60, logins=20), rows(2, refunds=40, logins=40)).drift(seed=7).p))"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) == one.drift(seed=7).p


def test_novelty_is_the_share_beyond_the_golden_rows_own_distances() -> None:
    golden, live = rows(1, refunds=30, logins=30), rows(2, refunds=30, logins=20, recipes=10)
    found = Likeness(golden, live).novelty()
    all_rows = vectors(sorted(golden), sorted(live))
    ours, theirs = all_rows[:60], all_rows[60:]
    own = sorted(min(distance(one, other) for other in ours if other is not one) for one in ours)
    limit = own[56]  # the 57th of 60 is the first with 95 % at or below it
    assert found.limit == pytest.approx(limit, abs=1e-7)
    beyond = [min(distance(one, other) for other in ours) > limit + 1e-9 for one in theirs]
    assert found.share == sum(beyond) / 60
    assert (found.rows, found.share >= 10 / 60) == (60, True)


def test_golden_rows_themselves_are_not_new() -> None:
    same = rows(1, refunds=60, logins=60)
    assert Likeness(same, same).novelty().share == 0.0


def test_texts_that_are_all_alike_have_not_drifted() -> None:
    one = rows(1, refunds=1) * FEWEST_ROWS
    found = Likeness(one, one)
    assert (found.drift(seed=1).p, found.novelty().share) == (1.0, 0.0)
    other = rows(2, logins=1) * FEWEST_ROWS
    assert Likeness(one, other).drift(seed=1).p == pytest.approx(1 / 201)


@pytest.mark.parametrize(
    ("golden", "live", "code"),
    [(49, 60, "rows_too_few"), (60, 49, "rows_too_few"), (501, 60, "rows_too_many"), (60, 501, "rows_too_many")],
)
def test_too_few_and_too_many_rows_are_refused(golden: int, live: int, code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        Likeness(rows(1, refunds=golden), rows(2, refunds=live))
    assert refused.value.code == code


def test_cohorts_without_enough_rows_in_common_leave_the_content_unknown() -> None:
    found = Likeness(rows(1, refunds=60), rows(2, refunds=60, cohort="other"))
    with pytest.raises(EvidenceUnusable) as refused:
        found.drift(seed=1)
    assert refused.value.code == "rows_too_few"
    assert found.novelty().rows == 60
