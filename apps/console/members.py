"""An organization's people and keys."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse

from apps.console.base import FORM, POST, Here, page, tried
from apps.kernel.errors import DistillHubError
from apps.members import actions
from apps.tenancy import queries
from apps.tenancy.permissions import Permission, Scope

SCOPES = {
    Scope.READ: "read: look at everything but the trail",
    Scope.RUN: "run: register, import, start runs, ask gates",
    Scope.GATE: "gate: save and ask gate policies",
    Scope.DECIDE: "decide: prepare decisions (a person still signs)",
    Scope.AUDIT: "audit: read the trail",
    Scope.ADMIN: "admin: everything but deciding",
}
DAYS = 90


class NewKey(forms.Form):
    name = forms.CharField(max_length=80, help_text="What will use it, such as ci-support-bot.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, words) for scope, words in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
    )
    days = forms.IntegerField(label="Days it lives", initial=DAYS, help_text=f"1 to {actions.KEY_DAYS_MAX}.")


@page("members", in_project=False)
def members(here: Here) -> HttpResponse:
    rows = queries.members(here.org.pk)
    return here.render("console/members.html", {"members": rows, "me": here.who.actor.id}, leaf="Members")


@page("keys", needs=Permission.MANAGE_KEYS, methods=FORM, in_project=False)
def keys(here: Here) -> HttpResponse:
    """The one page that answers a POST without a redirect: the new key's text is nowhere else to be shown from."""
    form = NewKey(here.request.POST or None)
    issued = error = None
    if here.request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        made = tried(
            lambda: actions.issue_key(
                name=asked["name"], scopes=asked["scopes"], days=asked["days"], created_by=here.request.user
            )
        )
        if isinstance(made, DistillHubError):
            error = made
        else:
            issued, form = made, NewKey()
    context = {"keys": queries.keys_of(here.org.pk), "form": form, "issued": issued, "error": error}
    return here.render("console/keys.html", context, leaf="API keys")


@page("keys", needs=Permission.MANAGE_KEYS, methods=POST, in_project=False)
def key_revoke(here: Here, prefix: str) -> HttpResponse:
    key = actions.revoke_key(queries.key(here.org.pk, prefix))
    return here.redirect("keys", say=f"The key {key.name} ({key.prefix}) is revoked.")
