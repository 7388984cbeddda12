"""The people of the tests: Ada acts, Ben is her teammate, Cy is a stranger who must see and change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connections

from apps.accounts.models import User
from apps.members.founding import found_organization
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy import store
from apps.tenancy.acting import Acting, Door, acting
from apps.tenancy.models import Organization
from apps.tenancy.permissions import Role
from apps.tenancy.queries import as_person
from tests import browser, database

REAL_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
PASSWORD = "a long test password"

# A deadline by the clock is a timed test: on a loaded machine it fails for nothing.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")


def pytest_configure() -> None:
    """What tests in this process have otherwise than the product; processes that they start have its own settings.

    Cheap hashes for people, the product's own hasher staying the first choice. No grace after the database's start:
    here it may have been started a moment ago, and tests let leases run out at once.
    """
    settings.PASSWORD_HASHERS = ["tests.passwords.CheapArgon2", *settings.PASSWORD_HASHERS]
    settings.EVAL_GRACE_SECONDS = 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is not here is said: real recorded outputs, and on a machine of one's own a browser. CI must have one."""
    absent = {}
    if not REAL_DATA.is_dir():
        absent["realdata"] = f"no recorded outputs at {REAL_DATA}"
    if browser.chromium() is None and os.environ.get("CI") != "true":
        absent["browser"] = f"no browser here: none of {', '.join(browser.NAMES)} is installed"
    for item in items:
        for mark, reason in absent.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def database_name() -> str:
    return f"distillhub_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(database_name: str, django_db_blocker: object) -> Iterator[None]:
    """Tests run on a copy of the migrated template, logged in as the plain app role like the server itself."""
    database.fresh(database_name)
    settings.DATABASES["default"]["NAME"] = database_name
    connections["default"].settings_dict["NAME"] = database_name
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connections.close_all()
    database.drop(database_name)


@dataclass(frozen=True, slots=True)
class Person:
    """A user and how she acts for her organization."""

    user: User
    who: Acting
    organization: Organization


def person(email: str, organization: Organization, role: str = Role.ADMIN) -> Person:
    """A new person with a role in an organization."""
    user = User.objects.create_user(email, PASSWORD)
    store.set_role(organization_id=organization.id, user=user, role=role)
    return Person(user, as_person(user, organization.slug, door=Door.CONSOLE), organization)


def founder(email: str, slug: str) -> Person:
    """A new person with a new organization of her own."""
    user = User.objects.create_user(email, PASSWORD)
    organization = found_organization(slug=slug, name=slug.title(), founder=user, door=Door.COMMAND)
    return Person(user, as_person(user, slug, door=Door.CONSOLE), organization)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """A test whose rows other processes and threads must see: nothing is rolled back, so it makes an organization of

    its own (`founder(f"{name}@example.test", name)` with a fresh name) and touches no other.
    """
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        connections.close_all()


@pytest.fixture
def ada(db: None) -> Person:
    return founder("ada@acme.test", "acme")


@pytest.fixture
def ben(ada: Person) -> Person:
    return person("ben@acme.test", ada.organization, Role.APPROVER)


@pytest.fixture
def cy(db: None) -> Person:
    return founder("cy@other.test", "other")


@pytest.fixture
def project(ada: Person) -> Project:
    with acting(ada.who):
        return projects.open_project(slug="support", name="Support bot")
