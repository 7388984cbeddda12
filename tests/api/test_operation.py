"""What an operation says once is what its address does."""

from __future__ import annotations

import re

import pytest

from apps.api import urls
from apps.api.fields import READ_ONLY
from apps.api.operation import Operation, needs
from apps.kernel.errors import Forbidden
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person


def operations() -> list[Operation]:
    endpoints = [endpoint for _, endpoint in (*urls.V1, *urls.IN_A_PROJECT)]
    handlers = [getattr(endpoint, method, None) for endpoint in endpoints for method in ("get", "post")]
    return [handler.operation for handler in handlers if hasattr(handler, "operation")]


def test_every_operation_has_its_own_name_of_resource_and_verb() -> None:
    names = [operation.id for operation in operations()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*_[a-z]+", name) for name in names)


def test_every_handler_is_an_operation() -> None:
    for _, endpoint in (*urls.V1, *urls.IN_A_PROJECT):
        assert endpoint.tag
        assert [method for method in ("get", "post") if hasattr(getattr(endpoint, method, None), "operation")]


def test_no_request_sets_what_only_we_set() -> None:
    for operation in operations():
        assert not set(operation.asks().fields) & (READ_ONLY - {"ref", "number"})


def test_the_guard_of_an_action_asks_for_the_actions_own_permission(ada: Person) -> None:
    guard = needs(projects.open_project)
    viewer = person("vera@acme.test", ada.organization, Role.VIEWER)
    with acting(ada.who):
        guard()
    with acting(viewer.who), pytest.raises(Forbidden) as refused:
        guard()
    assert refused.value.where["permission"] == projects.open_project.needs == "edit_projects"
