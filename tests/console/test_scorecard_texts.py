"""The divergence of whole answers in words a product manager reads."""

from __future__ import annotations

from typing import Any

import pytest

from apps.console.scorecard_texts import TextLine, bits, text_panel, why
from apps.console.scorecard_tiles import tiles
from tests.console.reports import cell, cohort, finding, report

KNOWN = {
    "n": 412, "missing": {"text_cut": 3, "student_upstream_failed": 1}, "reason": None, "means": "kl_rate",
    "sampling": "temperature_1", "gap": 0.1234, "interval": [0.101, 0.152], "level": 0.9,
    "teacher": 0.6, "student": 0.7234,
}  # fmt: skip
UNKNOWN = {
    **KNOWN, "n": 0, "missing": {"prompt_scoring_unsupported": 412}, "reason": "prompt_scoring_unsupported",
    "means": None, "gap": None, "interval": None, "level": None, "teacher": None, "student": None,
}  # fmt: skip


def told(found: dict[str, Any], **more: Any) -> Any:
    return report(
        [cell("*", "tasks"), cell("refunds", "tasks")],
        cohorts=[cohort("*", bits_per_byte=found), cohort("refunds", bits_per_byte=found)],
        **more,
    )


def test_a_gap_is_said_in_one_sentence_with_its_interval_and_rows() -> None:
    panel = text_panel(told(KNOWN))
    assert panel is not None
    assert (panel.title, panel.is_divergence) == ("Bits-per-byte gap", True)
    assert panel.headline == (
        "To write the teacher's answers the student needs 0.123 bits a byte more than the teacher, plausibly 0.101 to "
        "0.152 (n 412)."
    )
    assert [line.title for line in panel.lines] == ["All rows, by bytes", "refunds"]
    assert panel.lines[1] == TextLine(
        "refunds", "412", "0.123", "[0.101, 0.152]", "0.600", "0.723", "",
        ("3 rows: the teacher's answer was cut off", "1 row: asking the student failed: upstream failed"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sampling", "title"),
    [
        ("greedy", "Cross-entropy gap on greedy text"),
        ("other", "Cross-entropy gap on text not sampled at temperature 1"),
    ],
)
def test_text_that_was_not_sampled_has_another_title(sampling: str, title: str) -> None:
    panel = text_panel(told({**KNOWN, "sampling": sampling, "means": "cross_entropy_gap"}))
    assert panel is not None
    assert (panel.title, panel.is_divergence) == (title, False)


def test_a_student_that_cannot_score_is_not_comparable() -> None:
    panel = text_panel(told(UNKNOWN))
    assert panel is not None
    assert panel.headline == "Not comparable: the student's endpoint cannot score a given text."
    assert panel.lines[0].gap == ""


def test_a_run_that_did_not_measure_shows_nothing() -> None:
    assert text_panel(report([cell("*", "tasks")], cohorts=[cohort("*")])) is None


def test_the_tile_is_the_headline_divergence_with_its_rule() -> None:
    rule = finding("kl", "divergence", kind="guard", verdict="clear", value=0.1234, at_most=0.5)
    found = tiles(told(KNOWN, findings=[{**rule, "measure": "bits_per_byte"}]))[5]
    assert (found.label, found.value, found.unit, found.verdict, found.section) == (
        "Bits-per-byte gap", "0.123", "bits", "clear", "bits-per-byte",
    )  # fmt: skip
    assert found.note == "a byte of text · [0.101, 0.152], n 412"
    assert tiles(told(KNOWN, findings=[rule]))[5].verdict is None
    lacking = tiles(told(UNKNOWN))[5]
    assert (lacking.value, lacking.note) == ("–", "not comparable: the student's endpoint cannot score a given text")


def test_signs_and_unknown_reasons() -> None:
    assert (bits(-0.25), bits(None), why("something_new")) == ("−0.250", "–", "something new")
