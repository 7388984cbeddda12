"""Exact match: what was answered, or a field beside it, against one or more references."""

from __future__ import annotations

import pytest

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid
from apps.kernel.evaluators.exact_match import ExactMatch

EVALUATOR = ExactMatch()
HIT, MISS = Outcome(1.0), Outcome(0.0)


def score(
    output: str | None, reference: object, *, recorded: dict[str, object] | None = None, **settings: object
) -> Outcome:
    return EVALUATOR.score(Case({"reference": reference}, output, recorded or {}), settings)


@pytest.mark.parametrize(
    ("output", "reference", "outcome"),
    [
        ("Paris", "Paris", HIT),
        ("paris", "Paris", MISS),
        ("Paris ", "Paris", MISS),
        ("Paris", ["Rome", "Paris"], HIT),
        ("Paris", ["Rome", None], MISS),
        ("null", ["Rome", None], MISS),
        ("", "", HIT),
        ("x", "", MISS),
        ("4", 4, HIT),
        ("4.0", 4, MISS),
        ("true", True, HIT),
        ('{"a": 1, "b": 2}', {"b": 2, "a": 1}, HIT),
        ("é", "e\u0301", MISS),
    ],
)
def test_equal_text_is_a_hit(output: str, reference: object, outcome: Outcome) -> None:
    assert score(output, reference) == outcome


def test_an_absent_answer_is_the_models_fault() -> None:
    assert score(None, "Paris") == Outcome(0.0, detail="no answer")
    assert score("Paris", "Paris", output_field="parsed") == Outcome(0.0, detail="no answer")


@pytest.mark.parametrize("reference", [None, [], [None]])
def test_without_a_reference_the_score_is_missing(reference: object) -> None:
    assert score("null", reference) == Outcome(None, "reference_absent")
    assert score(None, reference) == Outcome(None, "reference_absent")


@pytest.mark.parametrize(
    ("output", "reference", "value"),
    [
        ("  PARIS.\n", "Paris", 1.0),
        ('"Paris"', "paris", 1.0),
        ("New\t York", "new york", 1.0),
        ("ＰＡＲＩＳ", "Paris", 1.0),
        ("Straße", "STRASSE", 1.0),
        ("é", "e\u0301", 1.0),
        ("Paris!?", "Paris", 1.0),
        ("Paris, France", "Paris", 0.0),
        (".5", "5", 0.0),
        ("-5", "5", 0.0),
        ("?", "!", 0.0),
        ("?", "?", 1.0),
        ("...", "", 0.0),
        ("", "", 1.0),
        ("C#", "C", 0.0),
    ],
)
def test_normalising_evens_out_spelling_and_nothing_else(output: str, reference: str, value: float) -> None:
    assert score(output, reference, normalise=True).value == value
    assert score(reference, output, normalise=True).value == value


@pytest.mark.parametrize(
    ("extract", "output", "value"),
    [
        ("first_line", "Paris\nbecause", 1.0),
        ("first_line", "\n\n Paris \r\nbecause", 1.0),
        ("first_line", "", 0.0),
        ("first_word", "Paris because", 1.0),
        ("first_word", "Paris, because", 0.0),
        ("first_word", " \n", 0.0),
        ("json:city", '{"city": "Paris"}', 1.0),
        ("json:city", '{"city": null}', 0.0),
        ("json:city", '{"town": "Paris"}', 0.0),
        ("json:a.b", '{"a": {"b": "Paris"}}', 1.0),
        ("json:a.b", '{"a": ["b"]}', 0.0),
        ("json:city", '["city"]', 0.0),
        ("json:city", '"city"', 0.0),
        ("json:city", "Paris", 0.0),
        ("json:city", "[" * 100_000, 0.0),
        ("json:city", '{"city": ' + "9" * 5000 + "}", 0.0),
    ],
)
def test_a_part_of_the_output_can_count(extract: str, output: str, value: float) -> None:
    assert score(output, "Paris", extract=extract).value == value


def test_a_recorded_field_can_stand_for_the_output() -> None:
    recorded = {"parsed": "Paris", "deep": {"er": 4}}
    assert score("Rome", "Paris", recorded=recorded, output_field="parsed") == HIT
    assert score("Rome", 4, recorded=recorded, output_field="deep.er") == HIT
    assert score("Rome", "Paris", recorded=recorded, output_field="output") == MISS


@pytest.mark.parametrize(
    "settings",
    [
        {"output_field": ""}, {"output_field": 7}, {"output_field": "a..b"}, {"normalise": "yes"}, {"normalise": None},
        {"extract": "last_line"}, {"extract": "json:"}, {"extract": 7}, {"extract": ["first_line"]}, {"Extract": "x"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        EVALUATOR.validate(settings)
    assert refused.value.code == "evaluator_settings_invalid"
    assert refused.value.where == {"field": next(iter(settings))}


@pytest.mark.parametrize(
    "settings", [{}, {"output_field": "parsed", "normalise": True, "extract": "json:a.b"}, {"extract": "first_word"}]
)
def test_settings_that_work_are_taken(settings: dict[str, object]) -> None:
    EVALUATOR.validate(settings)


def test_it_needs_a_reference() -> None:
    assert EVALUATOR.needs({}) == ("reference",)
