"""The demo's golden set is what its README says: whole, declared, schema-true and free of repeats."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema_rs
import pytest

from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows

GOLDEN = Path(__file__).resolve().parents[2] / "apps" / "demo" / "data" / "golden.jsonl"
WEIGHTS = {"sentiment": 0.35, "routing": 0.30, "policy-qa": 0.18, "json-ticket": 0.12, "refund-amount": 0.05}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


def normalised(text: object) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", str(text).lower()).split())


def references(row: dict[str, object]) -> list[str]:
    reference = row["reference"]
    return reference if isinstance(reference, list) else [reference]


def test_five_cohorts_hold_24_rows_each(rows):
    assert Counter(row["cohort"] for row in rows) == dict.fromkeys(WEIGHTS, 24)


def test_only_refund_amounts_are_of_high_value(rows):
    assert {row["cohort"] for row in rows if row["high_value"]} == {"refund-amount"}
    assert all(row["high_value"] for row in rows if row["cohort"] == "refund-amount")


def test_a_cohort_carries_one_declared_weight_and_the_weights_sum_to_one(rows):
    declared = {(row["cohort"], row["traffic_weight"]) for row in rows}
    assert declared == set(WEIGHTS.items())
    assert sum(weight for _, weight in declared) == pytest.approx(1, abs=1e-12)


def test_ids_are_unique(rows):
    assert len({row["id"] for row in rows}) == len(rows) == 120


def test_no_two_rows_ask_the_same_after_normalisation(rows):
    asked = Counter((normalised(row.get("context", "")), normalised(row["input"])) for row in rows)
    assert [question for question, times in asked.items() if times > 1] == []


def test_no_row_repeats_a_worked_case_of_its_own_prompt(rows):
    for row in rows:
        *shots, question = (message["content"] for message in row["messages"] if message["role"] == "user")
        assert normalised(question) not in {normalised(shot) for shot in shots}, row["id"]


def test_messages_are_one_instruction_then_worked_cases_then_the_open_question(rows):
    for row in rows:
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["system", *["user", "assistant"] * ((len(roles) - 2) // 2), "user"], row["id"]
        assert len(roles) >= 10, row["id"]
        question = row["messages"][-1]["content"]
        assert str(row["input"]) in question, row["id"]
        assert str(row.get("context", "")) in question, row["id"]


def test_every_row_has_a_reference_of_non_empty_strings(rows):
    for row in rows:
        assert references(row), row["id"]
        assert all(isinstance(text, str) and text.strip() for text in references(row)), row["id"]


def test_every_label_of_a_classification_occurs_equally_often(rows):
    labels = {
        cohort: Counter(row["reference"] for row in rows if row["cohort"] == cohort)
        for cohort in ("sentiment", "routing")
    }
    assert labels["sentiment"] == {"positive": 12, "negative": 12}
    assert labels["routing"] == {"billing": 6, "delivery": 6, "account": 6, "repair": 6}


def test_an_extracted_amount_stands_in_its_message(rows):
    for row in rows:
        if row["cohort"] == "refund-amount":
            assert str(row["reference"]) in str(row["input"]), row["id"]


def test_a_policy_answer_stands_in_its_policy(rows):
    for row in rows:
        if row["cohort"] == "policy-qa":
            assert normalised(references(row)[0]) in normalised(row["context"]), row["id"]


def test_json_references_and_worked_cases_are_valid_against_the_schema_of_their_row(rows):
    for row in rows:
        assert ("schema" in row) is (row["cohort"] == "json-ticket"), row["id"]
        if "schema" in row:
            answers = [message["content"] for message in row["messages"] if message["role"] == "assistant"]
            for text in (*references(row), *answers):
                jsonschema_rs.validate(row["schema"], json.loads(text))


def test_the_schema_refuses_a_quantity_in_words(rows):
    schema = next(row["schema"] for row in rows if "schema" in row)
    assert not jsonschema_rs.is_valid(schema, {"order": "A-4417", "item": "kettle", "quantity": "two"})


def test_the_product_reads_the_set_without_a_warning():
    with GOLDEN.open("rb") as chunks:
        golden = parse_golden(read_rows(GOLDEN.name, chunks))
    assert len(golden.examples) == 120
    assert golden.weights_source == "declared"
    assert {cohort.name: cohort.weight for cohort in golden.cohorts} == WEIGHTS
