"""The document of the interface is valid, complete, committed as it is, and open to read with a page of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from drf_spectacular import validation

from apps.api import schema, urls

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(schema.text())


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema.text(), "run: python docs/generate_openapi.py"


def test_the_document_is_made_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    schema.document.cache_clear()
    schema.document()
    assert capsys.readouterr().err == ""


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    rules = Path(validation.__file__).with_name("openapi_3_1_schema.json").read_text()
    assert [str(fault) for fault in jsonschema_rs.validator_for(json.loads(rules)).iter_errors(document)] == []


def test_every_address_is_in_it(document: dict[str, Any]) -> None:
    addresses = [*(tail for tail, _ in urls.V1), *(f"projects/<str:project>/{tail}" for tail, _ in urls.IN_A_PROJECT)]
    expected = {"/api/v1/" + re.sub(r"<str:(\w+)>", r"{\1}", address) for address in addresses}
    assert set(document["paths"]) == expected
    assert document["openapi"] == "3.1.0"


def test_every_operation_says_what_it_asks_answers_and_refuses(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert set(operation["tags"]) <= tags
            assert operation["security"] == [{"key": []}]
            said = operation["responses"]
            assert ("422" in said) is (method == "post" or path.endswith("/comparison")), path
            assert {"400", "401", "403", "404"} <= set(said)
            assert all(answer["description"] for answer in said.values())
            for status, answer in said.items():
                done = "text/event-stream" if operation["operationId"].endswith("_events") else "application/json"
                kind = "application/problem+json" if status >= "400" else done
                assert list(answer["content"]) == [kind], (path, method, status)
            if method == "post":
                assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}


def test_every_reference_leads_to_a_component(document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])


def test_the_document_and_its_page_are_open_and_only_the_page_lets_styles_in(client: Client, db: None) -> None:
    document = client.get("/api/v1/openapi.json")
    assert (document.status_code, document["Content-Type"]) == (200, "application/json")
    assert document.content.decode() == schema.text()
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert b"swagger-ui" in page.content
    assert b"<script>" not in page.content  # its script is a file of ours
    policy = page["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "unsafe-inline" not in policy.replace("style-src 'self' 'unsafe-inline'", "")
    assert "unsafe-inline" not in document["Content-Security-Policy"]
    script = client.get("/api/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/openapi.json" in script.content


def test_other_methods_are_refused_as_problems(client: Client, db: None) -> None:
    response = client.post("/api/v1/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
