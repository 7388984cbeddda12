"""Every window in the records is read-only, whoever looks."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import RequestFactory

from apps.audit.windows import ReadOnlyAdmin
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person

WINDOWS = list(admin.site._registry.values())
REQUEST = RequestFactory().get("/admin/")


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.model._meta.label)
def test_a_window_shows_and_changes_nothing(ada: Person, window: ReadOnlyAdmin) -> None:
    assert isinstance(window, ReadOnlyAdmin)
    with acting(ada.who):
        assert window.has_view_permission(REQUEST)
        assert not window.has_add_permission(REQUEST)
        assert not window.has_change_permission(REQUEST)
        assert not window.has_delete_permission(REQUEST)
        assert window.actions is None
        assert window.list_editable == ()
        assert window.inlines == ()


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.model._meta.label)
def test_without_the_right_or_outside_a_block_it_stays_shut(ada: Person, window: ReadOnlyAdmin) -> None:
    assert not window.has_view_permission(REQUEST)
    assert not window.has_module_permission(REQUEST)
    member = person("mel@acme.test", ada.organization, Role.MEMBER)
    with acting(member.who):
        assert not window.has_view_permission(REQUEST)


def test_only_listed_filters_are_looked_up() -> None:
    window = next(window for window in WINDOWS if window.model._meta.label == "audit.AuditEvent")
    assert window.lookup_allowed("event", "x")
    assert not window.lookup_allowed("says__regex", "(a+)+$")
    assert not window.lookup_allowed("organization__slug", "other")
