"""Scorecards over outputs of real models that nobody here wrote, against figures worked out independently."""

from __future__ import annotations

import math
from typing import Any

import pytest

from apps.kernel.gate import Decided, decide
from apps.kernel.policy import TEMPLATES, parse
from apps.kernel.report import report
from apps.kernel.scorecard import GLOBAL, Scorecard
from tests.kernel.recorded import FOLDER, Record, compared

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded outputs are not beside the repository"),
]

LIST_PRICES = {"gpt-4o-2024-05-13-FC": ("5", "15"), "gpt-4o-mini-2024-07-18-FC": ("0.15", "0.60")}


def groundedness(_: Record, output: Record) -> float:
    return float(output["human"]["groundedness"])


def letter(example: Record, output: Record) -> float:
    return float(output["parsed"] == example["reference"])


def completion(_: Record, output: Record) -> float:
    return float(output["task_completion"])


def ragtruth() -> Scorecard:
    models = ("llama-2-70b-chat", "llama-2-7b-chat")
    return compared("ragtruth_qa", *models, evaluator="human.groundedness", score=groundedness)


def mmlu_pro() -> Scorecard:
    models = ("Meta-Llama-3_1-70B-Instruct", "Meta-Llama-3_1-8B-Instruct")
    return compared("mmlu_pro_420", *models, evaluator="parsed", score=letter)


def tau() -> Scorecard:
    models = ("tool-calling", "tool-calling-with-preconditions")
    return compared("tau_retail_100", *models, evaluator="task_completion", score=completion)


def bfcl() -> Scorecard:
    models = tuple(LIST_PRICES)
    return compared("bfcl_ops_380", *models, evaluator="task_completion", score=completion, usd_per_mtok=LIST_PRICES)


def judged(evidence: Scorecard) -> tuple[Decided, dict[str, Any], dict[str, Any]]:
    decided = decide(evidence, parse(TEMPLATES["release"]))
    written: Any = report(evidence, decided)
    return decided, written["cells"][0], written["cohorts"][0]


def newcombe(losses: int, wins: int, both: int, n: int, z: float = 1.6448536269514722) -> tuple[float, float]:
    """Newcombe's paired interval for student − teacher (1998, method 10), in points."""
    p_student, p_teacher = (both + wins) / n, (both + losses) / n

    def wilson(p: float) -> tuple[float, float]:
        centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)

    (low_s, high_s), (low_t, high_t) = wilson(p_student), wilson(p_teacher)
    neither = n - both - losses - wins
    product = p_student * (1 - p_student) * p_teacher * (1 - p_teacher)
    covariance = both * neither - losses * wins
    corrected = max(0.0, covariance - n / 2) if covariance > 0 else covariance
    phi = corrected / (n * n) / math.sqrt(product) if product else 0.0
    delta, down_s, up_s = p_student - p_teacher, p_student - low_s, high_s - p_student
    down_t, up_t = p_teacher - low_t, high_t - p_teacher
    low = delta - math.sqrt(down_s**2 - 2 * phi * down_s * up_t + up_t**2)
    high = delta + math.sqrt(up_s**2 - 2 * phi * up_s * down_t + down_t**2)
    return 100 * low, 100 * high


@pytest.mark.parametrize(
    ("evidence", "n", "delta_pp", "verdict"),
    [
        (ragtruth, 300, -20.666667, "fail"),
        (mmlu_pro, 420, -19.047619, "fail"),
        (tau, 100, -3.0, "inconclusive"),
        (bfcl, 380, -3.157895, "inconclusive"),
    ],
)
def test_the_global_loss_is_the_published_one(evidence: Any, n: int, delta_pp: float, verdict: str) -> None:
    decided, cell, _ = judged(evidence())
    assert cell["n"] == n
    assert cell["delta_pp"] == pytest.approx(delta_pp, abs=1e-6)
    assert (cell["verdict"], decided.verdict) == (verdict, verdict)


@pytest.mark.parametrize("evidence", [ragtruth, mmlu_pro, bfcl])
def test_the_interval_is_close_to_newcombes(evidence: Any) -> None:
    made = evidence()
    _, written, _ = judged(made)
    cell = made.cell(GLOBAL, written["evaluator"])
    assert cell is not None
    both = sum(count for teacher, student, count in cell.strata[0].pairs.triples if teacher == student == 1.0)
    assert written["interval_pp"] == pytest.approx(newcombe(cell.losses, cell.wins, both, cell.n), abs=1.5)


def test_tau_loses_exactly_the_margin_which_is_not_over_it_and_not_proved() -> None:
    _, cell, _ = judged(tau())
    assert (cell["delta_pp"], cell["margin_pp"], cell["reason"]) == (-3.0, 3.0, "insufficient")
    assert cell["rows_to_decide"] > 100


def test_bfcl_cost_and_latency() -> None:
    decided, _, everything = judged(bfcl())
    assert everything["cost_ratio"] == pytest.approx(0.0359, abs=5e-5)
    # Linear interpolation gives 1,039 → 1,583 and 7,916 → 11,212; nearest rank is one of the two observations beside.
    assert everything["latency_p50_ms"] == {"teacher": 1038.84, "student": 1581.139}
    assert everything["latency_p99_ms"] == {"teacher": 7977.713, "student": 11219.977}
    given = {finding.rule: finding.verdict for finding in decided.findings}
    assert (given["cost"], given["latency-p99"]) == ("pass", "clear")


def test_runs_without_prices_stay_open_on_cost() -> None:
    decided, _, everything = judged(tau())
    assert (everything["cost_ratio"], everything["cost_ratio_reason"]) == (None, "unpriced")
    assert {f.reason for f in decided.findings if f.rule == "cost"} == {"unpriced"}
