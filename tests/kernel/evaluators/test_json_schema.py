"""What a schema may ask for: as much as the standard has, but nothing that reaches out or does not end in a second."""

from __future__ import annotations

import gzip
import json
import socket
import time
from typing import Any

import pytest

from apps.kernel.evaluators.contract import SettingsInvalid
from apps.kernel.evaluators.json_schema import SCHEMA_BYTES, SCHEMA_LEVELS, SUBSCHEMAS, compiled
from tests.conftest import REAL_DATA
from tests.kernel.evaluators.schema_suite import REFUSED

SUITE = REAL_DATA / "json_schema_suite" / "tests.jsonl.gz"
DRAFTS = {
    "draft7": ("http://json-schema.org/draft-07/schema#", 898, 34),
    "draft2020-12": ("https://json-schema.org/draft/2020-12/schema", 1242, 80),
}
A_SECOND = 1.2


def refusal(schema: object) -> str:
    began = time.monotonic()
    with pytest.raises(SettingsInvalid) as refused:
        compiled(schema)
    assert time.monotonic() - began < A_SECOND
    return refused.value.code


def nested(levels: int, keyword: str) -> dict[str, Any]:
    """A schema of ``levels`` schemas, each in the one before."""
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels - 1):
        schema = {keyword: [schema]} if keyword == "allOf" else {keyword: schema}
    return schema


def doubling(levels: int, keyword: str = "allOf") -> dict[str, Any]:
    """Each definition asks twice for the one before it: 2^levels subschemas in a few lines."""
    definitions: dict[str, Any] = {"d0": {"type": "integer"}}
    for level in range(1, levels + 1):
        definitions[f"d{level}"] = {keyword: [{"$ref": f"#/$defs/d{level - 1}"}] * 2}
    return {"$defs": definitions, "$ref": f"#/$defs/d{levels}"}


@pytest.mark.parametrize("schema", [None, 7, "object", [], [{}]])
def test_a_schema_is_an_object_true_or_false(schema: object) -> None:
    assert refusal(schema) == "schema_invalid"


@pytest.mark.parametrize(
    "schema",
    [{"type": "integr"}, {"minimum": "1"}, {"required": "a"}, {"$schema": "http://127.0.0.1:9/own"}, {"allOf": []}],
)
def test_a_schema_that_breaks_the_standard_is_refused(schema: object) -> None:
    assert refusal(schema) == "schema_invalid"


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:{port}/a.json", "https://127.0.0.1:{port}/a.json", "//127.0.0.1:{port}/a.json",
        "file:///etc/passwd", "other.json", "http://json-schema.org/draft-07/schema#", "urn:uuid:1", "", "#name",
    ],
)  # fmt: skip
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef", "$recursiveRef"])
def test_nothing_outside_the_schema_is_asked_for(reference: str, keyword: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        schema = {"properties": {"a": {keyword: reference.format(port=listener.getsockname()[1])}}}
        assert refusal(schema) == "ref_not_local"
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ({"$schema": "http://127.0.0.1:{port}/meta"}, "schema_invalid"),
        ({"$id": "http://127.0.0.1:{port}/a", "type": "object"}, None),
        ({"const": {"$ref": "http://127.0.0.1:{port}/a"}}, None),
        ({"unknown": {"$ref": "http://127.0.0.1:{port}/a"}}, None),
        ({"$defs": {"a": {"$ref": "http://127.0.0.1:{port}/a"}}}, "schema_invalid"),
        ({"$defs": {"a": {"$id": "http://127.0.0.1:{port}/a", "$ref": "b"}}}, "schema_invalid"),
    ],
)
def test_no_other_place_for_an_address_is_asked_either(schema: object, code: str | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        written = json.loads(json.dumps(schema).replace("{port}", str(listener.getsockname()[1])))
        if code is None:
            compiled(written).validator.is_valid({"a": 1})
        else:
            assert refusal(written) == code
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    ("reference", "schema"),
    [
        ("#/$defs/a", {"$defs": {"a": {"type": "integer"}}}),
        ("#/$defs/a~1b~0c", {"$defs": {"a/b~c": {"type": "integer"}}}),
        ("#/$defs/a%25b", {"$defs": {"a%b": {"type": "integer"}}}),
        ("#/definitions/a", {"definitions": {"a": {"type": "integer"}}}),
        ("#/allOf/1", {"allOf": [True, {"type": "integer"}]}),
    ],
)
def test_a_place_in_the_schema_is_followed(reference: str, schema: dict[str, Any]) -> None:
    validator = compiled({**schema, "items": {"$ref": reference}}).validator
    assert validator.is_valid([1]) == ("allOf" not in schema)
    assert not validator.is_valid(["x"])


@pytest.mark.parametrize("reference", ["#/$defs/b", "#/allOf/7", "#/allOf/x", "#/type/0", "#/allOf/" + "9" * 5000])
def test_a_place_that_is_not_there_is_refused(reference: str) -> None:
    assert refusal({"allOf": [True], "type": "object", "not": {"$ref": reference}}) == "schema_invalid"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"properties": {"kids": {"items": {"$ref": "#"}}}},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"$defs": {"a": {"properties": {"x": {"anyOf": [{"$ref": "#/$defs/a"}] * 2}}}}, "$ref": "#/$defs/a"},
        {"$recursiveRef": "#"},
    ],
)
def test_a_schema_that_contains_itself_is_refused(schema: dict[str, Any]) -> None:
    assert refusal(schema) == "schema_recursive"


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf", "prefixItems"])
@pytest.mark.parametrize("levels", [14, 100, 1000])
def test_references_that_double_are_refused_before_they_are_followed(keyword: str, levels: int) -> None:
    assert refusal(doubling(levels, keyword)) == "schema_too_large"


def test_two_hundred_subschemas_are_enough_and_one_more_is_not() -> None:
    names = {f"p{number}": {"type": "integer"} for number in range(SUBSCHEMAS - 1)}
    assert compiled({"properties": names}).validator.is_valid({"p1": 1})
    assert refusal({"properties": {**names, "more": True}}) == "schema_too_large"


def test_definitions_that_nothing_refers_to_do_not_count() -> None:
    assert compiled({"$defs": {f"d{n}": {"type": "integer"} for n in range(1000)}}).atoms == 1


def test_size_and_depth_have_their_limits() -> None:
    assert refusal({"const": "x" * SCHEMA_BYTES}) == "schema_too_large"
    assert refusal({"enum": list(range(SCHEMA_BYTES))}) == "schema_too_large"
    assert compiled(nested(SCHEMA_LEVELS, "not")).validator.is_valid("x")
    assert refusal(nested(SCHEMA_LEVELS + 2, "not")) == "schema_too_deep"
    assert compiled(nested(SCHEMA_LEVELS // 2, "allOf")).validator.is_valid(1)
    assert refusal(nested(100_000, "items")) == "schema_too_deep"


def test_only_the_whole_schema_has_an_id() -> None:
    assert compiled({"$id": "https://example.com/a", "properties": {"id": {"type": "string"}}}).atoms > 0
    assert refusal({"properties": {"a": {"$id": "https://example.com/b"}}}) == "schema_nested_id"


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", r"(a)\1"])
def test_a_pattern_that_looks_around_or_back_is_refused(pattern: str) -> None:
    assert refusal({"pattern": pattern}) == "regex_unsupported"
    assert refusal({"patternProperties": {pattern: True}}) == "regex_unsupported"


@pytest.mark.parametrize("pattern", ["((a{100}){100}){100}", r"\p{L}{5000}", "a{99999}", "(((a{0,90}){0,90}){0,90})b"])
def test_a_pattern_that_is_large_written_out_is_refused(pattern: str) -> None:
    assert refusal({"pattern": pattern}) == "regex_too_large"


def test_patterns_that_are_large_together_are_refused() -> None:
    names = {f"p{n}": {"pattern": f"^.{{1,{150 + n}}}$"} for n in range(20)}
    assert refusal({"properties": names}) == "regex_too_large"


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    assert refusal({"pattern": pattern}) == "schema_invalid"


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[0-9a-f]{8}-[0-9a-f]{4}$", r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}))?$", r"^\p{L}+$",
        "^.{1,200}$", r"^[^<>]{1,80}$", "^(a|b|c)+$", r"^\S+@\S+\.\S+$",
    ],
)  # fmt: skip
def test_patterns_of_every_day_are_taken(pattern: str) -> None:
    assert not compiled({"pattern": pattern}).is_too_much("x" * 5000)


BOMBS: list[tuple[str, object, object]] = [
    ("enum of objects", {"items": {"enum": [{"a": n} for n in range(4000)]}}, [{"a": n} for n in range(40_000)]),
    ("enum of lists", {"items": {"enum": [[n] for n in range(5000)]}}, [[4999]] * 50_000),
    ("dependentRequired", {"items": {"dependentRequired": {f"p{n}": ["a"] for n in range(3000)}}}, [{}] * 300_000),
    ("enum behind references", {"$defs": {"e": {"enum": [[n] for n in range(4000)]}},
                                "items": {"anyOf": [{"$ref": "#/$defs/e"}] * 60}}, [[4001]] * 9_000),
    ("many wishes", {"items": {"allOf": [{"not": {"const": n}} for n in range(90)]}}, ["x"] * 300_000),
    ("slow pattern", {"pattern": "(0|1)*1(0|1){900}2"}, "0110" * 100_000),
    ("many slow patterns", {"allOf": [{"not": {"pattern": f"1[01]{{{n}}}2"}} for n in range(50, 90)]}, "0110" * 60_000),
    ("slow names", {"patternProperties": {"1[01]{90}2": False, "0[01]{91}2": False, "0[01]{92}2": False}},
     {f"{n:020b}" * 10: 1 for n in range(5000)}),
    ("unique objects", {"uniqueItems": True}, [{"a": n} for n in range(100_000)]),
    ("unique lists", {"uniqueItems": True}, [[0] * 300 + [n] for n in range(1500)]),
    ("nested unevaluated", {"allOf": [nested(14, "allOf")], "unevaluatedProperties": False},
     {f"p{n}": n for n in range(50_000)}),
    ("contains", {"contains": {"contains": {"const": "y"}}, "minContains": 9000}, [["x"] * 100] * 2000),
    ("deep", {"items": True}, json.loads("[" * 900 + "]" * 900)),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "document"), [row[1:] for row in BOMBS], ids=[row[0] for row in BOMBS])
def test_a_pair_is_refused_beforehand_or_done_within_a_second(schema: object, document: object) -> None:
    checked = compiled(schema)
    began = time.process_time()
    if not checked.is_too_much(document):
        checked.validator.is_valid(document)
    assert time.process_time() - began < A_SECOND


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "unevaluatedItems"])
def test_unevaluated_within_unevaluated_does_not_double_at_every_level(keyword: str) -> None:
    schema: dict[str, Any] = {keyword: False}
    for _ in range(SCHEMA_LEVELS // 2 - 1):
        schema = {"allOf": [schema], keyword: False}
    began = time.process_time()
    compiled(schema).validator.is_valid({f"p{n}": n for n in range(1000)})
    compiled(schema).validator.is_valid(list(range(1000)))
    assert time.process_time() - began < A_SECOND


EDGES: list[tuple[object, Any]] = [
    ({"items": {"enum": [[n] for n in range(5000)]}}, lambda size: [[4999]] * size),
    ({"items": {"enum": [{"a": n} for n in range(4000)]}}, lambda size: [{"a": 4001}] * size),
    ({"items": {"dependentRequired": {f"p{n}": ["a"] for n in range(3000)}}}, lambda size: [{}] * size),
    ({"pattern": "(0|1)*1(0|1){60}2"}, lambda size: "0110" * size),
    ({"pattern": "1[01]{400}2"}, lambda size: "0110" * size),
    ({"pattern": "(0|1)*1(0|1){1500}2"}, lambda size: "0110" * size),
]


@pytest.mark.parametrize(("schema", "document_of"), EDGES, ids=range(len(EDGES)))
def test_the_largest_document_that_is_still_taken_is_done_within_a_second(schema: object, document_of: Any) -> None:
    checked = compiled(schema)
    size = 1
    while not checked.is_too_much(document_of(size * 5 // 4 + 1)):
        size = size * 5 // 4 + 1
    began = time.process_time()
    checked.validator.is_valid(document_of(size))
    assert time.process_time() - began < A_SECOND


def test_too_much_work_is_told_from_enough() -> None:
    checked = compiled({"items": {"enum": [[n] for n in range(5000)]}})
    assert checked.atoms == 10_003
    assert not checked.is_too_much([[1]] * 1200)
    assert checked.is_too_much([[1]] * 1300)


@pytest.mark.realdata
@pytest.mark.parametrize("draft", DRAFTS)
def test_the_public_suite_agrees_on_every_schema_that_we_take(draft: str) -> None:
    dialect, total, refused = DRAFTS[draft]
    with gzip.open(SUITE, "rt", encoding="utf-8") as lines:
        tests = [one for one in map(json.loads, lines) if one["draft"] == draft]
    needed = [one for one in tests if not one["optional"] and not one["needs_remote"]]
    assert len(needed) == total
    wrong, excepted = [], 0
    for one in needed:
        group, schema = one["id"].rsplit(".", 1)[0], one["schema"]
        if isinstance(schema, dict):
            schema = {"$schema": dialect, **schema}
        if group in REFUSED:
            excepted += 1
            assert refusal(schema) == REFUSED[group][0], one["id"]
        elif compiled(schema).validator.is_valid(one["data"]) != one["valid"]:
            wrong.append(one["id"])
    assert (wrong, excepted) == ([], refused)


@pytest.mark.realdata
def test_no_exception_from_the_suite_is_stale() -> None:
    with gzip.open(SUITE, "rt", encoding="utf-8") as lines:
        groups = {one["id"].rsplit(".", 1)[0] for one in map(json.loads, lines)}
    assert set(REFUSED) <= groups
