"""What is checked before a run may start beyond its rows: how answers are drawn, and whether a budget can be kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.evals import planning
from apps.evals.estimate import Estimate
from apps.kernel.errors import DistillHubError

SPEND = (Decimal("0.5"), Decimal("2"))


def expected(**changes: object) -> Estimate:
    return Estimate(**{"rows": 1, "calls": 2, "spend_usd": SPEND, "unpriced": (), "unlimited": (), **changes})


@pytest.mark.parametrize(
    ("terms", "field"),
    [({"repeats": 0}, "repeats"), ({"repeats": 11}, "repeats"), ({"seed": -1}, "seed"), ({"seed": 2**31}, "seed")],
)
def test_repeats_and_seed_stay_within_their_range(terms: dict[str, int], field: str) -> None:
    with pytest.raises(DistillHubError) as refused:
        planning.check_sampling(**{"repeats": 1, "seed": None, "purpose": "evidence", **terms})
    assert (refused.value.code, refused.value.where) == ("out_of_range", {"field": field})


def test_a_purpose_is_one_of_two() -> None:
    with pytest.raises(DistillHubError) as refused:
        planning.check_sampling(repeats=1, seed=None, purpose="fun")
    assert refused.value.code == "purpose_unknown"


@pytest.mark.parametrize(
    ("budget", "given", "code"),
    [
        ("0", {}, "budget_invalid"),
        ("NaN", {}, "budget_invalid"),
        ("0.49", {}, "budget_too_small"),
        ("1", {"spend_usd": None, "unpriced": ("m@1",)}, "model_unpriced"),
        ("1", {"unbounded": ("m@1",)}, "answer_unlimited"),
    ],
)
def test_a_budget_that_could_not_be_kept_is_refused(budget: str, given: dict[str, object], code: str) -> None:
    with pytest.raises(DistillHubError) as refused:
        planning.check_budget(Decimal(budget), expected(**given))
    assert refused.value.code == code


def test_a_budget_from_the_least_on_is_taken() -> None:
    planning.check_budget(Decimal("0.5"), expected())
    planning.check_budget(None, expected(spend_usd=None))


def test_a_budget_must_leave_what_checking_the_judges_may_take() -> None:
    judged = expected(checking_usd=(Decimal("0.1"), Decimal("0.3")), held_usd=Decimal("0.35"))
    planning.check_budget(Decimal("0.75"), judged)
    with pytest.raises(DistillHubError) as refused:
        planning.check_budget(Decimal("0.74"), judged)
    assert (refused.value.code, refused.value.where["least_usd"]) == ("budget_too_small", "0.75")
    assert "at least $0.750000, $0.350000 of it kept for checking the judges, and at most $2.000000" in str(
        refused.value
    )


def test_the_usual_terms_leave_no_mark_in_the_plan() -> None:
    assert planning.sampling_of(repeats=1, seed=None, purpose="evidence") == {}
    assert planning.sampling_of(repeats=3, seed=0, purpose="evidence") == {"repeats": 3, "seed": 0}
