"""What is said of a cohort that lost more than the others: the figure, and the chance of being wrong."""

from __future__ import annotations

from apps.kernel.sentences import excess
from apps.kernel.statistics.interval import Interval

SEEN = {"delta": -0.041, "interval": Interval(-0.07, -0.012, 0.9), "alpha": 0.05}


def test_a_look_is_asked_for_with_its_chance_of_a_false_alarm() -> None:
    assert excess.worth_a_look("refunds", "quality", margin=0.01, claims=12, **SEEN) == (
        "Worth a look. refunds × quality lost 4.1 pp more than the other cohorts (plausibly 1.2 pp to 7.0 pp), worse "
        "by more than 1.0 pp. Chance of a false alarm among 12 figures looked at together: at most 5 %. This fails "
        "nothing: what the cohort may lose is said by its own limit."
    )


def test_nothing_shown_is_said_with_the_same_figures() -> None:
    assert excess.like_the_rest("refunds", "quality", margin=0.0, claims=1, **SEEN) == (
        "Clear. refunds × quality: −4.1 pp against the other cohorts (plausibly −7.0 pp to −1.2 pp): not shown to be "
        "worse among 1 figure looked at, at a chance of a false alarm of 5 %."
    )
    assert excess.not_compared("refunds", "quality").startswith("Clear. refunds × quality: there are no other cohorts")
