from __future__ import annotations

from apps.kernel.scorecard import Arm, Cohort, Evaluator, Unpaired


def test_an_arm_without_anything_known_has_nothing() -> None:
    assert Arm() == Arm(scores={}, cost_usd=None, latency_ms=None, fault=None)


def test_one_sided_examples_are_those_with_exactly_one_output() -> None:
    assert Unpaired(teacher_only=3, student_only=2, neither=7).one_sided == 5


def test_a_cohort_is_ordinary_and_an_evaluator_primary_unless_said_otherwise() -> None:
    assert (Cohort("a").high_value, Evaluator("quality").primary) == (False, True)
