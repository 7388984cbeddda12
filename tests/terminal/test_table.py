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
