"""The doors. The console comes last: it owns the bare paths."""

from django.contrib import admin
from django.urls import include, path

from apps.tenancy.health import alive, ready

handler400 = "apps.console.problems.bad_request"
handler403 = "apps.console.problems.forbidden"
handler404 = "apps.console.problems.not_found"
handler500 = "apps.console.problems.server_error"

urlpatterns = [
    path("healthz", alive),
    path("readyz", ready),
    path("api/", include("apps.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("apps.console.urls")),
]
