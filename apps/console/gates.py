"""Gate policies: the list, a version as a table of rules, and a new version with what it would have said."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.console import figures
from apps.console.base import FORM, Here, page, tried
from apps.console.forms import SlugField
from apps.gates import actions, planning, queries
from apps.kernel import policy as policies
from apps.kernel.errors import DistillHubError, InvalidInput
from apps.kernel.sentences.judges import MEASURES
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.gates.models import GatePolicyVersion
    from apps.kernel.policy import Policy, Rule
from apps.kernel.policy.rules import BITS_PER_BYTE

DOCUMENT_LENGTH = 64 * 1024
SCOPES = {
    "global": "all traffic",
    "high_value": "each high-value cohort",
    "other_cohorts": "every other cohort",
    "each_cohort": "each cohort",
}


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
        "rules": [_rule(rule) for rule in value.rules],
        "freshness": _freshness(value),
        "document": _pretty(value.document()),
        "others": [str(other) for other in others],
        "replays": [_replay(one) for one in planning.replay(here.inside, value)],
        "can_edit": here.may(Permission.EDIT_GATES),
    }
    return here.render("console/gates/detail.html", context, leaf=str(version))


@page("gates", needs=Permission.EDIT_GATES, methods=FORM)
def gate_new(here: Here) -> HttpResponse:
    """Write a policy, see what it would have said of the newest scorecards, and only then save it."""
    form = NewPolicy(here.request.POST or None, initial=_initial(here))
    error, replays = None, None
    if here.request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        done = tried(lambda: _save_or_replay(here, asked))
        if isinstance(done, DistillHubError):
            error = done
        elif isinstance(done, list):
            replays = [_replay(one) for one in done]
        else:
            return here.redirect("gate", str(done), say=f"{done} is saved and can no longer change.")
    context = {"form": form, "error": error, "replays": replays, "templates": sorted(policies.TEMPLATES)}
    return here.render("console/gates/new.html", context, leaf="Write a policy")


def _save_or_replay(here: Here, asked: dict[str, Any]) -> GatePolicyVersion | list[planning.Replay]:
    document = _document(asked["document"])
    if here.request.POST.get("step") == "save":
        return actions.save_policy(here.inside, slug=asked["slug"], document=document)
    return planning.replay(here.inside, policies.parse(document))


def _document(text: str) -> dict[str, object]:
    """The JSON of the form: one object, no key twice. Whether it is a policy is judged afterwards."""
    try:
        document = json.loads(text, object_pairs_hook=_no_key_twice)
    except ValueError as error:
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


def _rule(rule: Rule) -> SimpleNamespace:
    """A rule in words: what is looked at, where, and how much is allowed."""
    evaluators = rule.evaluators if isinstance(rule.evaluators, str) else ", ".join(rule.evaluators)
    looks_at, limit = {
        "score": (f"{_corrected(rule)}loss on {evaluators} evaluators", _margin(rule)),
        "cost_ratio": ("cost ratio", f"≤ {figures.ratio(rule.limit)}"),
        "latency_ratio": (f"p{100 * rule.quantile:g} latency ratio", f"≤ {figures.ratio(rule.limit)}"),
        "divergence": _divergence(rule),
        "missing": (f"missing answers of {evaluators} evaluators", f"≤ {figures.percent(rule.limit, digits=1)}"),
        "excess_loss": (f"loss beyond the other cohorts' on {evaluators} evaluators", f"{_margin(rule)}, only told"),
        "judge": (f"{MEASURES.get(rule.measure, rule.measure)} of {evaluators} evaluators", f"≥ {rule.limit:g}"),
    }[rule.figure]
    return SimpleNamespace(id=rule.id, kind=rule.kind, looks_at=looks_at, scope=SCOPES[rule.scope], limit=limit)


def _divergence(rule: Rule) -> tuple[str, str]:
    if rule.measure == BITS_PER_BYTE:
        return "divergence of whole answers", f"≤ {rule.limit:g} bits a byte"
    return "divergence of next tokens", f"≤ {rule.limit:g} nats"


def _corrected(rule: Rule) -> str:
    return "corrected " if rule.judge == "corrected" else ""


def _margin(rule: Rule) -> str:
    share = 100 * rule.limit
    return f"≤ {share:.1f} pp" if rule.unit == "pp" else f"≤ {share:.1f} % of the teacher's score"


def _replay(one: planning.Replay) -> SimpleNamespace:
    run = one.scorecard.run
    return SimpleNamespace(
        number=one.scorecard.number, student=str(run.student), teacher=str(run.teacher), then=one.then, now=one.now,
        turned=one.then is not None and one.then != one.now,
    )  # fmt: skip
