"""Gate policies: the list, a version as a table of rules, and a new version with what it would have said."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.console import rule_words
from apps.console.base import FORM, Here, page, tried
from apps.console.forms import SlugField
from apps.gates import actions, planning, queries
from apps.kernel import policy as policies
from apps.kernel.errors import DistillHubError, InvalidInput
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.gates.models import GatePolicyVersion
    from apps.kernel.policy import Policy

DOCUMENT_LENGTH = 64 * 1024


class NewPolicy(forms.Form):
    slug = SlugField(label="Policy", help_text="A short name. The name of a standing policy makes its next version.")
    document = forms.CharField(
        max_length=DOCUMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "code"}),
        help_text="JSON: name, alpha and rules; max_age_days and max_contaminated where 30 days and 0.01 do not fit. "
        "A margin is a fraction of the 0–1 scale; 0.03 is 3.0 pp.",
    )


@page("gates")
def gates(here: Here) -> HttpResponse:
    newest: dict[str, SimpleNamespace] = {}
    for version in queries.policy_versions(here.inside):
        row = newest.setdefault(version.policy.slug, _row(version))
        row.versions += 1
    context = {"policies": list(newest.values()), "can_edit": here.may(Permission.EDIT_GATES)}
    return here.render("console/gates/list.html", context)


@page("gates")
def gate(here: Here, ref: str) -> HttpResponse:
    version = queries.policy_version(here.inside, ref)
    value = queries.policy_value(version)
    others = queries.policy_versions(here.inside).filter(policy=version.policy_id).exclude(pk=version.pk)
    context = {
        "version": _row(version),
        "digest": version.digest,
        "description": value.description,
        "level": f"{value.level:.0%}",
        "alpha": f"{value.alpha:g}",
        "rules": [rule_words.of(rule) for rule in value.rules],
        "freshness": _freshness(value),
        "document": _pretty(value.document()),
        "others": [str(other) for other in others],
        "replays": [_replay(one) for one in planning.replay(here.inside, value)],
        "can_edit": here.may(Permission.EDIT_GATES),
    }
    return here.render("console/gates/detail.html", context, leaf=str(version))


@page("gates", needs=Permission.EDIT_GATES, methods=FORM)
def gate_new(here: Here) -> HttpResponse:
    """Write a policy, see what it says in words and would have said of the newest scorecards, and only then save it."""
    form = NewPolicy(here.request.POST or None, initial=_initial(here))
    error, replays = None, None
    if "add" in here.request.POST:
        form, error = _extended(form, here.request.POST["add"])
    elif here.request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        done = tried(lambda: _save_or_replay(here, asked))
        if isinstance(done, DistillHubError):
            error = done
        elif isinstance(done, list):
            replays = [_replay(one) for one in done]
        else:
            return here.redirect("gate", str(done), say=f"{done} is saved and can no longer change.")
    text = str(form["document"].value() or "")
    context = {
        "form": form, "error": error, "replays": replays, "templates": sorted(policies.TEMPLATES),
        "rules": _in_words(text), "offered": rule_words.offered(),
    }  # fmt: skip
    return here.render("console/gates/new.html", context, leaf="Write a policy")


def _save_or_replay(here: Here, asked: dict[str, Any]) -> GatePolicyVersion | list[planning.Replay]:
    document = _document(asked["document"])
    if here.request.POST.get("step") == "save":
        return actions.save_policy(here.inside, slug=asked["slug"], document=document)
    return planning.replay(here.inside, policies.parse(document))


def _extended(form: NewPolicy, figure: str) -> tuple[NewPolicy, DistillHubError | None]:
    """The form with one more rule in its document, or as it was with what is wrong."""
    slug, text = (str(form[name].value() or "") for name in ("slug", "document"))
    document = tried(lambda: _with_rule(text, figure))
    if isinstance(document, DistillHubError):
        return form, document
    # Not bound: a name that is not written yet is no mistake while a rule is being added.
    return NewPolicy(initial={"slug": slug, "document": _pretty(document)}), None


def _with_rule(text: str, figure: str) -> dict[str, object]:
    """The document with one more rule, an example of the figure under an id of its own."""
    document = _document(text)
    rules: object = document.get("rules", [])
    if figure not in policies.SHAPES or not isinstance(rules, list):
        # What is wrong with it is said by whoever reads policies.
        policies.parse({**document, "rules": [{"figure": figure}] if isinstance(rules, list) else rules})
        return document
    taken = {str(rule.get("id")) for rule in rules if isinstance(rule, dict)}
    name = figure.replace("_", "-")
    ids = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    rule = {"id": next(one for one in ids if one not in taken), "figure": figure, **policies.SHAPES[figure].example}
    return {**document, "rules": [*rules, rule]}


def _in_words(text: str) -> list[SimpleNamespace]:
    """The rules of a document in words; none while it is not a policy yet."""
    try:
        return [rule_words.of(rule) for rule in policies.parse(_document(text)).rules]
    except InvalidInput:
        return []


def _document(text: str) -> dict[str, object]:
    """The JSON of the form: one object, no key twice. Whether it is a policy is judged afterwards."""
    if len(text) > DOCUMENT_LENGTH:
        said = f"A policy has at most {DOCUMENT_LENGTH:,} characters."
        raise InvalidInput(said, code="policy_too_long", where={"field": "document"})
    try:
        document = json.loads(text, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"This is not JSON: {error}.", code="json_syntax", where={"field": "document"}) from None
    if not isinstance(document, dict):
        raise InvalidInput("A policy is a JSON object.", code="policy_not_object", where={"field": "document"})
    return document


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _initial(here: Here) -> dict[str, str]:
    """Start from a standing version (``?from=``) or a template (``?template=``)."""
    asked = here.request.GET
    if asked.get("from"):
        version = queries.policy_version(here.inside, asked["from"])
        return {"slug": version.policy.slug, "document": _pretty(queries.policy_value(version).document())}
    name = asked.get("template", "release")
    template = policies.TEMPLATES.get(name, policies.TEMPLATES["release"])
    return {"slug": str(template["name"]), "document": _pretty(template)}


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _row(version: GatePolicyVersion) -> SimpleNamespace:
    value = queries.policy_value(version)
    kinds = [rule.kind for rule in value.rules]
    return SimpleNamespace(
        ref=str(version),
        slug=version.policy.slug,
        created_at=version.created_at,
        proofs=kinds.count("prove"),
        guards=kinds.count("guard"),
        versions=0,
        proves_nothing=_proves_nothing(value),
    )


def _freshness(value: Policy) -> str:
    """Which evidence the policy takes."""
    return (
        f"Takes scorecards of at most {value.age_days:g} days, and at most "
        f"{100 * value.contaminated_share:g} % of rows that the student was trained on."
    )


def _proves_nothing(value: Policy) -> bool:
    return "nothing_must_be_shown" in value.warnings


def _replay(one: planning.Replay) -> SimpleNamespace:
    run = one.scorecard.run
    return SimpleNamespace(
        number=one.scorecard.number, student=str(run.student), teacher=str(run.teacher), then=one.then, now=one.now,
        turned=one.then is not None and one.then != one.now,
    )  # fmt: skip
