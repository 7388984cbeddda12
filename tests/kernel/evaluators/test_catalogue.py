"""Every kind of evaluator by name."""

from __future__ import annotations

import pytest

from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import SettingsInvalid

CODE = ("exact_match", "json_validation", "recorded_score")
JUDGES = ("groundedness", "task_completion", "factual_accuracy")


def test_the_kinds_are_known_by_their_own_names() -> None:
    assert tuple(catalogue.KINDS) == (*CODE, *JUDGES)
    assert [catalogue.get(kind).kind for kind in catalogue.KINDS] == list(catalogue.KINDS)
    assert all(catalogue.get(kind).version for kind in catalogue.KINDS)


@pytest.mark.parametrize("kind", CODE)
def test_code_scores_by_itself(kind: str) -> None:
    assert not catalogue.is_judge(kind)
    assert callable(catalogue.get(kind).score)


@pytest.mark.parametrize("kind", JUDGES)
def test_a_judge_is_asked(kind: str) -> None:
    assert catalogue.is_judge(kind)
    assert not hasattr(catalogue.get(kind), "score")


@pytest.mark.parametrize("kind", ["", "Exact_match", "toxicity", "x" * 500])
def test_an_unknown_kind_is_refused_with_the_known_ones(kind: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        catalogue.validate(kind, {})
    assert (refused.value.code, refused.value.where) == ("evaluator_unknown", {"field": "kind"})
    assert refused.value.detail == f"'{kind[:60]}' is no kind of evaluator. Use one of: {', '.join(catalogue.KINDS)}."


def test_settings_are_judged_by_their_kind() -> None:
    catalogue.validate("recorded_score", {"path": "a"})
    with pytest.raises(SettingsInvalid, match="'path' is no setting here"):
        catalogue.validate("exact_match", {"path": "a"})
