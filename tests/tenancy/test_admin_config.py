"""Django's admin is the auditors' site, and no other."""

from __future__ import annotations

from django.contrib import admin

from apps.tenancy.admin_site import AuditorSite


def test_the_default_site_is_the_auditors() -> None:
    assert isinstance(admin.site._wrapped if admin.site._wrapped else admin.site, AuditorSite)
    assert {model._meta.label for model in admin.site._registry} == {
        "audit.AuditEvent", "decisions.Decision", "decisions.Approval",
        "labels.Label", "labels.LabelSample", "labels.PlantedVerdict", "labels.AnchorVerdict",
    }  # fmt: skip
