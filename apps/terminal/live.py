"""Start a run of live models from a terminal, by the names of things that stand in a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.datasets import queries as datasets
from apps.evals import actions, estimate, foresight
from apps.evals.foresight import Foresight
from apps.evaluators import queries as evaluators
from apps.gates import actions as gates
from apps.gates import queries as gate_queries
from apps.kernel.errors import NotFound
from apps.kernel.policy import TEMPLATES
from apps.registry import queries as registry
from apps.terminal.progress import duration, usd

if TYPE_CHECKING:
    from apps.evals.models import EvalRun
    from apps.projects.models import Project


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for: references, and the terms of ``start_run``."""

    dataset: str
    teacher: str
    student: str
    suite: str
    gate: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)


def start(project: Project, request: Request) -> EvalRun:
    """Inside an acting block. A template named as gate is saved first where no policy of that name stands.

    Raises NotFound with the option it is about, and what ``start_run`` raises.
    """
    parts = _parts(project, request)
    slug = _gate(project, request.gate) if request.gate else ""
    return actions.start_run(project, **parts, policy_slug=slug, **request.terms)


def estimated(project: Project, request: Request) -> Foresight:
    """What starting would do and cost. Raises what ``start`` does; nothing is kept."""
    if request.gate:
        _named("--gate", gate_queries.policy_named, project, request.gate)
    terms = {name: value for name, value in request.terms.items() if name != "allow_unpriced"}
    return foresight.of_run(**_parts(project, request), **terms)


def estimate_document(found: Foresight) -> dict[str, Any]:
    expected = found.estimate
    return {
        "rows": expected.rows,
        "calls": expected.calls,
        "input_tokens": found.tokens_in,
        "output_tokens": found.tokens_out,
        "least_usd": _text(expected.least_usd),
        "most_usd": _text(expected.most_usd),
        "checking_usd": [_text(end) for end in expected.checking_usd] if expected.checking_usd else None,
        "seconds": found.seconds,
        "reusable_answers": found.reusable,
        "unpriced": list(expected.unpriced),
        "unlimited": list(expected.unlimited),
    }


def estimate_lines(found: Foresight) -> list[str]:
    """The same in words."""
    expected = found.estimate
    spend = " to ".join(usd(amount) for amount in expected.spend_usd) if expected.spend_usd else "unknown"
    time = " to ".join(duration(seconds) for seconds in found.seconds) if found.seconds else "unknown"
    lines = [
        f"{expected.rows:,} rows · {expected.calls:,} calls · spend {spend} · time {time}",
        f"tokens: {found.tokens_in[0]:,} to {found.tokens_in[1]:,} in, "
        f"{found.tokens_out[0]:,} to {found.tokens_out[1]:,} out",
    ]
    if expected.checking_usd and expected.checking_usd[1]:
        checking = " to ".join(usd(amount) for amount in expected.checking_usd)
        lines.append(f"{checking} of the spend is for checking the judge")
    if found.reusable is not None:
        lines.append(f"{found.reusable:,} answers stand already and would not be asked for again")
    lines += [f"{name} has no price: its spend cannot be told" for name in expected.unpriced]
    lines += [
        f"{name} has no max_tokens: {estimate.ANSWER_TOKENS_UNSET} tokens an answer are assumed at most"
        for name in expected.unlimited
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
