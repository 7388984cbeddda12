"""What the rows of a dataset can show under a policy, in words for a page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from apps.console import figures
from apps.console.base import Here
from apps.gates import planning
from apps.gates import queries as gates
from apps.kernel import planner
from apps.kernel import policy as policies

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion
    from apps.kernel.policy import Policy

DEFAULT = "release"
ALL_ROWS = "All rows"


def planned(here: Here, version: DatasetVersion) -> dict[str, object]:
    """The context of ``console/datasets/_plan.html``, for the policy of ``?policy=``."""
    choices = offered(here)
    name = here.request.GET.get("policy", "")
    name = name if name in choices else next(iter(choices))
    return {"policies": list(choices), "policy": name, **under(version, choices[name])}


def under(version: DatasetVersion, policy: Policy) -> dict[str, object]:
    """What the rows of a version can show under one policy."""
    found = planning.plan_for(version, policy)
    shares = found.traffic
    return {
        "cohorts": [_words(one, shares.get(one.cohort)) for one in found.plans],
        "cohort_count": len(shares),
        "pilot": found.pilot.number if found.pilot else None,
        "lacking": _lacking(found),
    }


def offered(here: Here) -> dict[str, Policy]:
    """The newest version of each saved policy, then the templates that nobody saved under their own name."""
    found: dict[str, Policy] = {}
    seen = set()
    for version in gates.policy_versions(here.inside):
        if version.policy.slug not in seen:
            seen.add(version.policy.slug)
            found[str(version)] = gates.policy_value(version)
    for name in sorted(policies.TEMPLATES, key=lambda name: (name != DEFAULT, name)):
        if name not in seen:
            found[name] = policies.parse(policies.TEMPLATES[name])
    return found


def _words(one: planner.Plan, share: float | None) -> SimpleNamespace:
    return SimpleNamespace(
        name=ALL_ROWS if one.cohort == planner.GLOBAL else one.cohort,
        high_value=one.high_value,
        share=figures.percent(1.0 if share is None else share, digits=1),
        n=figures.count(one.rows),
        rule=f"{one.kind} ≤ {_points(one.margin)}" if one.kind else figures.UNKNOWN,
        best=_points(one.best_case),
        expected=_points(one.expected),
        needed=("" if one.has_pilot or one.rows_needed is None else "≥ ") + figures.count(one.rows_needed),
        missing=figures.count(one.rows_missing) if one.rows_needed is not None else figures.UNKNOWN,
        cost="" if not one.usd else figures.about_usd(one.usd),
        time="" if not one.minutes else f"≈ {figures.duration(60 * one.minutes)}",
    )


def _lacking(found: planning.Plans) -> str:
    """The sentence to read before money is spent, about the proof that lacks the most rows."""
    proofs = [one for one in found.plans if one.kind == "prove" and one.rows_missing and one.margin is not None]
    if not proofs:
        return ""
    worst = max(proofs, key=lambda one: one.rows_missing)
    name = "all traffic" if worst.cohort == planner.GLOBAL else worst.cohort
    least = "" if worst.has_pilot else "at least "
    return (
        f"{figures.plural(worst.rows, 'row')} of {name} cannot be expected to show a loss ≤ {_points(worst.margin)}: "
        f"collect {least}{figures.plural(worst.rows_missing, 'row')} more."
    )


def _points(fraction: float | None) -> str:
    return figures.UNKNOWN if fraction is None else f"{100 * fraction:.1f} pp"
