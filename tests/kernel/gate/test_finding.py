from __future__ import annotations

from apps.kernel.gate import Decided, Finding, worst
from apps.kernel.gate.finding import points
from apps.kernel.policy import Rule
from apps.kernel.statistics.interval import Interval


def test_the_worst_verdict_outranks_the_others() -> None:
    assert worst(["pass", "clear"]) == "clear"
    assert worst(["clear", "inconclusive", "pass"]) == "inconclusive"
    assert worst(["inconclusive", "fail"]) == "fail"
    assert worst(["fail", "invalid"]) == "invalid"
    assert worst([]) is None


def test_an_opened_finding_decides_nothing() -> None:
    opened = Finding.opened(Rule("r", "prove", "score", "global", 0.03), "*", "quality")
    assert (opened.verdict, opened.limit, opened.value, opened.p_pass) == ("inconclusive", 0.03, None, None)


def test_a_score_is_written_in_points() -> None:
    finding = Finding(
        "r", "prove", "score", "a", "q", "pass", "Pass.", value=-0.03, interval=Interval(-0.05, 0.01, 0.9), limit=0.01
    )
    written = finding.document()
    assert (written["delta_pp"], written["interval_pp"], written["margin_pp"]) == (-3.0, [-5.0, 1.0], 1.0)
    assert (written["value"], written["interval"], written["at_most"], written["level"]) == (None, None, None, 0.9)


def test_a_ratio_is_written_as_it_is() -> None:
    finding = Finding("r", "prove", "cost_ratio", "*", None, "fail", value=0.5, interval=Interval(0.4, 0.6, 0.9))
    written = finding.document()
    assert (written["value"], written["interval"], written["delta_pp"], written["interval_pp"]) == (
        0.5,
        [0.4, 0.6],
        None,
        None,
    )


def test_points_keep_nine_decimals_and_no_negative_zero() -> None:
    assert points(-62 / 300) == -20.666666667
    assert str(points(-0.0)) == "0.0"
    assert points(None) is None


def test_a_decision_is_written_with_both_digests() -> None:
    finding = Finding("r", "prove", "score", "*", "q", "pass", "Pass.")
    written = Decided("pass", (finding,), "sha256:c", "sha256:p", 0.9).document()
    assert written == {
        "verdict": "pass",
        "findings": [finding.document()],
        "scorecard_digest": "sha256:c",
        "policy_digest": "sha256:p",
        "level": 0.9,
    }
