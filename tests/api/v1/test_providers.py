"""Providers and endpoints over REST."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import Rest, code_of


@pytest.fixture
def vendor(rest: Rest) -> str:
    assert rest.post("/providers", {"slug": "vendor"}).status_code == 201
    return "vendor"


def test_a_credential_is_taken_and_never_shown(rest: Rest, vendor: str) -> None:
    asked = {"provider": vendor, "slug": "main", "base_url": "https://example.com/v1/", "credential": "sk-canary"}
    response = rest.post("/endpoints", asked)
    assert response.status_code == 201
    [listed] = json.loads(rest.get("/endpoints").content)["data"]
    assert listed == json.loads(response.content)
    shown = {
        name: listed[name]
        for name in ("object", "slug", "provider", "base_url", "concurrency", "has_credential", "prompt_scoring")
    }
    assert shown == {
        "object": "endpoint",
        "slug": "main",
        "provider": "vendor",
        "base_url": "https://example.com/v1",
        "concurrency": 4,
        "has_credential": True,
        "prompt_scoring": "unsupported",
    }
    assert b"canary" not in response.content + rest.get("/audit-events").content


def test_dialect_and_limits_are_told(rest: Rest) -> None:
    assert rest.post("/providers", {"slug": "gpu", "dialect": "vllm"}).status_code == 201
    asked = {"provider": "gpu", "slug": "main", "base_url": "https://example.com/v1", "requests_per_minute": 600}
    told = json.loads(rest.post("/endpoints", asked).content)
    assert (told["dialect"], told["requests_per_minute"], told["tokens_per_minute"]) == ("vllm", 600, None)
    assert told["prompt_scoring"] == "prompt_logprobs"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"requests_per_minute": 0}, 422, "out_of_range"),
        ({"tokens_per_minute": "many"}, 400, "field_invalid"),
        ({"credential": "Bearer sk-1"}, 422, "credential_shape"),
        ({"provider": "none"}, 404, "not_found"),
        ({"slug": "no slug"}, 422, "slug_invalid"),
        ({"base_url": "file:///etc/passwd"}, 422, "scheme_not_allowed"),
        ({"base_url": "https://user:pw@example.com"}, 422, "url_has_credentials"),
        ({"base_url": "http://169.254.169.254/latest"}, 422, "address_blocked"),
        ({"credential": "Bearer sk"}, 422, "credential_shape"),
        ({"concurrency": 0}, 422, "out_of_range"),
        ({"concurrency": 10**6}, 422, "out_of_range"),
        ({"concurrency": "4"}, 400, "field_invalid"),
    ],
)
def test_a_bad_endpoint_is_refused(rest: Rest, vendor: str, changed: dict[str, object], status: int, code: str) -> None:
    asked = {"provider": vendor, "slug": "main", "base_url": "https://example.com/v1", **changed}
    assert code_of(rest.post("/endpoints", asked)) == (status, code)
    assert json.loads(rest.get("/endpoints").content)["data"] == []


def test_a_taken_slug_and_an_unknown_dialect_are_refused(rest: Rest, vendor: str) -> None:
    assert code_of(rest.post("/providers", {"slug": vendor})) == (409, "slug_taken")
    assert code_of(rest.post("/providers", {"slug": "other", "dialect": "soap"})) == (422, "dialect_unknown")
