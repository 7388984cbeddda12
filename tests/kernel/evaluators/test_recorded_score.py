"""A recorded score is a number from 0 to 1, or missing with its reason; never 0 for want of one."""

from __future__ import annotations

import pytest

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid
from apps.kernel.evaluators.recorded_score import RecordedScore

EVALUATOR = RecordedScore()


def score(value: object) -> Outcome:
    return EVALUATOR.score(Case({}, None, {"human": {"groundedness": value}}), {"path": "human.groundedness"})


@pytest.mark.parametrize(
    ("recorded", "value"),
    [(1, 1.0), (0, 0.0), (0.25, 0.25), (True, 1.0), (False, 0.0), (1.0000001, 1.0), (-0.0000001, 0.0), (-0.0, 0.0)],
)
def test_a_number_from_0_to_1_is_the_score(recorded: object, value: float) -> None:
    assert score(recorded) == Outcome(value)
    assert str(score(recorded).value) == str(value)


@pytest.mark.parametrize(
    ("recorded", "reason"),
    [
        (None, "not_recorded"),
        ("0.5", "not_a_number"),
        ("", "not_a_number"),
        ([1], "not_a_number"),
        ({"score": 1}, "not_a_number"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        (float("-inf"), "not_finite"),
        (7, "out_of_range"),
        (-1, "out_of_range"),
        (1.00001, "out_of_range"),
        (-0.00001, "out_of_range"),
        (10**400, "out_of_range"),
        (-(10**400), "out_of_range"),
    ],
)
def test_anything_else_is_missing_with_its_reason(recorded: object, reason: str) -> None:
    outcome = score(recorded)
    assert (outcome.value, outcome.reason) == (None, reason)


@pytest.mark.parametrize("fields", [{}, {"human": 1}, {"human": {}}, {"groundedness": 1}])
def test_a_path_that_leads_nowhere_is_not_recorded(fields: dict[str, object]) -> None:
    assert EVALUATOR.score(Case({}, "x", fields), {"path": "human.groundedness"}) == Outcome(None, "not_recorded")


def test_a_column_of_the_very_name_is_found() -> None:
    fields: dict[str, object] = {"human.groundedness": 0.5, "human": {"groundedness": 1}}
    assert EVALUATOR.score(Case({}, "x", fields), {"path": "human.groundedness"}) == Outcome(0.5)


@pytest.mark.parametrize(
    "settings", [{}, {"path": ""}, {"path": "a..b"}, {"path": "a. "}, {"path": 7}, {"path": ["a"]}]
)
def test_settings_without_a_path_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        EVALUATOR.validate(settings)
    assert refused.value.where == {"field": "path"}


def test_a_setting_that_nobody_reads_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="'paht' is no setting here; known: path") as refused:
        EVALUATOR.validate({"path": "a", "paht": "b"})
    assert refused.value.where == {"field": "paht"}


def test_it_needs_no_column_of_the_golden_set() -> None:
    assert EVALUATOR.needs({"path": "a"}) == ()
    EVALUATOR.validate({"path": "human.groundedness"})
