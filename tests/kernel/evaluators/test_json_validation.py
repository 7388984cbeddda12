"""Valid JSON scores 1, anything else of the model's 0; a schema that cannot be used says nothing about the model."""

from __future__ import annotations

import time

import pytest

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid
from apps.kernel.evaluators.json_validation import OUTPUT_BYTES, JSONValidation

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}
EVALUATOR = JSONValidation()


def score(output: str | None, *, schema: object = PERSON, **settings: object) -> Outcome:
    return EVALUATOR.score(Case({}, output, {}), {"schema": schema, **settings})


@pytest.mark.parametrize("output", ['{"name": "Ada"}', ' {"name": "Ada", "age": 36}\n', '{"name": "Ada", "age": 36.0}'])
def test_a_valid_document_scores_1(output: str) -> None:
    assert score(output) == Outcome(1.0)


@pytest.mark.parametrize(
    ("output", "detail"),
    [
        ('{"age": 3}', '/: "name" is a required property'),
        ('{"name": "Ada", "age": -1}', "/age: -1 is less than the minimum of 0"),
        ('{"name": 7}', '/name: 7 is not of type "string"'),
        ("[]", '/: [] is not of type "object"'),
        ('{"name": "Ada"} {"name": "Ada"}', "not JSON: Extra data: line 1 column 17 (char 16)"),
        ('```json\n{"name": "Ada"}\n```', "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("Here it is", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (None, "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"name": "Ada", "age": NaN}', "not JSON: NaN is not JSON"),
        ('{"name": "Ada", "age": -Infinity}', "not JSON: -Infinity is not JSON"),
        ("{'name': 'Ada'}", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_anything_else_scores_0_and_says_where(output: str | None, detail: str) -> None:
    assert score(output) == Outcome(0.0, detail=detail)


def test_the_place_of_a_fault_is_a_json_pointer() -> None:
    deep = {"additionalProperties": {"additionalProperties": {"items": {"type": "integer"}}}}
    outcome = score('{"a/b": {"c~d": [1, "x"]}}', schema=deep)
    assert outcome.detail == '/a~1b/c~0d/1: "x" is not of type "integer"'


def test_a_detail_that_quotes_the_model_is_storable_and_short() -> None:
    outcome = score('"a\\u0000' + "x" * 2000 + '"')
    assert outcome.detail.startswith('/: "a')
    assert len(outcome.detail) == 500
    assert "\x00" not in outcome.detail


@pytest.mark.parametrize("output", ["[" * 100_000, '"\\ud800"', "9" * 5000, "1e999"])
def test_json_that_no_reader_can_take_scores_0_under_any_schema(output: str) -> None:
    assert score(output, schema={"type": ["array", "string", "number"]}).value == 0.0


def test_what_is_only_large_is_read() -> None:
    assert score("[" * 900 + "]" * 900, schema=True) == Outcome(1.0)
    assert score("1" + "0" * 400, schema={"type": "integer"}) == Outcome(1.0)


def test_an_output_of_more_than_a_mebibyte_scores_0_unread() -> None:
    assert score('"' + "x" * (OUTPUT_BYTES - 2) + '"', schema=True) == Outcome(1.0)
    assert score('"' + "x" * (OUTPUT_BYTES - 1) + '"', schema=True).detail == "the output is larger than 1 MiB"
    assert score('"' + "é" * (OUTPUT_BYTES // 2) + '"', schema=True).detail == "the output is larger than 1 MiB"


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ('```json\n{"name": "Ada"}\n```', 1.0),
        ('```\n{"name": "Ada"}\n```\n', 1.0),
        ('{"name": "Ada"}', 1.0),
        ('``` {"name": "Ada"} ```', 0.0),
        ('Sure:\n```json\n{"name": "Ada"}\n```', 0.0),
        ("```", 0.0),
    ],
)
def test_a_code_fence_is_taken_off_where_that_is_asked(output: str, value: float) -> None:
    assert score(output, strip_code_fence=True).value == value


def test_the_rows_own_schema_counts_where_the_evaluator_has_none() -> None:
    assert EVALUATOR.needs({}) == ("schema",)
    assert EVALUATOR.needs({"schema": True}) == ()
    assert EVALUATOR.score(Case({"schema": {"type": "integer"}}, "1", {}), {}) == Outcome(1.0)
    assert EVALUATOR.score(Case({"schema": False}, "1", {}), {}).value == 0.0
    assert EVALUATOR.score(Case({"schema": {"type": "integer"}}, "1", {}), {"schema": {"type": "string"}}).value == 0.0


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (None, "schema_absent"),
        ("{}", "schema_invalid"),
        ({"type": "integr"}, "schema_invalid"),
        ({"$ref": "http://169.254.169.254/"}, "ref_not_local"),
        ({"$ref": "#"}, "schema_recursive"),
        ({"pattern": "(?=a)"}, "regex_unsupported"),
        ({"enum": ["x" * 70_000]}, "schema_too_large"),
    ],
)
def test_a_row_whose_schema_cannot_be_used_is_missing_and_not_0(schema: object, reason: str) -> None:
    outcome = EVALUATOR.score(Case({"schema": schema}, "1", {}), {})
    assert (outcome.value, outcome.reason) == (None, reason)


def test_too_much_work_is_missing_at_once_and_not_0() -> None:
    began = time.process_time()
    outcome = score("[" + ",".join(["[4999]"] * 50_000) + "]", schema={"items": {"enum": [[n] for n in range(5000)]}})
    assert (outcome.value, outcome.reason) == (None, "evaluator_timeout")
    assert time.process_time() - began < 1.2


def test_formats_are_annotations() -> None:
    for dialect in ("http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"):
        assert score('"x"', schema={"$schema": dialect, "format": "date"}) == Outcome(1.0)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"schema": {"type": "integr"}}, "schema_invalid"),
        ({"schema": None}, "schema_invalid"),
        ({"schema": {"$ref": "file:///etc/passwd"}}, "ref_not_local"),
        ({"strip_code_fence": "yes"}, "evaluator_settings_invalid"),
        ({"shema": {}}, "evaluator_settings_invalid"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], code: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        EVALUATOR.validate(settings)
    assert refused.value.code == code


@pytest.mark.parametrize("settings", [{}, {"schema": True}, {"schema": PERSON, "strip_code_fence": True}])
def test_settings_that_work_are_taken(settings: dict[str, object]) -> None:
    EVALUATOR.validate(settings)
