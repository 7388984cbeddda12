"""Start a run of live models from a terminal, by the names of things that stand in a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.datasets import queries as datasets
from apps.evals import actions, estimate
from apps.evaluators import queries as evaluators
from apps.gates import actions as gates
from apps.gates import queries as gate_queries
from apps.kernel.errors import NotFound
from apps.kernel.policy import TEMPLATES
from apps.registry import queries as registry
from apps.terminal.progress import usd

if TYPE_CHECKING:
    from apps.evals.models import EvalRun
    from apps.projects.models import Project


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for: references, and how the run is to be made."""

    dataset: str
    teacher: str
    student: str
    suite: str
    gate: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def start(project: Project, request: Request) -> EvalRun:
    """Inside an acting block. A template named as gate is saved first where no policy of that name stands.

    Raises NotFound with the option it is about, and what ``start_run`` raises.
    """
    parts = _parts(project, request)
    slug = _gate(project, request.gate) if request.gate else ""
    return actions.start_run(project, **parts, policy_slug=slug, **request.options)


def estimated(project: Project, request: Request) -> estimate.Estimate:
    """What starting would do and cost. Raises what ``start`` does; nothing is kept."""
    if request.gate:
        _named("--gate", gate_queries.policy_named, project, request.gate)
    return estimate.of_run(**_parts(project, request))


def estimate_document(found: estimate.Estimate) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "calls": found.calls,
        "least_usd": _text(found.least_usd),
        "most_usd": _text(found.most_usd),
        "unpriced": list(found.unpriced),
        "unlimited": list(found.unlimited),
    }


def estimate_lines(found: estimate.Estimate) -> list[str]:
    """The same in words."""
    spend = " to ".join(usd(amount) for amount in found.spend_usd) if found.spend_usd else "unknown"
    lines = [f"{found.rows:,} rows · {found.calls:,} calls · spend {spend}"]
    lines += [f"{name} has no price: its spend cannot be told" for name in found.unpriced]
    lines += [
        f"{name} has no max_tokens: {estimate.ANSWER_TOKENS_UNSET} tokens an answer are assumed at most"
        for name in found.unlimited
    ]
    return lines


def _parts(project: Project, request: Request) -> dict[str, Any]:
    return {
        "dataset": _named("--dataset", datasets.version, project, request.dataset),
        "teacher": _named("--teacher", registry.version, project, request.teacher),
        "student": _named("--student", registry.version, project, request.student),
        "suite": _named("--suite", evaluators.suite_version, project, request.suite),
    }


def _gate(project: Project, name: str) -> str:
    try:
        return gate_queries.policy_version(project, name).policy.slug
    except NotFound:
        if name not in TEMPLATES:
            raise NotFound(
                f"There is no gate policy '{name[:80]}' in this project, and no template of this name.",
                where={"option": "--gate"},
                fix=f"Templates are: {', '.join(TEMPLATES)}.",
            ) from None
    return gates.save_policy(project, slug=name, document=TEMPLATES[name]).policy.slug


def _named(option: str, find: Any, project: Project, reference: str) -> Any:
    try:
        return find(project, reference)
    except NotFound as error:
        raise NotFound(error.detail, where={"option": option}, fix=error.fix) from None


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
