"""A page: signed in, inside one organization, inside one transaction until its last byte is rendered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from apps.console import problems
from apps.evals import queries as evals
from apps.kernel.errors import DistillHubError
from apps.projects import queries as projects
from apps.tenancy import queries as tenancy
from apps.tenancy.acting import Acting, Door, acting, require
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.tenancy.models import Organization

R = TypeVar("R")
View = Callable[..., HttpResponse]

SECTIONS: Mapping[str, str] = {
    "models": "Models",
    "datasets": "Datasets",
    "runs": "Runs",
    "scorecards": "Scorecards",
    "gates": "Gates",
    "decisions": "Decisions",
    "audit": "Audit trail",
}
GET = ("GET",)
READS = ("GET", "HEAD")
FORM = (*READS, "POST")
POST = ("POST",)
ROWS_ON_A_PAGE = 25


@dataclass(frozen=True, slots=True)
class Here:
    """Where a request stands: who asks, in which organization, project and section. ``project`` is None outside one."""

    request: HttpRequest
    who: Acting
    org: Organization
    project: Project | None
    section: str

    @property
    def inside(self) -> Project:
        """The project; only pages inside one may ask."""
        if self.project is None:
            raise LookupError("this page stands outside a project")
        return self.project

    def may(self, permission: Permission) -> bool:
        return permission in self.who.permissions

    def entered_again(self) -> Acting:
        """The same person's rights as they stand now. Raises NotFound once she is no member any more."""
        membership = tenancy.membership(self.request.user, self.org.slug)
        return tenancy.as_member(membership, door=Door.CONSOLE, request_id=self.who.request_id)

    def url(self, name: str, *steps: object) -> str:
        """The address of another page of this project, or of this organization outside a project."""
        place = [self.org.slug] if self.project is None else [self.org.slug, self.project.slug]
        return reverse(f"console:{name}", args=[*place, *steps])

    def redirect(self, name: str, *steps: object, say: str = "") -> HttpResponse:
        """After a change: on to the page that shows it, which says what was done."""
        if say:
            messages.success(self.request, say)
        return redirect(self.url(name, *steps))

    def page_of(self, rows: Any, *, size: int = ROWS_ON_A_PAGE, count: int | None = None) -> Page[Any]:
        """The page of a list that the address asks for; what is no page number is read as the nearest one.

        ``count``: how many rows there are, where that is known without asking.
        """
        pages = Paginator(rows, size)
        if count is not None:
            pages.count = count
        return pages.get_page(self.request.GET.get("page"))

    def render(self, template: str, context: Mapping[str, object], *, leaf: str = "") -> HttpResponse:
        """``leaf`` names the page itself below its section. A page whose form was refused says so with its status."""
        status = 200
        if getattr(context.get("form"), "errors", None):
            status = 422
        if isinstance(context.get("error"), DistillHubError):
            status = problems.status_of(context["error"])  # type: ignore[arg-type]
        return TemplateResponse(self.request, template, {**self._frame(leaf), **context}, status=status)

    def _frame(self, leaf: str) -> dict[str, object]:
        return {
            **frame_of(self),
            "crumbs": self._crumbs(leaf),
            "counts": {} if self.project is None else {"runs": evals.unfinished(self.project).count()},
        }

    def _crumbs(self, leaf: str) -> list[dict[str, str]]:
        if self.project is None:
            top = {"label": self.org.name, "url": reverse("console:organization", args=[self.org.slug]) if leaf else ""}
            return [top, {"label": leaf, "url": ""}] if leaf else [top]
        if self.section not in SECTIONS:
            return []
        top = {"label": SECTIONS[self.section], "url": self.url(self.section) if leaf else ""}
        return [top, {"label": leaf, "url": ""}] if leaf else [top]


def frame_of(here: Here) -> dict[str, object]:
    """What the frame around a page needs, and no query."""
    return {
        "org": here.org,
        "project": here.project,
        "section": here.section,
        "can_view_trail": here.may(Permission.VIEW_TRAIL),
        "request_id": here.who.request_id,
    }


def page(
    section: str, *, needs: Permission = Permission.VIEW, methods: tuple[str, ...] = READS, in_project: bool = True
) -> Callable[[View], View]:
    """Make a view of ``view(here, **steps)``. The address has the organization as ``org``, the project as ``project``.

    A stranger is answered as if there were nothing; an error of ours becomes the page of its kind.
    """

    def decorate(view: View) -> View:
        @_signed_in
        @require_http_methods(methods)
        @functools.wraps(view)
        def opened(request: HttpRequest, org: str, project: str = "", **steps: object) -> HttpResponse:
            place: list[Here] = []
            try:
                membership = tenancy.membership(request.user, org)
                who = tenancy.as_member(membership, door=Door.CONSOLE, request_id=request.request_id)
                with acting(who):
                    row = projects.project(project) if in_project else None
                    here = Here(request, who, membership.organization, row, section)
                    place.append(here)
                    require(needs)
                    response = view(here, **steps)
                    if isinstance(response, TemplateResponse):
                        response.render()  # a template may still query, so it belongs inside the block
            except (DistillHubError, DatabaseError) as error:
                response = problems.page(request, error, frame=frame_of(place[0]) if place else {})
            add_never_cache_headers(response)
            return response

        return opened

    return decorate


def _signed_in(view: View) -> View:
    """Send people to sign in; a part of a page that asks for itself makes the whole page do so."""
    full = login_required(view)

    @functools.wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx and not request.user.is_authenticated:
            return HttpResponseClientRefresh()
        return full(request, *args, **kwargs)

    return asked


def tried(change: Callable[[], R]) -> R | DistillHubError:
    """Run a change as one: its result, or nothing written and the error that refused it."""
    try:
        with transaction.atomic():
            return change()
    except DistillHubError as error:
        return error
