"""Models and what stands behind them: immutable versions, dated prices, sealed credentials, recorded answers."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from apps.audit.models import AuditEvent
from apps.inference.providers import catalogue
from apps.kernel import digest
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.price import PriceCard
from apps.projects.models import Project
from apps.registry import actions, queries
from apps.registry.models import Endpoint, Model, ModelVersion, RecordedOutput
from apps.registry.models import PriceCard as PriceRow
from apps.tenancy import secrets
from apps.tenancy.acting import acting
from apps.tenancy.owned import OrganizationOwned
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs

URL = "http://127.0.0.1:8001/v1"
DAY = date(2026, 11, 1)


def endpoint(**changes: object) -> Endpoint:
    provider = actions.register_provider(slug=str(changes.pop("provider", "local")))
    fields: dict[str, object] = {"slug": "gpu", "base_url": URL, **changes}
    return actions.register_endpoint(provider, **fields)  # type: ignore[arg-type]


def test_a_credential_is_sealed_to_its_endpoint_and_origin(project: Project, ada: Person) -> None:
    with acting(ada.who):
        row = endpoint(credential="sk-secret")
        event = AuditEvent.objects.get(event="endpoint.registered")
    assert "sk-secret" not in row.credential
    assert "sk-secret" not in bytes(event.payload).decode()
    assert secrets.unseal(row.credential, bound_to=queries.binding(row)) == "sk-secret"
    row.base_url = "http://127.0.0.1:9999/v1"
    with pytest.raises(secrets.SecretUnreadable):
        secrets.unseal(row.credential, bound_to=queries.binding(row))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"base_url": "file:///etc/passwd"}, "scheme_not_allowed"),
        ({"base_url": "http://user:pw@127.0.0.1:8001/v1"}, "url_has_credentials"),
        ({"base_url": "http://169.254.169.254/latest"}, "address_blocked"),
        ({"base_url": "http://127.0.0.1:6379/v1"}, "port_not_allowed"),
        ({"concurrency": 0}, "out_of_range"),
        ({"concurrency": 65}, "out_of_range"),
        ({"requests_per_minute": 0}, "out_of_range"),
        ({"tokens_per_minute": -1}, "out_of_range"),
        ({"tokens_per_minute": 10**10}, "out_of_range"),
        ({"credential": "sk-1\n"}, "credential_shape"),
        ({"credential": "schlüssel"}, "credential_shape"),
        ({"credential": 'sk-1"'}, "credential_shape"),
        ({"credential": "Bearer sk-1"}, "credential_shape"),
        ({"credential": "'sk-1'"}, "credential_shape"),
    ],
)
def test_an_endpoint_that_must_not_be_called_is_not_kept(
    project: Project, ada: Person, changes: dict[str, object], code: str
) -> None:
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            endpoint(**changes)
        assert refused.value.code == code
        assert "pw" not in refused.value.detail
        assert Endpoint.objects.count() == 0


def test_slugs_are_taken_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        endpoint()
        for again in (lambda: actions.register_provider(slug="local"), lambda: endpoint(provider="other")):
            with pytest.raises(Conflict) as refused, transaction.atomic():
                again()
            assert refused.value.code == "slug_taken"


@pytest.mark.parametrize("dialect", catalogue.NAMES)
def test_a_provider_speaks_a_dialect_that_we_know(project: Project, ada: Person, dialect: str) -> None:
    with acting(ada.who):
        assert actions.register_provider(slug="p", dialect=dialect).dialect == dialect
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            actions.register_provider(slug="x", dialect="smoke-signals")
        assert refused.value.code == "dialect_unknown"


def test_a_provider_speaks_openais_chat_unless_told(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert actions.register_provider(slug="p").dialect == "openai_chat"


def test_limits_are_kept_and_told_to_the_trail(project: Project, ada: Person) -> None:
    with acting(ada.who):
        row = endpoint(concurrency=64, requests_per_minute=500, tokens_per_minute=200_000)
        row.refresh_from_db()
        assert (row.concurrency, row.requests_per_minute, row.tokens_per_minute) == (64, 500, 200_000)
        facts = json.loads(bytes(AuditEvent.objects.get(event="endpoint.registered").payload))["facts"]
        assert (facts["concurrency"], facts["requests_per_minute"], facts["tokens_per_minute"]) == (64, 500, 200_000)


def test_a_parameter_that_the_dialect_cannot_do_without_is_asked_for_and_never_added(
    project: Project, ada: Person
) -> None:
    with acting(ada.who):
        provider = actions.register_provider(slug="anthropic", dialect="anthropic_messages")
        claude = actions.register_endpoint(provider, slug="claude", base_url=URL)
        model = actions.register_model(project, slug="m")
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            actions.register_version(model, endpoint=claude, parameters={"temperature": 0})
        assert (refused.value.code, refused.value.where) == ("model_parameter_missing", {"field": "parameters"})
        assert ModelVersion.objects.count() == 0
        kept = actions.register_version(model, endpoint=claude, parameters={"max_tokens": 5})
        assert kept.parameters == {"max_tokens": 5}


def test_the_same_configuration_is_the_same_version_and_another_the_next(project: Project, ada: Person) -> None:
    with acting(ada.who):
        gpu, model = endpoint(), actions.register_model(project, slug="llama-8b")
        first = actions.register_version(model, endpoint=gpu, remote_name="llama", parameters={"temperature": 0})
        same = actions.register_version(model, endpoint=gpu, remote_name="llama", parameters={"temperature": 0})
        other = actions.register_version(model, endpoint=gpu, remote_name="llama", parameters={"temperature": 1})
        assert (str(first), same.pk, str(other)) == ("llama-8b@1", first.pk, "llama-8b@2")
        assert AuditEvent.objects.filter(event="model_version.registered").count() == 2


def test_a_version_remembers_where_it_came_from(project: Project, ada: Person) -> None:
    with acting(ada.who):
        gpu, model = endpoint(), actions.register_model(project, slug="m")
        base = actions.register_version(model, endpoint=gpu, remote_name="base")
        child = actions.register_version(
            model, endpoint=gpu, remote_name="q4", base=base, quantised_from=base, training_corpus_digest="sha256:ab"
        )
        assert (child.base, child.quantised_from, child.training_corpus_digest) == (base, base, "sha256:ab")


def test_a_tokenizer_makes_another_version_and_none_leaves_the_digest_as_it_was(project: Project, ada: Person) -> None:
    with acting(ada.who):
        gpu, model = endpoint(), actions.register_model(project, slug="m")
        plain = actions.register_version(model, endpoint=gpu, remote_name="m")
        named = actions.register_version(model, endpoint=gpu, remote_name="m", tokenizer="llama-3")
        assert (plain.tokenizer, named.tokenizer, named.number) == ("", "llama-3", 2)
        # What a version was digested from before it could name a tokenizer.
        content = {
            "model": "m", "endpoint": {"slug": "gpu", "base_url": URL}, "remote_name": "m", "parameters": {},
            "base": None, "quantised_from": None, "training_corpus_digest": "", "outputs_digest": "",
        }  # fmt: skip
        assert plain.digest == digest.of(content)
        assert named.digest == digest.of({**content, "tokenizer": "llama-3"})


@pytest.mark.parametrize("name", ["x" * 201, "a\nb", "a\x00"])
def test_a_tokenizers_name_can_be_read(project: Project, ada: Person, name: str) -> None:
    with acting(ada.who):
        gpu, model = endpoint(), actions.register_model(project, slug="m")
        with pytest.raises(InvalidInput) as refused:
            actions.register_version(model, endpoint=gpu, tokenizer=name)
        assert (refused.value.code, ModelVersion.objects.count()) == ("name_invalid", 0)


def test_a_version_without_endpoint_or_outputs_is_refused(project: Project, ada: Person) -> None:
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        actions.register_version(actions.register_model(project, slug="m"))
    assert refused.value.code == "version_without_source"


@pytest.mark.parametrize("slug", ["", " ", "a\nb", "x" * 121, "a\x00"])
def test_a_model_has_a_name_one_can_read(project: Project, ada: Person, slug: str) -> None:
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            actions.register_model(project, slug=slug)
        assert refused.value.code == "name_invalid"
        assert Model.objects.count() == 0


def test_prices_are_dated_and_never_edited(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = runs.recorded(project, "m", runs.output_rows(runs.golden_rows()))
        first = actions.set_price(version, valid_from=DAY, card=PriceCard(Decimal(5), Decimal(15)))
        assert (
            actions.set_price(version, valid_from=DAY, card=PriceCard(Decimal("5.0"), Decimal("15.00"))).pk == first.pk
        )
        with pytest.raises(Conflict) as refused, transaction.atomic():
            actions.set_price(version, valid_from=DAY, card=PriceCard(Decimal(4), Decimal(15)))
        assert refused.value.code == "price_overlap"
        later = actions.set_price(version, valid_from=date(2026, 12, 1), card=PriceCard(Decimal(4), Decimal(12)))
        assert queries.price_on(version, date(2026, 10, 31)) is None
        assert queries.price_on(version, date(2026, 11, 30)) == first
        assert queries.price_on(version, date(2027, 1, 1)) == later


def test_recorded_answers_become_a_version_once(project: Project, ada: Person) -> None:
    rows = runs.output_rows(runs.golden_rows())
    with acting(ada.who):
        first, again = runs.recorded(project, "m", rows), runs.recorded(project, "m", rows[::-1])
        other = runs.recorded(project, "m", [{**rows[0], "output": "changed"}, *rows[1:]])
        assert (first.is_recorded, again.pk, other.number) == (True, first.pk, 2)
        assert RecordedOutput.objects.filter(version=first).count() == 6


@pytest.mark.parametrize("table", [ModelVersion, PriceRow, RecordedOutput])
def test_what_is_registered_cannot_be_changed_by_anybody(
    project: Project, ada: Person, table: type[OrganizationOwned]
) -> None:
    with acting(ada.who):
        version = runs.recorded(project, "m", runs.output_rows(runs.golden_rows()))
        actions.set_price(version, valid_from=DAY, card=PriceCard(Decimal(5), Decimal(15)))
        before = list(table.objects.order_by("pk").values())
        assert before
        for change in (
            lambda: table.objects.update(created_at="2020-01-01T00:00Z"),
            lambda: table.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
                change()
        assert list(table.objects.order_by("pk").values()) == before


def test_a_viewer_registers_nothing_and_a_stranger_sees_nothing(project: Project, ada: Person, cy: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who), pytest.raises(Forbidden):
        actions.register_model(project, slug="m")
    with acting(ada.who):
        endpoint(credential="sk-secret")
        runs.recorded(project, "m", runs.output_rows(runs.golden_rows()))
    with acting(cy.who):
        for table in (Endpoint, Model, ModelVersion, RecordedOutput):
            assert table._base_manager.count() == 0


def test_a_stranger_hangs_nothing_on_what_she_was_handed(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        gpu, model = endpoint(), actions.register_model(project, slug="m")
        version = actions.register_version(model, endpoint=gpu, remote_name="m")
    for change in (
        lambda: actions.register_model(project, slug="n"),
        lambda: actions.register_version(model, endpoint=gpu, remote_name="n"),
        lambda: actions.set_price(version, valid_from=DAY, card=PriceCard(Decimal(1), Decimal(1))),
        lambda: actions.register_endpoint(gpu.provider, slug="cys", base_url=URL),
    ):
        with acting(cy.who), pytest.raises(IntegrityError), transaction.atomic():
            change()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting(ada.who):
        counts = [table.objects.count() for table in (Endpoint, Model, ModelVersion, PriceRow)]
        assert counts == [1, 1, 1, 0]
