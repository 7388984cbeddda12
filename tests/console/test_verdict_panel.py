"""What the banner of a scorecard says."""

import pytest

from apps.console.verdict_panel import Said, collecting, panel, severity, tally, worst
from tests.console.reports import cell, cohort, finding, of_cell, report

FAILED = cell("refund-flow", "tasks")
CLEAR = cell("long-tail", "tasks", teacher=0.8, student=0.79, interval=(-4.0, 2.0), verdict="clear")
OPEN = cell("enterprise", "tasks", teacher=0.9, student=0.893, interval=(-1.5, 0.0), margin=1.0, rows=632,
            verdict="inconclusive")  # fmt: skip
WIDE = cell("enterprise", "json", teacher=0.9, student=0.9, interval=(-3.8, 3.8), margin=1.0, rows=1860,
            verdict="inconclusive")  # fmt: skip


def mixed():
    return report(
        [FAILED, CLEAR, OPEN, WIDE],
        cohorts=[cohort("enterprise", high_value=True)],
        findings=[
            of_cell("high-value", OPEN, sentence="Not enough evidence. enterprise × tasks. → Add rows"),
            of_cell("high-value", WIDE, sentence="Not enough evidence. enterprise × json. → Add rows"),
            of_cell("cohorts", CLEAR, kind="guard", sentence="Clear. long-tail × tasks."),
            of_cell("cohorts", FAILED, kind="guard", sentence="Fail. refund-flow × tasks lost 9.1 pp."),
            finding("cost", "cost_ratio", verdict="pass", value=0.0741, interval=[0.0712, 0.0769], at_most=0.15),
            finding("missing", "missing", kind="guard", verdict="clear", value=0.0049, at_most=0.05),
        ],
    )


def test_a_fail_says_what_failed_and_what_comes_next():
    banner = panel(mixed())
    assert (banner.verdict, banner.headline) == ("fail", "Do not promote.")
    assert banner.tally == "6 checks: 1 fail, 2 inconclusive, 2 clear, 1 pass"
    assert banner.reasons == (Said("fail", "Fail. refund-flow × tasks lost 9.1 pp.", ""),)
    assert banner.next_step == "Record a decision to reject or hold, or bring a better student."


def test_rules_come_worst_first_with_one_line_each():
    lines = [(rule.rule, rule.verdict, rule.limit, rule.outcome) for rule in panel(mixed()).rules]
    assert lines == [
        ("cohorts", "fail", "guard loss ≤ 3.0 pp in each of 2 cohorts", "1 of 2 fail: refund-flow · tasks"),
        ("high-value", "inconclusive", "prove loss ≤ 1.0 pp in enterprise",
         "2 of 2 inconclusive, the largest needs ≈ 1,860 rows"),
        ("missing", "clear", "guard missing answers ≤ 5.0 % on all traffic", "0.5 %"),
        ("cost", "pass", "prove cost ratio ≤ 0.15 on all traffic", "0.074 [0.071, 0.077]"),
    ]  # fmt: skip


def test_sentences_are_the_gates_own_with_the_step_apart():
    high_value = panel(mixed()).rules[1]
    assert high_value.sentences[0] == Said("inconclusive", "Not enough evidence. enterprise × json.", "Add rows")


def test_an_inconclusive_banner_names_the_worst_two():
    findings = [of_cell(f"r{n}", cell(f"c{n}", interval=(-float(n), 1.0), verdict="inconclusive"), sentence=f"s{n}")
                for n in (2, 9, 5)]  # fmt: skip
    banner = panel(report([], verdict="inconclusive", findings=findings))
    assert [reason.text for reason in banner.reasons] == ["s9", "s5"]
    assert banner.headline == "Not enough evidence. Hold."


def test_the_next_step_is_what_the_sentences_ask_for_each_once():
    sentences = ["a. → Add rows", "b. → Add a price card", "c. → Add rows", "d."]
    findings = [finding("r", verdict="inconclusive", sentence=sentence) for sentence in sentences]
    assert panel(report([], verdict="inconclusive", findings=findings)).next_step == (
        "Add rows, add a price card; then run again."
    )
    silent = report([], verdict="invalid", findings=[finding("r", verdict="invalid", sentence="e.")])
    assert panel(silent).next_step == "Repair the evidence, then run again."


def test_a_pass_gives_no_reasons():
    passed = cell("*", verdict="pass")
    banner = panel(report([passed], verdict="pass", findings=[of_cell("global", passed, sentence="Pass.")]))
    assert (banner.headline, banner.reasons) == ("Every proof holds.", ())
    assert banner.rules[0].outcome == "−9.1 pp [−10.2, −7.8]"


def test_without_a_gate_there_is_no_verdict_and_no_rule():
    banner = panel(report([cell("*", verdict=None)], verdict=None))
    assert (banner.verdict, banner.rules, banner.tally) == (None, (), "")


@pytest.mark.parametrize(
    ("more", "limit", "outcome"),
    [
        ({"figure": "score", "cohort": "a", "margin_pp": None}, "prove loss in a", "a"),
        ({"figure": "cost_ratio", "at_most": None}, "prove cost ratio on all traffic", "unknown"),
        (
            {"figure": "latency_ratio", "value": 0.19, "at_most": 1.5},
            "prove latency ratio ≤ 1.5 on all traffic",
            "0.190",
        ),
    ],
)
def test_a_rule_that_found_little_still_has_a_line(more, limit, outcome):
    only = finding("r", verdict="inconclusive", **more)
    rule = panel(report([], verdict="inconclusive", findings=[only])).rules[0]
    assert (rule.limit, rule.outcome) == (limit, outcome)


def test_invalid_outranks_all_and_no_verdict_comes_last():
    assert worst(["pass", "fail", None, "invalid"]) == "invalid"
    assert worst([None]) is None
    assert worst([]) is None
    assert severity(None) > severity("pass") > severity("clear") > severity("inconclusive")


def test_a_tally_of_nothing_says_nothing():
    assert tally([], noun="check") == ""
    assert tally(["pass"], noun="check") == "1 check: 1 pass"


def test_what_would_decide_stands_behind_the_step():
    asked = finding("hv", verdict="inconclusive", sentence="Not enough evidence. gold. → Add rows", cohort="gold")
    line = {"rule": "hv", "cohort": "gold", "evaluator": None, "rows_missing": 284, "usd": 0.31, "minutes": 9.2}
    shown = panel({"verdict": "inconclusive", "findings": [asked], "cohorts": [], "to_collect": [line]})
    assert shown.reasons == (
        Said("inconclusive", "Not enough evidence. gold.", "Add rows", "284 rows more, ≈ $0.31, ≈ 9 min 12 s"),
    )
    assert collecting({**line, "usd": None, "minutes": None}) == "284 rows more"
    assert collecting({**line, "rows_missing": 0}) == ""


def test_a_look_beyond_the_others_and_a_refused_run_have_their_lines():
    look = finding(
        "look", figure="excess_loss", kind="guard", verdict="clear", cohort="gold", delta_pp=-4.1,
        interval_pp=[-7.0, -1.2], margin_pp=1.0, reason="worth_a_look",
    )  # fmt: skip
    refused = finding("evidence", figure="evidence", kind="guard", verdict="invalid", reason="selection_run")
    shown = panel({"verdict": "invalid", "findings": [look, refused], "cohorts": []})
    assert [(line.limit, line.outcome) for line in shown.rules] == [
        ("guard that this is evidence on all traffic", "unknown"),
        ("look at loss beyond the others' > 1.0 pp in gold", "−4.1 pp [−7.0, −1.2]"),
    ]


def test_one_thing_that_changed_is_said_once_and_asks_for_one_step():
    gone = [
        finding(rule, verdict="inconclusive", reason="teacher_changed", sentence="Out of date. A is B. → Run again")
        for rule in ("global", "high-value")
    ]
    shown = panel({"verdict": "inconclusive", "findings": gone, "cohorts": []})
    assert shown.reasons == (Said("inconclusive", "Out of date. A is B.", "Run again"),)
    assert (shown.headline, shown.next_step) == ("The evidence is not what it was. Hold.", "Run again.")


def limit(figure="latency", **more):
    return finding("r", figure=figure, verdict="clear", **more)


@pytest.mark.parametrize(
    ("only", "line", "outcome"),
    [
        (
            limit(value_ms=1840.0, interval_ms=[1790.0, 1910.0], at_most_ms=2000.0, quantile=0.95, until="answer"),
            "prove p95 latency ≤ 2,000 ms on all traffic",
            "1,840 ms [1,790, 1,910]",
        ),
        (
            limit(value_ms=None, interval_ms=[420.0, None], at_most_ms=800.0, quantile=0.99, until="first_token"),
            "prove p99 time to the first token ≤ 800 ms on all traffic",
            "never [420, –]",
        ),
        (
            limit(value_ms=None, interval_ms=None, at_most_ms=800.0, quantile=0.99, until="answer"),
            "prove p99 latency ≤ 800 ms on all traffic",
            "unknown",
        ),
        (
            limit("pass_rate", evaluator="json", value=0.984, interval=[0.976, 0.99], at_least=0.98),
            "prove pass rate of json ≥ 98 % on all traffic",
            "98.4 % [97.6, 99.0]",
        ),
    ],
)
def test_limits_of_the_student_alone_have_their_units(only, line, outcome):
    shown = panel(report([], verdict="inconclusive", findings=[only])).rules[0]
    assert (shown.limit, shown.outcome) == (line, outcome)
