from __future__ import annotations

import pytest

from apps.kernel.scorecard import GLOBAL, Cell, Row
from apps.kernel.sentences import scores
from apps.kernel.statistics.interval import Interval
from tests.kernel.cards import card, scored, table


def cell(rows: list[Row], cohort: str | None = None, **more: object) -> Cell:
    found = card(rows, **more).cell(cohort or rows[0].cohort, "quality")  # type: ignore[arg-type]
    assert found is not None
    return found


def test_pass() -> None:
    found = cell(table("Enterprise", losses=38, wins=29, n=3120))
    assert scores.passed(found, interval=Interval(-0.0067, 0.001, 0.9), margin=0.01) == (
        "Pass. Enterprise × quality: student 0.988, teacher 0.991, difference −0.3 pp. We can rule out a loss greater "
        "than 1.0 pp (worst plausible −0.7 pp; 3,120 rows, 38 lost, 29 won)."
    )


def test_fail() -> None:
    found = cell(table("Refunds", losses=31, wins=6, n=412))
    assert scores.failed(found, interval=Interval(-0.0865, -0.0380, 0.9), margin=0.03) == (
        "Fail. Refunds × quality lost 6.1 pp; even the kindest reading is −3.8 pp, beyond the 3.0 pp limit "
        "(412 rows, 31 lost, 6 won)."
    )


def test_insufficient_without_a_loss_names_the_rule_of_three() -> None:
    found = cell(table("Enterprise", n=15))
    said = scores.insufficient(
        found, interval=Interval(-0.16, 0.16, 0.9), margin=0.01, alpha=0.05, floor=299, wanted=1240
    )
    assert said == (
        "Not enough evidence. Enterprise × quality has 15 rows. The student lost 0 and won 0, yet with 15 rows a loss "
        "up to 18.1 pp cannot be ruled out. To show ≤ 1.0 pp you need at least 299 rows, about 1,240 if 6 % of answers "
        "differ. → Add rows"
    )


def test_insufficient_leaning_bad_says_so() -> None:
    found = cell(table("a", losses=14, wins=11, n=100))
    said = scores.insufficient(
        found, interval=Interval(-0.114, 0.054, 0.9), margin=0.03, alpha=0.05, floor=99, wanted=1752
    )
    assert "a loss up to 11.4 pp cannot be ruled out" in said
    assert said.endswith("The student is behind by 3.0 pp; more rows may well end in a fail. → Add rows")


def test_insufficient_on_graded_scores_counts_no_wins() -> None:
    found = cell(scored("a", [(0.5, 0.4), (0.5, 0.6)]))
    said = scores.insufficient(found, interval=Interval(-0.4, 0.4, 0.9), margin=0.03, alpha=0.05, floor=99, wanted=120)
    assert "has 2 rows. With 2 rows a loss up to 40.0 pp cannot be ruled out." in said
    assert "about 120 at the spread seen here." in said


def test_behind_by_more_than_the_limit() -> None:
    found = cell(table("a", losses=5, n=100))
    assert scores.behind(found, interval=Interval(-0.09, -0.024, 0.9), margin=0.03, claims=9) == (
        "Not enough evidence. a × quality: the student is behind by 5.0 pp, over the 3.0 pp limit, yet −2.4 pp is "
        "plausible too (100 rows, 5 lost, 0 won). More rows may well end in a fail."
    )


def test_behind_by_more_than_the_limit_but_one_of_many() -> None:
    found = cell(table("a", losses=15, n=100))
    said = scores.behind(found, interval=Interval(-0.2, -0.05, 0.9), margin=0.03, claims=9)
    assert "over the 3.0 pp limit, which may still be the unlucky one of 9 figures looked at together (" in said


def test_missing() -> None:
    rows = table("a", n=288, missing=9)
    rows += [
        Row(f"j{i}", "a", r.teacher, r.student)
        for i, r in enumerate(table("a", n=0, missing=3, reason="judge_unparsable"))
    ]
    assert scores.missing(cell(rows), unseen=0, harm_shown=False) == (
        "Not enough evidence. a × quality: 12 of 300 rows are missing (3 judge unreadable, 9 timed out). Counting them "
        "as losses the limit is not met. → Retry the 12"
    )


def test_missing_that_could_undo_a_harm() -> None:
    said = scores.missing(cell(table("a", losses=9, n=20, missing=1)), unseen=0, harm_shown=True)
    assert (
        "1 of 21 rows is missing (1 timed out). Counting them as wins the harm seen in the others is not shown." in said
    )


def test_missing_counts_examples_that_are_no_rows() -> None:
    said = scores.missing(cell(table("a", n=20)), unseen=2, harm_shown=False)
    assert "2 of 22 rows are missing (2 answered by one model only)" in said


def test_clear_tells_what_it_would_have_noticed() -> None:
    found = cell(table("a", losses=6, wins=2, n=200))
    said = scores.clear(found, interval=Interval(-0.05, 0.01, 0.9), noticeable=0.041, margin=0.03, claims=3)
    assert said == (
        "Clear. a × quality: difference −2.0 pp. Would have noticed a loss of 4.1 pp or more (80 % chance)."
    )


def test_clear_admits_a_weak_look() -> None:
    found, interval = cell(table("a", n=15)), Interval(-0.1, 0.1, 0.9)
    at_limit = scores.clear(found, interval=interval, noticeable=0.09, margin=0.03, claims=1)
    beyond = scores.clear(found, interval=interval, noticeable=0.0901, margin=0.03, claims=1)
    nothing = scores.clear(found, interval=interval, noticeable=1.0, margin=0.03, claims=1)
    assert "Weak look" not in at_limit
    assert beyond.endswith("Weak look: that is more than 3 times the 3.0 pp limit.")
    assert nothing.endswith("Weak look: with so few rows no loss would have been noticed.")


def test_clear_admits_an_unlucky_loss() -> None:
    found = cell(table("a", losses=6, n=20))
    said = scores.clear(found, interval=Interval(-0.4, -0.1, 0.9), noticeable=0.2, margin=0.03, claims=14)
    assert "difference −30.0 pp, which may be the unlucky one of 14 figures looked at together. Would" in said


@pytest.mark.parametrize(("count", "said"), [(1, "1 row has a score that is"), (2, "2 rows have scores that are")])
def test_not_finite(count: int, said: str) -> None:
    found = cell([*table("a", n=5), *scored("a", [(1.0, float("nan"))] * count)])
    assert scores.blocked(found, "not_finite") == (
        f"Not a number. a × quality: {said} not finite. → Repair the evaluator and score again"
    )


def test_weights() -> None:
    found = cell(table("a", n=5), GLOBAL, weights={"a": 0.5, "b": 0.25, "c": 0.25})
    assert scores.blocked(found, "weights") == (
        "Not enough evidence. All cohorts × quality: no complete row carries the traffic weight of b, c. → Add rows"
    )


def test_nothing_complete() -> None:
    assert scores.blocked(cell(table("a", n=0, missing=2)), "missing").startswith(
        "Not enough evidence. a × quality: 2 of 2 rows are missing (2 timed out)."
    )


def test_absent() -> None:
    assert scores.absent("*", None, scope="high_value").startswith(
        "Not enough evidence. No cohort is marked high-value"
    )
    assert "a × toxicity: no row has this score." in scores.absent("a", "toxicity", scope="each_cohort")
    assert "a: no row has a score the rule asks for." in scores.absent("a", None, scope="high_value")


def test_a_sentence_with_figures_needs_figures() -> None:
    with pytest.raises(ValueError, match="complete pairs"):
        scores.failed(cell(table("a", n=0, missing=1)), interval=Interval(0, 0, 0.9), margin=0.03)
