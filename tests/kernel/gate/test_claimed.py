from __future__ import annotations

from apps.kernel.gate import claimed
from apps.kernel.gate.decide import JUDGED_ALONE
from apps.kernel.policy import SHAPES
from apps.kernel.scorecard import Row
from tests.kernel.cards import arm, card, guard, policy

RATE = {"kind": "guard", "figure": "pass_rate", "evaluators": ["quality"], "at_least": 0.9}
SPEED = {"kind": "guard", "figure": "latency", "at_most_ms": 1000, "quantile": 0.5}


def rows(n: int, failed: int, ms: float = 10.0) -> list[Row]:
    return [Row(str(i), "a", arm(float(i >= failed), ms=ms), arm(float(i >= failed), ms=ms)) for i in range(n)]


def test_every_figure_is_judged_in_one_place() -> None:
    assert claimed.FIGURES | set(JUDGED_ALONE) | {"excess_loss"} == set(SHAPES)


def test_scores_rates_and_latencies_share_one_step_of_holm() -> None:
    """83 of 100 passed against 90 %: p = 0.021, shown alone, and not as one of three claims."""
    evidence = card(rows(100, 17))
    alone = claimed.findings(evidence, policy(RATE))
    together = claimed.findings(evidence, policy(RATE, SPEED, guard(0.03)))
    assert [finding.verdict for finding in alone] == ["fail"]
    assert {finding.rule: finding.verdict for finding in together} == {"r0": "clear", "r1": "clear", "r2": "clear"}
    assert "which may be the unlucky one of 3 figures looked at together" in next(
        finding.sentence for finding in together if finding.rule == "r0"
    )
