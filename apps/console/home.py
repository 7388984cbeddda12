"""Where a person arrives: her last project, else her only one, else the list; and an organization's own page."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.console.base import FORM, Here, page, tried
from apps.console.forms import SLUG_LENGTH
from apps.kernel.errors import DistillHubError
from apps.projects import actions, queries
from apps.tenancy import queries as tenancy
from apps.tenancy.acting import Door, acting, require
from apps.tenancy.permissions import Permission

LAST = "last_project"


class NewProject(forms.Form):
    slug = forms.CharField(
        label="Short name", max_length=SLUG_LENGTH, help_text="Stands in addresses: letters, digits, '-' and '_'."
    )
    name = forms.CharField(label="Name", max_length=120, required=False, help_text="As it reads on pages.")


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    places = []
    for membership in tenancy.memberships_of(request.user):
        with acting(tenancy.as_member(membership, door=Door.CONSOLE)):
            projects = list(queries.projects())
        places.append({"org": membership.organization, "role": membership.role, "projects": projects})
    known = [[place["org"].slug, project.slug] for place in places for project in place["projects"]]
    last = request.session.get(LAST)
    if last in known or len(known) == 1:
        return redirect("console:overview", *(last if last in known else known[0]))
    return render(request, "console/home.html", {"places": places})


def remember(here: Here) -> None:
    """Keep the project for the next visit; written only when it is another one."""
    place = [here.org.slug, here.inside.slug]
    if here.request.session.get(LAST) != place:
        here.request.session[LAST] = place


@page("organization", methods=FORM, in_project=False)
def organization(here: Here) -> HttpResponse:
    form = NewProject(here.request.POST or None)
    error = None
    if here.request.method == "POST":
        require(Permission.EDIT_PROJECTS)
    if here.request.method == "POST" and form.is_valid():
        opened = tried(lambda: actions.open_project(slug=form.cleaned_data["slug"], name=form.cleaned_data["name"]))
        if not isinstance(opened, DistillHubError):
            return redirect("console:overview", here.org.slug, opened.slug)
        error = opened
    context = {
        "form": form,
        "error": error,
        "projects": list(queries.projects()),
        "others": [m.organization for m in tenancy.memberships_of(here.request.user) if m.organization != here.org],
        "role": here.who.actor.role,
        "can_open": here.may(Permission.EDIT_PROJECTS),
        "can_manage_keys": here.may(Permission.MANAGE_KEYS),
    }
    return here.render("console/organization.html", context)
