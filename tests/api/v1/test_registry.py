"""Models, versions, prices and recorded outputs over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Rest, code_of
from tests.factories.runs import golden_rows, lines, output_rows


def made(response: Any) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    return dict(json.loads(response.content))


@pytest.fixture
def endpoint(rest: Rest) -> str:
    made(rest.post("/providers", {"slug": "vendor"}))
    made(rest.post("/endpoints", {"provider": "vendor", "slug": "main", "base_url": "https://example.com/v1"}))
    return "main"


def test_a_version_is_immutable_and_known_by_what_it_is(rest: Rest, at: str, endpoint: str) -> None:
    made(rest.post(f"{at}/models", {"slug": "big"}))
    asked = {"endpoint": endpoint, "remote_name": "big-2026", "parameters": {"temperature": 0}}
    first = made(rest.post(f"{at}/models/big/versions", asked))
    assert (first["ref"], first["model"], first["endpoint"], first["is_recorded"]) == ("big@1", "big", "main", False)
    assert made(rest.post(f"{at}/models/big/versions", asked)) == first
    second = made(rest.post(f"{at}/models/big/versions", {**asked, "parameters": {}, "base": "big@1"}))
    assert (second["ref"], second["base"], second["quantised_from"]) == ("big@2", "big@1", None)
    listed = json.loads(rest.get(f"{at}/models/big/versions").content)["data"]
    assert [entry["ref"] for entry in listed] == ["big@2", "big@1"]


def test_a_model_whose_name_has_a_slash_is_addressed_by_its_id(rest: Rest, at: str) -> None:
    response = rest.post(f"{at}/models", {"slug": "meta/llama"})
    model = made(response)
    assert response["Location"] == f"/api/v1{at}/models/{model['id']}"
    assert json.loads(rest.get(f"{at}/models/{model['id']}").content) == model
    outputs = lines(output_rows(golden_rows()))
    version = made(rest.upload(f"{at}/models/{model['id']}/outputs", "o.jsonl", outputs))
    assert (version["ref"], version["is_recorded"], version["endpoint"]) == ("meta/llama@1", True, None)


def test_recorded_outputs_come_as_a_file_or_as_rows(rest: Rest, at: str) -> None:
    rows = output_rows(golden_rows())
    made(rest.post(f"{at}/models", {"slug": "big"}))
    version = made(rest.upload(f"{at}/models/big/outputs", "o.jsonl", lines(rows)))
    assert made(rest.post(f"{at}/models/big/outputs", {"rows": rows})) == version
    assert code_of(rest.upload(f"{at}/models/none/outputs", "o.jsonl", lines(rows))) == (404, "not_found")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b'{"output": "x"}\n', "column_missing"),
        (b'{"id": "a", "latency_ms": -1}', "value_invalid"),
    ],
)
def test_bad_recorded_outputs_make_no_version(rest: Rest, at: str, content: bytes, code: str) -> None:
    made(rest.post(f"{at}/models", {"slug": "big"}))
    assert code_of(rest.upload(f"{at}/models/big/outputs", "o.jsonl", content)) == (422, code)
    assert json.loads(rest.get(f"{at}/models/big/versions").content)["data"] == []


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"endpoint": "none"}, 404, "not_found"),
        ({}, 400, "field_missing"),
        ({"endpoint": "main", "base": "none@1"}, 404, "not_found"),
        ({"endpoint": "main", "parameters": []}, 400, "field_invalid"),
        ({"endpoint": "main", "remote_name": "x" * 201}, 400, "field_too_long"),
        ({"endpoint": "main", "training_corpus_digest": "md5:1"}, 400, "field_invalid"),
        ({"endpoint": "main", "tokenizer": "x" * 201}, 400, "field_too_long"),
        ({"endpoint": "main", "tokenizer": "a\u202eb"}, 422, "name_invalid"),
    ],
)
def test_a_bad_version_is_refused(rest: Rest, at: str, endpoint: str, asked: Any, status: int, code: str) -> None:
    made(rest.post(f"{at}/models", {"slug": "big"}))
    assert code_of(rest.post(f"{at}/models/big/versions", asked)) == (status, code)


def test_a_version_names_its_tokenizer(rest: Rest, at: str, endpoint: str) -> None:
    made(rest.post(f"{at}/models", {"slug": "big"}))
    assert made(rest.post(f"{at}/models/big/versions", {"endpoint": "main"}))["tokenizer"] == ""
    named = made(rest.post(f"{at}/models/big/versions", {"endpoint": "main", "tokenizer": "llama-3"}))
    assert (named["tokenizer"], named["number"]) == ("llama-3", 2)


@pytest.mark.parametrize("slug", ["", " ", "x" * 121, "a\u202eb"])
def test_a_model_name_that_cannot_be_read_aloud_is_refused(rest: Rest, at: str, slug: str) -> None:
    status, code = code_of(rest.post(f"{at}/models", {"slug": slug}))
    assert (status, code) in {(422, "name_invalid"), (400, "field_blank")}


class TestPrices:
    @pytest.fixture
    def version(self, rest: Rest, at: str) -> str:
        made(rest.post(f"{at}/models", {"slug": "big"}))
        return str(made(rest.upload(f"{at}/models/big/outputs", "o.jsonl", lines(output_rows(golden_rows()))))["ref"])

    def test_prices_are_exact_texts_from_a_day_on(self, rest: Rest, at: str, version: str) -> None:
        asked = {"version": version, "valid_from": "2026-01-01", "input_usd_per_mtok": 0.1, "output_usd_per_mtok": "3"}
        price = made(rest.post(f"{at}/prices", asked))
        shown = {name: price[name] for name in ("version", "valid_from", "input_usd_per_mtok", "traces_per_hour")}
        assert shown == {
            "version": "big@1",
            "valid_from": "2026-01-01",
            "input_usd_per_mtok": "0.100000",
            "traces_per_hour": None,
        }
        assert made(rest.post(f"{at}/prices", asked))["id"] == price["id"]
        [all_of_them] = json.loads(rest.get(f"{at}/prices").content)["data"]
        [of_version] = json.loads(rest.get(f"{at}/prices?version=big@1").content)["data"]
        assert all_of_them == of_version
        other = {**asked, "output_usd_per_mtok": "4"}
        assert code_of(rest.post(f"{at}/prices", other)) == (409, "price_overlap")

    @pytest.mark.parametrize("price", [-1, "NaN", "Infinity", "free", 1e9, "1000000", True])
    def test_what_is_no_price_is_refused(self, rest: Rest, at: str, version: str, price: object) -> None:
        asked = {"version": version, "input_usd_per_mtok": price, "output_usd_per_mtok": 1}
        assert code_of(rest.post(f"{at}/prices", asked)) == (422, "price_invalid")
        assert json.loads(rest.get(f"{at}/prices").content)["data"] == []

    @pytest.mark.parametrize("day", ["99999-01-01", "infinity", "2026-02-30", "yesterday", 7])
    def test_what_is_no_day_is_refused(self, rest: Rest, at: str, version: str, day: object) -> None:
        asked = {"version": version, "valid_from": day, "input_usd_per_mtok": 1, "output_usd_per_mtok": 1}
        assert code_of(rest.post(f"{at}/prices", asked)) == (400, "field_invalid")
