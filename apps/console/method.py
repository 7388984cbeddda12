"""How each figure is made: a page for everyone, signed in or not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache  # the frame around it names who is signed in
@require_safe
def method(request: HttpRequest) -> HttpResponse:
    return render(request, "console/method.html", {"crumbs": [{"label": "Method", "url": ""}]})
