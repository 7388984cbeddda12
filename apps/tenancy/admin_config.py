"""Puts the auditors' site in the place of Django's stock admin site."""

from django.contrib.admin.apps import AdminConfig


class AuditorAdminConfig(AdminConfig):
    default_site = "apps.tenancy.admin_site.AuditorSite"
