"""The auditors' door: Django's admin, opened as one organization at a time and read-only over the trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse

from apps.tenancy import queries
from apps.tenancy.acting import Door, acting
from apps.tenancy.models import Membership
from apps.tenancy.permissions import Permission, of_role


class AuditorSite(AdminSite):
    """Opens for members whose role may read the trail. ``?organization=slug`` chooses among several."""

    site_header = "DistillHub records"
    site_title = "DistillHub records"
    index_title = "Decisions and trail, read-only"
    login_form = AuthenticationForm

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take only the windows of this house: those of other apps show every tenant's rows, and edit them."""
        if admin_class is not None and admin_class.__module__.startswith("apps."):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return self._membership(request) is not None

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., HttpResponse]:
        guarded = super().admin_view(view, cacheable)

        def as_auditor(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            membership = self._membership(request)
            if membership is None:
                return guarded(request, *args, **kwargs)
            if "organization" in request.GET:
                return redirect(request.path)  # chosen and remembered; a list would read it as a filter of its own
            request_id = getattr(request, "request_id", "")
            with acting(queries.as_member(membership, door=Door.ADMIN, request_id=request_id)):
                response = guarded(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()  # rendering queries too, so it belongs inside the block
                return response

        return as_auditor

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Nothing is changed through this door, a password neither."""
        raise Http404

    def _membership(self, request: HttpRequest) -> Membership | None:
        if not request.user.is_active or not request.user.is_authenticated:
            return None
        able = [m for m in queries.memberships_of(request.user) if Permission.VIEW_TRAIL in of_role(m.role)]
        wanted = request.GET.get("organization") or request.session.get("admin_organization")
        chosen = next((m for m in able if m.organization.slug == wanted), able[0] if able else None)
        if chosen is not None and request.session.get("admin_organization") != chosen.organization.slug:
            request.session["admin_organization"] = chosen.organization.slug
        return chosen
