"""Words beside the checks; nothing is said where a report knows nothing, as those stored long ago."""

from __future__ import annotations

from apps.console import scorecard_beside
from tests.console import reports

RATES = {
    "rows": 100,
    "teacher": {"count": 0, "share": 0.0, "interval": [0.0, 0.026]},
    "student": {"count": 4, "share": 0.04, "interval": [0.018, 0.084]},
    "difference_pp": 4.0,
    "difference_interval_pp": [1.3, 8.4],
}


def sentences(**more: object) -> list[str]:
    return [sentence for sentence, _ in scorecard_beside.beside({**reports.cell("a"), **more}).notes]


def test_an_old_report_has_nothing_beside() -> None:
    assert scorecard_beside.beside(reports.cell("a")) == scorecard_beside.Beside((), ())
    assert scorecard_beside.answers({"cohorts": [reports.cohort("*"), reports.cohort("a")]}) == ()


def test_the_teachers_own_noise_is_said_in_words() -> None:
    noise = {
        "rows": 300, "runs": 3, "incomplete": 1, "flip_share": 0.041, "flip_interval": [0.024, 0.067],
        "self_size_pp": 0.8, "self_interval_pp": [-1.9, 1.9], "explained": 0.31, "p_repetition": 0.02,
    }  # fmt: skip
    assert sentences(noise=noise) == [
        "The teacher disagrees with itself on 4.1 % of rows (2.4 to 6.7 %; 300 rows).",
        "Repetition alone makes a difference of 0.8 pp, 31 % of the one seen.",
        "1 row counts by the mean of the answers that have a score.",
    ]
    assert sentences(noise={**noise, "flip_share": None, "explained": None, "incomplete": 0}) == [
        "Repetition alone makes a difference of 0.8 pp."
    ]


def test_each_models_score_is_said_with_its_interval() -> None:
    row = {"teacher_interval": [0.79, 0.905], "student_interval": [0.688, 0.829]}
    assert sentences(**row) == ["Teacher 0.857 [0.790, 0.905], student 0.766 [0.688, 0.829]."]
    assert sentences(teacher_interval=None, student_interval=None) == []


def test_few_clusters_and_odd_cohorts_are_tagged() -> None:
    look = {"delta_pp": -6.2, "p": 0.001, "q": 0.01, "worth_a_look": True}
    row = {**reports.cell("a"), "heterogeneity": look, "clusters": {"count": 12, "few": False, "thin": True}}
    assert scorecard_beside.beside(row).tags == (("worth a look", False), ("12 clusters", True))
    assert sentences(heterogeneity=look, missing_rates=RATES, smallest_loss_seen_pp=3.25) == [
        "These rows show a loss of 3.2 pp or more in 80 of 100 cases.",
        "Worth a look: −6.2 pp against the other cohorts.",
        "Missing: teacher 0.0 %, student 4.0 % (difference +4.0 pp [+1.3, +8.4]).",
    ]
    many = {**reports.cell("a"), "clusters": {"count": 80, "few": False, "thin": False}}
    assert scorecard_beside.beside(many).tags == ()


def test_answers_say_endings_first_tokens_and_divergence() -> None:
    sides = {"teacher": 412.0, "student": 96.0}
    divergence = {
        "n": 80, "positions": 900, "missing": {}, "reason": None, "at_least_nats": 0.14, "interval_nats": [0.11, 0.18],
        "tv_bounds": [0.1, 0.2], "covered": 0.97, "thin": False,
    }  # fmt: skip
    first = {"n": 88, "p50": sides, "p95": sides, "p99": sides}
    full = reports.cohort("a", divergence=divergence, first_token_ms=first, endings={"fault": RATES, "refused": None})
    unlike = reports.cohort("b", divergence={**divergence, "at_least_nats": None, "reason": "not_comparable"})
    line, other = scorecard_beside.answers({"cohorts": [full, unlike]})
    assert line.divergence == "≥ 0.14 nats (covers 97 % of teacher mass)"
    assert (line.interval, line.is_thin) == ("[0.11, 0.18], n 80", False)
    assert line.endings == ("faults teacher 0.0 %, student 4.0 % (difference +4.0 pp [+1.3, +8.4])",)
    assert line.first_token == "p50 412 → 96, p95 412 → 96, p99 412 → 96 ms, n 88"
    assert (other.divergence, other.endings) == ("not comparable", ())
