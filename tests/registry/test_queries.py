"""Models, versions, endpoints by the names people use; a stranger finds none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.inference.client import Address
from apps.kernel.errors import NotFound
from apps.kernel.price import PriceCard
from apps.projects.models import Project
from apps.registry import actions, queries
from apps.registry.models import ModelVersion
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.registry.test_actions import DAY, endpoint

ROWS = runs.output_rows(runs.golden_rows())


def two_versions(project: Project) -> tuple[ModelVersion, ModelVersion]:
    return runs.recorded(project, "m", ROWS), runs.recorded(project, "m", ROWS[1:])


def test_slug_number_and_id_name_a_version(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first, second = two_versions(project)
        assert queries.version(project, "m").pk == second.pk
        assert queries.version(project, "m@1").pk == queries.version(project, first.public_id).pk == first.pk
        assert queries.model(project, "m").pk == first.model_id
        assert [str(row) for row in queries.newest_versions(project)] == ["m@2"]


@pytest.mark.parametrize("reference", ["m@3", "n", "", "ver_0", "m@", "@1", "m@99999999999"])
def test_anything_else_is_not_found(project: Project, ada: Person, reference: str) -> None:
    with acting(ada.who):
        two_versions(project)
        with pytest.raises(NotFound):
            queries.version(project, reference)


def test_recorded_answers_are_found_by_key(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first, second = two_versions(project)
        assert queries.recorded_keys(second) == {row["id"] for row in ROWS[1:]}
        assert queries.recorded_count(first) == 6
        found = queries.recorded_outputs(first, ["row-0002", "nowhere"])
        assert {key: row.output for key, row in found.items()} == {"row-0002": "answer 2"}


def test_a_stored_price_reads_back_as_the_value_it_was(project: Project, ada: Person) -> None:
    card = PriceCard(Decimal("0.15"), Decimal("0.6"), hardware_usd_per_hour=Decimal(2), traces_per_hour=Decimal(900))
    with acting(ada.who):
        version = runs.recorded(project, "m", ROWS)
        row = actions.set_price(version, valid_from=DAY, card=card)
        row.refresh_from_db()
        assert queries.price_value(row) == card
        assert queries.price_value(None) is None
        assert [price.pk for price in queries.prices(version)] == [row.pk]
        assert queries.prices_on([version], DAY)[version.pk].pk == row.pk


def test_a_binding_names_row_and_origin() -> None:
    assert queries.origin("https://models.test:8443/v1/deep?x=1") == "https://models.test:8443"


def test_an_address_holds_what_a_call_needs_and_never_shows_the_key(project: Project, ada: Person) -> None:
    with acting(ada.who):
        row = endpoint(credential="sk-secret", concurrency=7, requests_per_minute=60, tokens_per_minute=9000)
        found = queries.address(row)
        plain = queries.address(endpoint(provider="other", slug="plain"))
    assert found == Address(
        row.base_url, "sk-secret", 7, key=str(row.pk), dialect="openai_chat",
        requests_per_minute=60, tokens_per_minute=9000,
    )  # fmt: skip
    assert "sk-secret" not in repr(found)
    assert (plain.credential, plain.concurrency, plain.requests_per_minute) == (None, 4, None)


def test_a_stranger_finds_nothing_by_any_name(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        version, row = runs.recorded(project, "m", ROWS), endpoint()
        assert queries.endpoint("gpu").pk == row.pk
        assert queries.provider("local").pk == row.provider_id
    with acting(cy.who):
        assert queries.endpoints().count() == queries.providers().count() == 0
        for look in (
            lambda: queries.version(project, version.public_id),
            lambda: queries.model(project, "m"),
            lambda: queries.endpoint("gpu"),
            lambda: queries.provider("local"),
        ):
            with pytest.raises(NotFound):
                look()
