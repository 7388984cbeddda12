"""The organization's trail, for those who may read it."""

from __future__ import annotations

from django.http import HttpResponse

from apps.audit import queries
from apps.console.base import Here, page
from apps.tenancy.permissions import Permission

EVENTS_ON_A_PAGE = 50


@page("audit", needs=Permission.VIEW_TRAIL)
def audit(here: Here) -> HttpResponse:
    shown = here.page_of(queries.events(), size=EVENTS_ON_A_PAGE)
    verified = queries.verify() if here.request.GET.get("verify") else None
    head = verified.head.hex() if verified else ""
    context = {"events": list(shown), "page_obj": shown, "verified": verified, "head": head}
    return here.render("console/audit/list.html", context)
