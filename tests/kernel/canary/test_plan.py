"""What a canary may be asked to watch, and what that asks of its evidence."""

from __future__ import annotations

import json
import math

import pytest

from apps.kernel.canary.plan import CanaryPlanRefused, Guard, Plan
from apps.kernel.statistics.interval import EvidenceUnusable

QUALITY = Guard("quality", limit=0.02, prove_within=0.03)
GUARDS = (QUALITY, Guard("quality", cohort="enterprise"), Guard("errors"), Guard("latency", limit=0.01))


def test_each_guard_that_is_watched_asks_for_more_before_a_rollback_and_no_more_for_a_proof() -> None:
    plan = Plan("student-7", "policy-3", GUARDS)
    assert math.exp(plan.log_e_of_harm) == pytest.approx(80)
    assert math.exp(plan.log_e_of_proof) == pytest.approx(20)
    assert math.exp(Plan("student-7", "policy-3", (QUALITY,)).log_e_of_harm) == pytest.approx(20)


def test_guards_are_told_apart_by_figure_and_cohort() -> None:
    assert [guard.name for guard in GUARDS] == ["quality", "quality of enterprise", "errors", "latency"]


def test_it_survives_json() -> None:
    plan = Plan("student-7", "policy-3", GUARDS, alpha=0.025, least_hours=24.0)
    assert Plan.from_document(json.loads(json.dumps(plan.document()))) == plan


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"guards": ()}, "guards_missing"),
        ({"guards": (QUALITY, Guard("quality"))}, "guards_repeated"),
        ({"least_hours": 23.9}, "hours_out_of_range"),
        ({"least_hours": float("nan")}, "hours_out_of_range"),
    ],
)
def test_a_plan_that_cannot_be_watched_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(CanaryPlanRefused) as refused:
        Plan(**{"student": "s", "policy": "p", "guards": GUARDS, **changes})  # type: ignore[arg-type]
    assert refused.value.code == code


def test_an_error_of_all_or_nothing_is_refused() -> None:
    with pytest.raises(EvidenceUnusable):
        Plan("s", "p", GUARDS, alpha=0.0)


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        ({"figure": "cost"}, "figure_unknown"),
        ({"figure": "quality", "limit": -0.01}, "limit_out_of_range"),
        ({"figure": "quality", "limit": 3.0}, "limit_out_of_range"),
        ({"figure": "quality", "prove_within": 0.0}, "limit_out_of_range"),
        ({"figure": "quality", "limit": float("nan")}, "limit_out_of_range"),
    ],
)
def test_a_guard_that_means_nothing_is_refused(guard: dict[str, object], code: str) -> None:
    with pytest.raises(CanaryPlanRefused) as refused:
        Guard(**guard)  # type: ignore[arg-type]
    assert refused.value.code == code
