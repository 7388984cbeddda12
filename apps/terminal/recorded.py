"""Evaluate recorded outputs from files: read, register, pin, run, seal and ask the gate, by the usual actions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.datasets import actions as datasets
from apps.evals import actions as evals
from apps.evals import coordinate
from apps.evaluators import actions as evaluators
from apps.gates import actions as gates
from apps.gates import queries as gate_queries
from apps.kernel import policy as policies
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.reading.golden import GoldenFile, parse_golden
from apps.kernel.reading.recorded import RecordedFile, parse_outputs
from apps.kernel.reading.rows import SourceRow, read_rows
from apps.projects import actions as projects
from apps.projects import queries as project_queries
from apps.registry import actions as registry
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import Acting, acting
from apps.terminal import prices as price_files

if TYPE_CHECKING:
    from apps.evaluators.models import SuiteVersion
    from apps.gates.models import GateDecision, GatePolicyVersion
    from apps.projects.models import Project
    from apps.registry.models import ModelVersion
    from apps.scorecards.models import Scorecard

CHUNK_BYTES = 1024 * 1024
SUITE = "recorded"


class FileUnreadable(InvalidInput):
    """A file named on the command line cannot be opened."""

    code = "file_unreadable"
    title = "The file cannot be read"


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for."""

    golden: Path
    teacher: Path
    student: Path
    scores: Sequence[str]
    matches: Sequence[str]
    policy: str
    prices: Path | None
    project: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    scorecard: Scorecard
    decision: GateDecision
    report: dict[str, Any]


def evaluate(who: Acting, request: Request) -> Evaluated:
    """Every file is read and checked before anything is written. Raises DistillHubError with a code."""
    golden = parse_golden(rows_in(request.golden), allow_extra=True)
    teacher, student = (parse_outputs(rows_in(path)) for path in (request.teacher, request.student))
    document = _policy_document(request.policy)
    cards = (
        price_files.read(_json(request.prices), teacher=teacher.models, student=student.models)
        if request.prices
        else {}
    )
    with acting(who):
        project = _project(request.project)
        version = datasets.pin_version(datasets.import_golden(project, slug=_slug(request.golden), golden=golden))
        policy = _policy(project, request.policy, document)
        run = evals.start_run(
            project,
            dataset=version,
            teacher=_version(project, request.teacher, teacher),
            student=_version(project, request.student, student),
            suite=_suite(project, request, golden),
            policy_slug=policy.policy.slug,
            prices=cards,
        )
    while not coordinate.work(who, run.id, seconds=60):
        pass  # another worker holds the last batch: its lease ends or its results come
    with acting(who):
        run.refresh_from_db()
        scorecard = scorecards.seal(run, assemble.card_of(run))
        decision = gates.decide(scorecard, version=policy)
        return Evaluated(scorecard, decision, gate_queries.report_of(scorecard, decision))


def rows_in(path: Path) -> list[SourceRow]:
    """Every row of a file on this machine. Raises FileUnreadable and FileRefused."""
    return read_rows(path.name, _chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}.", where={"file": str(path)}) from None


def _json(path: Path) -> object:
    try:
        return json.loads(b"".join(_chunks(path)))
    except ValueError as error:
        raise InvalidInput(f"{path} is not JSON: {error}.", code="json_syntax", where={"file": str(path)}) from None


def _project(slug: str) -> Project:
    return project_queries.projects().filter(slug=slug).first() or projects.open_project(slug=slug)


def _version(project: Project, path: Path, outputs: RecordedFile) -> ModelVersion:
    """The recorded model is named after its file's ``model`` column, else after the file."""
    name = outputs.models[0] if len(outputs.models) == 1 else _bare(path)
    return registry.import_outputs(registry.register_model(project, slug=name), outputs.outputs)


def _suite(project: Project, request: Request, golden: GoldenFile) -> SuiteVersion:
    wanted: list[tuple[str, str, dict[str, object]]] = [
        (path, "recorded_score", {"path": path}) for path in request.scores
    ]
    wanted += [(path, "exact_match", {"output_field": path}) for path in request.matches]
    if not wanted:
        if any(example.reference is None for example in golden.examples):
            raise InvalidInput(
                "Nothing says how to score: name a recorded score with --score or a field to compare with --match.",
                code="suite_empty",
            )
        wanted = [("exact_match", "exact_match", {"output_field": "output", "normalise": True})]
    entries = [
        evaluators.Entry(evaluators.configure(project, name=name, kind=kind, settings=settings))
        for name, kind, settings in wanted
    ]
    return evaluators.freeze_suite(project, slug=SUITE, entries=entries)


def _policy_document(name: str) -> object:
    """A template's document, a file's, or None: then a policy saved in the project is meant."""
    if name in policies.TEMPLATES:
        return policies.TEMPLATES[name]
    return _json(Path(name)) if name.endswith(".json") or Path(name).is_file() else None


def _policy(project: Project, name: str, document: object) -> GatePolicyVersion:
    if document is None:
        try:
            return gate_queries.policy_version(project, name)
        except NotFound:
            raise NotFound(
                f"There is no policy '{name[:80]}': no template ({', '.join(sorted(policies.TEMPLATES))}), "
                "no file, and none saved in the project."
            ) from None
    slug = name if name in policies.TEMPLATES else _slug(Path(name))
    return gates.save_policy(project, slug=slug, document=document)  # type: ignore[arg-type]


def _bare(path: Path) -> str:
    return re.sub(r"(\.(jsonl|csv|json|gz))+$", "", path.name)


def _slug(path: Path) -> str:
    """A slug for a file: its name, or its folder's name where every set calls its file ``golden``."""
    bare = _bare(path)
    name = path.resolve().parent.name if bare in ("golden", "policy") else bare
    cleaned = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:50]
    return cleaned or "file-" + hashlib.sha256(str(path).encode()).hexdigest()[:8]
