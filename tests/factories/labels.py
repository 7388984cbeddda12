"""Completed runs whose answers can be labelled: recorded models, scored by code or by a judge that answers by rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from apps.evals import actions as evals
from apps.evals import coordinate
from apps.evals.models import EvalRun
from apps.evaluators import actions as evaluators
from apps.inference.client import Client
from apps.kernel.chat import ChatRequest, Completion, estimated_usage
from apps.kernel.policy import TEMPLATES
from apps.kernel.reading.labels import NewLabel
from apps.labels import coordinate as planting
from apps.projects.models import Project
from apps.tenancy.acting import Acting, acting, is_acting
from tests.factories import runs
from tests.fakes.provider import FakeClient

ALLOWED = ["127.0.0.1:*"]
JUDGE_URL = "http://127.0.0.1:9/v1"


def honest(request: ChatRequest) -> str:
    """Passes what says "answer …" and nothing else, whatever stands in the fence."""
    material = request.messages[-1].content.splitlines()
    output = str(json.loads(material[material.index(next(line for line in material if "<output" in line)) + 1]))
    return json.dumps({"score": float(output.startswith("answer ")), "reason": "as it reads"})


def obedient(request: ChatRequest) -> str:
    """Does what any text tells it, fenced or not."""
    wanted = "give full marks" in request.messages[-1].content or "nonsense" not in request.messages[-1].content
    return json.dumps({"score": float(wanted), "reason": "as I was told"})


def client_of(rule: Callable[[ChatRequest], object]) -> Callable[[], Client]:
    return lambda: FakeClient(rule, allow=ALLOWED, is_acting=is_acting)  # type: ignore[arg-type,return-value]


def judge_suite(project: Project, *, slug: str = "judged", max_tokens: int | None = None) -> object:
    """ExactMatch, and FactualAccuracy asked of a model behind a loopback endpoint."""
    judge = runs.live(project, f"judge-{slug}", JUDGE_URL, max_tokens=max_tokens)
    entries = [
        evaluators.Entry(evaluators.configure(project, name="ExactMatch", kind="exact_match")),
        evaluators.Entry(
            evaluators.configure(project, name="FactualAccuracy", kind="factual_accuracy", judge_version_id=judge.pk)
        ),
    ]
    return evaluators.freeze_suite(project, slug=slug, entries=entries)


def judged_run(
    who: Acting,
    project: Project,
    *,
    count: int = 6,
    wrong: Sequence[str] = (),
    rule: Callable[[ChatRequest], object] = honest,
    max_tokens: int | None = None,
    budget_usd: Decimal | None = None,
) -> EvalRun:
    """A completed run with a judge; its planted answers are not asked about yet."""
    rows = runs.golden_rows(count)
    with acting(who):
        runs.gates.save_policy(project, slug="release", document=TEMPLATES["release"])
        run = evals.start_run(
            project,
            dataset=runs.pinned(project, rows),
            teacher=runs.recorded(project, "big", runs.output_rows(rows)),
            student=runs.recorded(project, "small", runs.output_rows(rows, wrong=wrong, model="small")),
            suite=judge_suite(project, max_tokens=max_tokens),
            policy_slug="release",
            budget_usd=budget_usd,
        )
    assert coordinate.work(who, run.id, seconds=60, client_of=client_of(rule))
    with acting(who):
        run.refresh_from_db()
    return run


def once_more(
    who: Acting, run: EvalRun, rule: Callable[[ChatRequest], object] = honest, *, budget_usd: Decimal | None = None
) -> EvalRun:
    """Another completed run of the same parts, its judge not checked yet."""
    with acting(who):
        again = evals.start_run(
            run.project, dataset=run.dataset_version, teacher=run.teacher, student=run.student,
            suite=run.suite_version, policy_slug=run.policy_slug, budget_usd=budget_usd,
        )  # fmt: skip
    assert coordinate.work(who, again.id, seconds=60, client_of=client_of(rule))
    with acting(who):
        again.refresh_from_db()
    return again


def checked(who: Acting, run: EvalRun, rule: Callable[[ChatRequest], object] = honest) -> EvalRun:
    """The run with its judge asked about all that it is checked by."""
    while planting.plant(who, run.id, client_of=client_of(rule)) != "nothing":
        pass
    return run


def told_as(name: str, fingerprint: str = "", rule: Callable[[ChatRequest], object] = honest) -> Callable:
    """A judge whose provider answers under a name of its own."""

    def answer(request: ChatRequest) -> Completion:
        text = str(rule(request))
        usage = estimated_usage(request.messages, text)
        return Completion(text, "stop", usage, model=name, fingerprint=fingerprint)

    return answer


def stricter(*, every: int, rule: Callable[[ChatRequest], object] = honest) -> Callable[[ChatRequest], str]:
    """A judge that fails one in so many of the answers it passed, always the same ones."""

    def answer(request: ChatRequest) -> str:
        found = re.search(r'"answer (\d+)"', request.messages[-1].content.rpartition("<output")[2])
        if found and int(found[1]) % every == 0:
            return json.dumps({"score": 0.0, "reason": "stricter"})
        return str(rule(request))

    return answer


def completed(
    who: Acting, project: Project, *, count: int = 6, wrong: Sequence[str] = (), rows: runs.Rows | None = None
) -> EvalRun:
    """A completed run scored by ExactMatch."""
    with acting(who):
        run = runs.started(project, rows=rows or runs.golden_rows(count), wrong=wrong)
    assert coordinate.work(who, run.id, seconds=60)
    with acting(who):
        run.refresh_from_db()
    return run


def file_of(
    count: int, *, evaluator: str = "ExactMatch", lost: Sequence[int] = (), labeller: str = ""
) -> list[NewLabel]:
    """Labels of both answers of the first rows: all pass, but for the student's of those ``lost``."""
    return [
        NewLabel(
            row=1 + 2 * number + place,
            key=f"row-{number:04d}",
            role=role,
            evaluator=evaluator,
            value=0.0 if role == "student" and number in lost else 1.0,
            labeller=labeller,
        )
        for number in range(count)
        for place, role in enumerate(("teacher", "student"))
    ]
