"""Every kind of evaluator by name. A new one is a file beside this and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.kernel.evaluators.contract import SettingsInvalid
from apps.kernel.evaluators.exact_match import ExactMatch
from apps.kernel.evaluators.factual_accuracy import FactualAccuracy
from apps.kernel.evaluators.groundedness import Groundedness
from apps.kernel.evaluators.json_validation import JSONValidation
from apps.kernel.evaluators.judge import Judge
from apps.kernel.evaluators.recorded_score import RecordedScore
from apps.kernel.evaluators.task_completion import TaskCompletion

_ALL = (ExactMatch(), JSONValidation(), RecordedScore(), Groundedness(), TaskCompletion(), FactualAccuracy())

KINDS: Mapping[str, Any] = {evaluator.kind: evaluator for evaluator in _ALL}


def get(kind: str) -> Any:
    """The evaluator of a kind. Raises SettingsInvalid ``evaluator_unknown``."""
    found = KINDS.get(kind)
    if found is None:
        raise SettingsInvalid(
            f"'{kind[:60]}' is no kind of evaluator. Use one of: {', '.join(KINDS)}.",
            code="evaluator_unknown",
            where={"field": "kind"},
        )
    return found


def is_judge(kind: str) -> bool:
    """Does the kind ask a model?"""
    return isinstance(get(kind), Judge)


def validate(kind: str, settings: Mapping[str, object]) -> None:
    """Raise SettingsInvalid unless the settings fit the kind."""
    get(kind).validate(settings)
