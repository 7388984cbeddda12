"""Read-only admin windows: auditors look, nobody edits here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.tenancy.acting import current, is_acting
from apps.tenancy.permissions import Permission


class ReadOnlyAdmin(admin.ModelAdmin):
    """A window over one table: no add, no change, no delete, no bulk action, no free look-ups from the URL."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_acting() and Permission.VIEW_TRAIL in current().permissions

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in {name if isinstance(name, str) else name[0] for name in self.list_filter}
