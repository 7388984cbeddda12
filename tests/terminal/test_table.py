"""The terminal's table says what the page says, in columns that line up."""

from __future__ import annotations

from apps.gates import queries
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.terminal import table
from tests.conftest import Person
from tests.factories import runs


def report(project: Project, ada: Person) -> dict:
    decision = runs.judged(ada.who, project, rows=runs.golden_rows(40), wrong=["row-0001", "row-0003"])
    with acting(ada.who):
        return queries.report_of(decision.scorecard, decision)


def test_each_cell_and_the_verdict_are_told(project: Project, ada: Person) -> None:
    told = list(table.lines(report(project, ada)))
    cell = next(line for line in told if line.startswith("all traffic"))
    assert cell.split()[:7] == ["all", "traffic", "ExactMatch", "40", "1.000", "0.950", "−5.0"]
    assert "◐ INCONCLUSIVE" in told
    assert any(line.startswith("  ◐ high-value: Not enough evidence.") for line in told)


def test_columns_line_up(project: Project, ada: Person) -> None:
    head, rule, *rows = list(table.lines(report(project, ada)))[:5]
    end = rule.index("  ", rule.index("─"))
    assert all(row[end : end + 2] == "  " for row in (head, *rows))


def test_a_card_without_a_gate_says_so() -> None:
    assert list(table.verdict_lines({"verdict": None, "findings": []})) == ["No gate was asked."]


def test_what_is_worth_knowing_and_what_would_decide_follow_the_verdict(project: Project, ada: Person) -> None:
    wrong = [f"row-{number:04d}" for number in range(1, 40, 2)]
    decision = runs.judged(ada.who, project, rows=runs.golden_rows(400), wrong=wrong[:12])
    with acting(ada.who):
        told = list(table.lines(queries.report_of(decision.scorecard, decision)))
    assert "  ! ExactMatch: −3.0 pp on all traffic hides −6.0 pp in gold (50.0 % of traffic)." in told
    collecting = [line for line in told if line.startswith("  ◐ ")]
    assert any(line.endswith(" min)") and " more, " in line for line in collecting), collecting


def test_a_report_from_before_remarks_tells_what_its_mix_hides() -> None:
    cells = [
        {"cohort": name, "evaluator": "E", "n": n, "delta_pp": delta}
        for name, n, delta in (("a", 95, 0.0), ("b", 5, -20.0))
    ]
    cohorts = [{"cohort": "*", "weight": 1.0}, {"cohort": "a", "weight": 0.95}, {"cohort": "b", "weight": 0.05}]
    looked = {"reason": "worth_a_look", "sentence": "Worth a look. b lags."}
    assert list(table.remark_lines({"cells": cells, "cohorts": cohorts, "findings": [looked]})) == [
        "  ! E: −1.0 pp on all traffic hides −20.0 pp in b (5.0 % of traffic).",
        "  ! Worth a look. b lags.",
    ]


def test_limits_of_the_student_alone_are_a_table_of_their_own() -> None:
    shared = {"cohort": "*", "evaluator": None, "verdict": "clear", "rows_to_decide": None}
    latency = {
        **shared, "rule": "fast", "figure": "latency", "value_ms": 1840.0, "interval_ms": [1790.0, None],
        "at_most_ms": 2000.0, "quantile": 0.95, "until": "answer",
    }  # fmt: skip
    rate = {
        **shared, "rule": "valid", "figure": "pass_rate", "evaluator": "json", "verdict": "inconclusive",
        "value": 0.984, "interval": [0.9761, 0.99], "at_least": 0.98, "rows_to_decide": 2400,
    }  # fmt: skip
    head, _, *rows, last = list(table._limits([latency, rate, {**shared, "figure": "score"}]))
    assert head.split() == ["rule", "cohort", "evaluator", "limit", "seen", "interval", "verdict", "rows"]
    assert [" ".join(row.split()) for row in rows] == [
        "fast all traffic p95 ≤ 2,000 ms 1,840.0 ms [1,790.0, –] ○ clear –",
        "valid all traffic json ≥ 98 % 98.4 % [97.6, 99.0] ◐ inconclusive 2,400",
    ]
    assert last == ""
    unknown = {**latency, "value_ms": None, "interval_ms": None, "until": "first_token"}
    assert (
        " ".join(list(table._limits([unknown]))[2].split())
        == "fast all traffic p95 first token ≤ 2,000 ms – – ○ clear –"
    )
    assert list(table._limits([])) == []


def test_the_gap_of_whole_answers_is_told_where_it_was_measured() -> None:
    found = {
        "n": 30, "missing": {"text_cut": 2}, "reason": None, "means": "kl_rate", "sampling": "temperature_1",
        "gap": 0.41, "interval": [0.38, 0.44], "level": 0.9, "teacher": 1.0, "student": 1.41,
    }  # fmt: skip
    lacking = {**found, "n": 0, "reason": "prompt_scoring_unsupported", "gap": None, "interval": None}
    report = {"cohorts": [{"cohort": "*", "bits_per_byte": found}, {"cohort": "a", "bits_per_byte": lacking}]}
    title, _, _, whole, other, end = table.gap_lines(report)
    assert (title, end) == ("bits-per-byte gap", "")
    assert whole.split() == ["all", "traffic", "30", "0.410", "[0.380,", "0.440]", "1.000", "1.410", "2", "text_cut"]
    assert "prompt_scoring_unsupported" in other
    assert list(table.gap_lines({"cohorts": [{"cohort": "*"}]})) == []
    found["means"] = "cross_entropy_gap"
    assert next(iter(table.gap_lines(report))) == "cross-entropy gap, bits a byte (no divergence)"
