"""A new model: live behind an endpoint, or recorded in a file; all of it or nothing."""

from __future__ import annotations

import pytest

from apps.registry.models import Endpoint, Model, ModelVersion, Provider
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, code_of, text_of
from tests.factories import runs
from tests.factories.runs import golden_rows, lines, output_rows

LIVE = {
    "source": "live",
    "name": "gpt-4o-mini",
    "base_url": "https://api.example.com/v1/",
    "credential": "sk-very-secret",
    "parameters": '{"temperature": 0}',
    "concurrency": "8",
}


def test_a_live_model_gets_its_endpoint_and_keeps_its_key_secret(ada, at) -> None:
    browser = Browser(ada)
    response = browser.post(f"{at}/models/new/", LIVE)
    assert response["Location"] == f"{at}/models/gpt-4o-mini@1/"
    page = text_of(browser.get(response["Location"]))
    assert "https://api.example.com/v1" in page
    assert "sk-very-secret" not in page
    with acting(ada.who):
        version = ModelVersion.objects.select_related("endpoint").get()
        assert (version.remote_name, version.parameters, version.endpoint.slug, version.endpoint.concurrency) == (
            "gpt-4o-mini",
            {"temperature": 0},
            "api-example-com",
            8,
        )
        assert "sk-very-secret" not in version.endpoint.credential


def test_a_dialect_and_limits_belong_to_the_endpoint(ada, at) -> None:
    rates = {"requests_per_minute": "500", "tokens_per_minute": "200000"}
    asked = {**LIVE, "dialect": "anthropic_messages", "parameters": '{"max_tokens": 256}', **rates}
    response = Browser(ada).post(f"{at}/models/new/", asked)
    page = text_of(Browser(ada).get(response["Location"]))
    assert "<dt>Dialect</dt><dd>Anthropic messages</dd>" in page
    assert "8 calls at once, 500 calls a minute, 200,000 tokens a minute, over all workers" in page
    Browser(ada).post(f"{at}/models/new/", {**LIVE, "name": "other", "credential": ""})
    with acting(ada.who):
        found = {row.provider.slug: row.provider.dialect for row in Endpoint.objects.select_related("provider")}
        assert found == {"anthropic-messages": "anthropic_messages", "openai-compatible": "openai_chat"}


def test_the_same_address_without_a_new_key_is_the_same_endpoint(ada, at) -> None:
    browser = Browser(ada)
    browser.post(f"{at}/models/new/", LIVE)
    browser.post(f"{at}/models/new/", {**LIVE, "name": "other", "credential": ""})
    browser.post(f"{at}/models/new/", {**LIVE, "name": "third", "credential": "sk-new"})
    with acting(ada.who):
        assert sorted(Endpoint.objects.values_list("slug", flat=True)) == ["api-example-com", "api-example-com-2"]
        assert Provider.objects.count() == 1


def test_lineage_is_kept(ada, at, project) -> None:
    with acting(ada.who):
        runs.recorded(project, "big", output_rows(golden_rows(4)))
    digest = "sha256:" + "a" * 64
    Browser(ada).post(
        f"{at}/models/new/", {**LIVE, "base": "big@1", "training_corpus_digest": digest, "tokenizer": "o200k"}
    )
    page = text_of(Browser(ada).get(f"{at}/models/gpt-4o-mini/"))
    assert "<dt>Base</dt><dd>big@1</dd>" in page
    assert digest in page
    assert "<dt>Tokenizer</dt><dd>o200k</dd>" in page


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"name": ""}, 422, "field_missing"),
        ({"base_url": ""}, 422, "field_missing"),
        ({"parameters": '{"temperature": NaN}'}, 422, "not_finite"),
        ({"parameters": "{'a': 1}"}, 422, "json_syntax"),
        ({"parameters": "[1]"}, 422, "body_not_object"),
        ({"credential": "Bearer sk-x"}, 422, "credential_shape"),
        ({"concurrency": "65"}, 422, "out_of_range"),
        ({"concurrency": "0"}, 422, "out_of_range"),
        ({"tokens_per_minute": "0"}, 422, "out_of_range"),
        ({"dialect": "anthropic_messages"}, 422, "model_parameter_missing"),
        ({"base": "nothing@1"}, 404, "not_found"),
    ],
)
def test_a_refused_model_leaves_no_endpoint_behind(ada, at, events, changed, status, code) -> None:
    before = events()
    response = Browser(ada).post(f"{at}/models/new/", {**LIVE, **changed})
    assert code_of(response) == (status, code)
    assert "sk-very-secret" not in text_of(response)
    assert events() == before
    with acting(ada.who):
        assert not Endpoint.objects.exists()
        assert not Model.objects.exists()


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "file:///etc/passwd", "https://user:pw@example.com"])
def test_an_address_that_must_not_be_called_is_refused(ada, at, settings, url) -> None:
    settings.OUTBOUND_ALLOW = []
    response = Browser(ada).post(f"{at}/models/new/", {**LIVE, "base_url": url})
    assert response.status_code == 422
    with acting(ada.who):
        assert not Endpoint.objects.exists()


def test_recorded_outputs_name_their_model(ada, at) -> None:
    content = lines(output_rows(golden_rows(4), model="llama-3-8b"))
    response = Browser(ada).upload(f"{at}/models/new/", "o.jsonl", content, source="recorded")
    assert response["Location"].endswith("/models/llama-3-8b@1/")


def test_recorded_outputs_of_several_models_need_a_name(ada, at) -> None:
    rows = [{**row, "model": name} for row, name in zip(output_rows(golden_rows(2)), ("a", "b"), strict=True)]
    browser = Browser(ada)
    refused = browser.upload(f"{at}/models/new/", "o.jsonl", lines(rows), source="recorded")
    assert code_of(refused) == (422, "field_missing")
    named = browser.upload(f"{at}/models/new/", "o.jsonl", lines(rows), source="recorded", name="mix")
    assert named.status_code == 302


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b'{"output": "x"}\n', "column_missing"),
        (b'{"id": "a", "latency_ms": -1}\n', "value_invalid"),
        (b'{"id": "a"}\n{"id": "a"}\n', "duplicate_id"),
    ],
)
def test_bad_recorded_outputs_are_refused_and_leave_nothing(ada, at, events, content, code) -> None:
    before = events()
    response = Browser(ada).upload(f"{at}/models/new/", "o.jsonl", content, source="recorded", name="big")
    assert code_of(response) == (422, code)
    assert events() == before
    with acting(ada.who):
        assert not Model.objects.exists()
