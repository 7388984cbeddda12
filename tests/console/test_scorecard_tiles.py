"""The headline figures of a scorecard."""

from apps.console.scorecard_tiles import Tile, reason, tiles
from tests.console.reports import cell, cohort, finding, report

LATENCY = {
    "latency_p50_ms": {"teacher": 1990.0, "student": 400.0},
    "latency_p99_ms": {"teacher": 2800.0, "student": 5600.0},
}
TOLD = {"divergence": {"reason": None, "at_least_nats": 0.1366, "covered": 0.971, "n": 400}}
PRICED = {"cost_ratio": 0.0741, "cost_ratio_interval": [0.0712, 0.0769], "cost_ratio_reason": None}


def full():
    return report(
        [
            cell("*", "tasks", n=412, teacher=0.878, student=0.855, verdict="pass"),
            cell("*", "json", n=412, teacher=0.974, student=0.969, verdict="pass"),
            cell("refund-flow", "tasks"),
            cell("long-tail", "tasks", n=24, teacher=0.8, student=0.766, verdict="clear"),
        ],
        cohorts=[cohort("*", n=412, high_value=None, weight=1.0, **PRICED, **LATENCY, **TOLD)],
        findings=[
            finding("cost", "cost_ratio", verdict="pass", value=0.0741, at_most=0.15),
            finding("p99", "latency_ratio", kind="guard", verdict="fail", value=2.0, at_most=1.5),
            finding("kl", "divergence", kind="guard", verdict="clear", value=0.1366, at_most=0.5),
        ],
    )


def test_the_seven_tiles_of_a_full_card():
    assert tiles(full()) == (
        Tile(
            "Quality kept", "97.4", "%", "tasks 0.855 of 0.878, n 412, the least of 2 evaluators", None, "quality-kept"
        ),
        Tile("Worst cohort Δ", "−9.1", "pp", "refund-flow · tasks [−10.2, −7.8], n 88", "fail", "difference"),
        Tile("Cost ratio", "0.074", "", "[0.071, 0.077], n 412 · limit 0.15", "pass", "cost-ratio"),
        Tile("p50 latency", "400", "ms", "teacher 1,990 ms · 5.0× faster", None, "latency"),
        Tile("p99 latency", "5,600", "ms", "teacher 2,800 ms · 2.0× slower", "fail", "latency"),
        Tile("KL divergence", "≥ 0.14", "nats", "covers 97 % of teacher mass, n 400", "clear", "divergence"),
        Tile("Rows compared", "412", "", "all paired by row id", None, "missing-and-unpaired"),
    )


def test_what_is_unknown_says_why_instead_of_a_figure():
    kept, worst, cost, p50, p99, kl, rows = tiles(
        report(
            [cell("*", teacher=None, student=None, interval=None, verdict="inconclusive", n=0)],
            cohorts=[cohort("*", n=7, high_value=None)],
            unpaired={"teacher_only": 3, "student_only": 0, "neither": 1},
        )
    )
    assert (kept.value, kept.note) == ("–", "no complete row")
    assert (worst.value, worst.note) == ("–", "no complete row")
    assert (cost.value, cost.note) == ("–", "a model has no price")
    assert p50.value == p99.value == "–"
    assert (p50.note, p99.note) == ("not recorded", "not recorded")
    assert (kl.value, kl.note) == ("–", "no log-probabilities stored")
    assert (rows.value, rows.note) == ("7", "4 left out, not paired")


def test_an_unbounded_cost_ratio_says_so():
    unbounded = {"cost_ratio": 0.2, "cost_ratio_interval": None, "cost_ratio_reason": "unbounded"}
    card = report([cell("*")], cohorts=[cohort("*", n=3, high_value=None, **unbounded)])
    assert tiles(card)[2] == Tile("Cost ratio", "0.200", "", "not bounded, n 3", None, "cost-ratio")


def test_a_teacher_of_score_zero_has_no_share_to_keep():
    assert tiles(report([cell("*", teacher=0.0, student=0.0)]))[0].value == "–"


def test_a_card_of_all_traffic_only_takes_its_worst_loss_from_there():
    assert tiles(report([cell("*", "tasks")]))[1].note == "All traffic · tasks [−10.2, −7.8], n 88"


def test_an_unknown_code_is_shown_as_words():
    assert reason("a_new_code") == "a new code"
    assert reason(None) == ""


def test_models_without_a_common_tokenizer_have_no_divergence():
    unlike = {"divergence": {"reason": "not_comparable", "at_least_nats": None, "covered": None, "n": 0}}
    [kl] = [
        tile
        for tile in tiles(report([cell("*")], cohorts=[cohort("*", n=3, high_value=None, **unlike)]))
        if tile.label == "KL divergence"
    ]
    assert (kl.value, kl.unit, kl.note) == ("–", "", "unlike or unnamed tokenizers")


def test_a_latency_has_the_worst_verdict_of_the_rules_that_limit_it():
    def limit(quantile, verdict, until="answer"):
        return finding("ms", "latency", verdict=verdict, quantile=quantile, until=until)

    card = full()
    card["findings"] += [limit(0.5, "pass"), limit(0.99, "pass"), limit(0.99, "invalid", until="first_token")]
    assert [tile.verdict for tile in tiles(card)[3:5]] == ["pass", "fail"]
    card["findings"] = [limit(0.99, "inconclusive"), finding("p99", "latency_ratio", verdict="clear")]
    assert [tile.verdict for tile in tiles(card)[3:5]] == [None, "inconclusive"]
