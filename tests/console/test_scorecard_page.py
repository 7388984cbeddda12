"""The report document, laid out as a page."""

from apps.console.scorecard_page import present
from apps.kernel.display_order import Placed
from tests.console.reports import cell, cohort, of_cell, report

GLOBAL = cell("*", "tasks", n=412, teacher=0.878, student=0.855, interval=(-2.8, -1.7), verdict="pass")
FAILED = cell("refund-flow", "tasks")
BESIDE = cell("refund-flow", "json", teacher=0.989, student=0.955, interval=(-7.2, 0.4), verdict="clear")
OPEN = cell("enterprise", "tasks", n=94, teacher=0.9, student=0.893, interval=(-1.5, 0.0), margin=1.0, rows=1860,
            verdict="inconclusive", missing=2)  # fmt: skip
QUIET = cell("a-quiet", "tasks", teacher=0.9, student=0.895, interval=(-2.0, 1.0), verdict="clear")
QUIETER = cell("b-quieter", "tasks", teacher=0.9, student=0.9, interval=(-1.0, 1.0), verdict="clear")
COHORTS = [
    cohort("*", n=412, high_value=None, weight=1.0, cost_ratio=0.0741, cost_ratio_reason=None,
           latency_p50_ms={"teacher": 1990.0, "student": 400.0}, latency_p99_ms={"teacher": 2800.0, "student": 540.0},
           latency_reason=None),
    cohort("enterprise", n=96, high_value=True, weight=0.05),
]  # fmt: skip


def card(*more, **changes):
    cells = [QUIETER, QUIET, BESIDE, FAILED, OPEN, GLOBAL, *more]
    return report(cells, cohorts=COHORTS, **changes)


def test_all_traffic_comes_first_then_the_worst_verdict_then_the_worst_bound():
    page = present(card())
    assert [group.title for group in page.groups] == [
        "All traffic", "refund-flow", "enterprise", "a-quiet", "b-quieter",
    ]  # fmt: skip
    assert [line.evaluator for line in page.groups[1].lines] == ["tasks", "json"]


def test_cohorts_stand_by_name_or_by_their_shrunken_loss_when_asked():
    named = present(card(), order="name")
    assert [group.title for group in named.groups] == [
        "All traffic", "a-quiet", "b-quieter", "enterprise", "refund-flow",
    ]  # fmt: skip
    places = {
        name: Placed(name, "tasks", delta, 0.011, 0.5)
        for name, delta in (("enterprise", -0.021), ("refund-flow", -0.01))
    }
    by_loss = present(card(), order="loss", places=places)
    assert [group.title for group in by_loss.groups] == [
        "All traffic", "enterprise", "refund-flow", "a-quiet", "b-quieter",
    ]  # fmt: skip
    assert (by_loss.groups[1].drawn, by_loss.groups[3].drawn) == ("−2.1 ± 1.1 pp (tasks)", "")
    assert [(key, is_on) for key, _, is_on in by_loss.orders] == [("verdict", False), ("name", False), ("loss", True)]
    assert (by_loss.is_by_loss, named.is_by_loss) == (True, False)
    assert present(card(), order="luck").orders == present(card()).orders


def test_every_figure_of_a_line_is_already_a_word():
    line = present(card()).groups[2].lines[0]
    assert (line.evaluator, line.verdict, line.n, line.missing) == ("tasks", "inconclusive", "94", "2 missing")
    assert (line.teacher, line.student, line.delta, line.interval) == ("0.900", "0.893", "−0.7", "[−1.5, 0.0]")
    assert (line.margin, line.rows_to_decide) == ("−1.0", "≈ 1,860")
    assert line.forest.label == "enterprise, tasks: −0.7 pp, 90 % interval −1.5 to 0.0, limit −1.0: inconclusive."


def test_the_heading_of_a_group_carries_what_is_per_cohort():
    total, _, valued, *_ = present(card()).groups
    assert (total.is_global, total.share, total.n, total.verdict) == (True, "", "412", "pass")
    assert (total.cost_ratio, total.cost_reason) == ("0.074", "")
    assert (total.p50, total.p99, total.latency_reason) == ("1,990 → 400", "2,800 → 540", "")
    assert (valued.high_value, valued.share, valued.tally) == (True, "5 %", "1 check: 1 inconclusive")
    assert (valued.cost_ratio, valued.cost_reason) == ("–", "a model has no price")
    assert (valued.p50, valued.latency_reason) == ("", "not recorded")


def test_all_rows_share_one_axis():
    page = present(card())
    zeros = {line.forest.zero for group in page.groups for line in group.lines}
    assert zeros == {page.axis.zero}


def test_a_small_card_folds_nothing():
    assert not any(group.folded for group in present(card()).groups)


def test_a_large_card_folds_the_cohorts_that_hold_nothing_back():
    even = {"teacher": 0.9, "student": 0.9, "interval": (-1.0, 1.0), "verdict": "pass"}
    many = [cell(f"z{n}", "tasks", **even) for n in range(6)]
    folded = {group.title for group in present(card(*many)).groups if group.folded}
    assert folded == {"a-quiet", "b-quieter", *(f"z{n}" for n in range(6))}


def test_a_clear_cohort_that_lost_more_than_its_limit_stays_open():
    behind = cell("behind", "tasks", teacher=0.9, student=0.75, interval=(-25.4, -5.0), verdict="clear")
    many = [cell(f"z{n}", "tasks", verdict="fail") for n in range(6)]
    assert "behind" not in {group.title for group in present(card(behind, *many)).groups if group.folded}


def test_a_cohort_takes_the_verdict_of_rules_that_have_no_line():
    cost = {**of_cell("cost", GLOBAL), "verdict": "fail", "figure": "cost_ratio"}
    assert present(card(findings=[cost])).groups[0].verdict == "fail"


def test_a_proof_that_passed_outranks_a_guard_that_is_clear():
    guard = {**of_cell("p99", GLOBAL, kind="guard"), "verdict": "clear"}
    assert present(card(findings=[guard])).groups[0].verdict == "pass"


def test_chips_count_the_checks_they_keep():
    chips = [(chip.key, chip.label, chip.count, chip.is_on) for chip in present(card()).chips]
    assert chips == [
        ("all", "All", 6, True),
        ("fail", "Fail", 1, False),
        ("inconclusive", "Inconclusive", 1, False),
        ("clear", "Clear", 3, False),
        ("pass", "Pass", 1, False),
        ("high-value", "High value", 1, False),
    ]


def test_a_filter_leaves_out_what_does_not_match():
    page = present(card(), show="clear")
    shown = [(group.title, line.evaluator) for group in page.groups for line in group.lines if line.shown]
    assert shown == [("refund-flow", "json"), ("a-quiet", "tasks"), ("b-quieter", "tasks")]
    assert [group.title for group in page.groups if not group.shown] == ["All traffic", "enterprise"]
    assert page.show == "clear"


def test_the_high_value_filter_keeps_whole_cohorts():
    page = present(card(), show="high-value")
    assert [group.title for group in page.groups if group.shown] == ["enterprise"]


def test_an_unknown_filter_shows_all():
    page = present(card(), show="'><script>")
    assert page.show == "all"
    assert all(group.shown for group in page.groups)


def test_a_cell_without_a_complete_row_is_said_to_be_so():
    empty = cell("empty", teacher=None, student=None, interval=None, margin=None, verdict=None, n=0)
    line = present(card(empty)).groups[-1].lines[0]
    assert (line.delta, line.interval, line.margin, line.verdict) == ("–", "–", "–", None)
    assert line.forest.label == "empty, quality: no complete row."


def test_unpaired_rows_weights_and_digests_are_told():
    page = present(card(unpaired={"teacher_only": 3, "student_only": 0, "neither": 1}, weights_source="declared"))
    assert page.unpaired == "3 answered by teacher only, 1 answered by neither"
    assert (page.weights, page.level) == ("traffic weights", "90 %")
    assert (page.digest, page.policy_digest) == ("sha256:c", "sha256:p")
    assert present(card()).unpaired == ""


def test_without_a_gate_the_page_still_shows_every_figure():
    unjudged = cell("*", "tasks", verdict=None, margin=None)
    page = present(report([unjudged], verdict=None, policy_digest=None))
    assert page.groups[0].lines[0].forest.shape == "dot"
    assert (page.policy_digest, [chip.key for chip in page.chips]) == ("", ["all"])
