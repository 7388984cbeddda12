"""The main job as a story: two models, a pinned golden set, a run, a scorecard, a verdict. Run again, it reuses all."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone

from apps.accounts.models import User
from apps.datasets import actions as datasets
from apps.demo import local_models
from apps.evals import actions as evals
from apps.evaluators import actions as evaluators
from apps.gates import actions as gates
from apps.kernel.policy import TEMPLATES
from apps.kernel.price import PriceCard
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.recorded import parse_outputs
from apps.kernel.reading.rows import read_rows
from apps.members import actions as members
from apps.members.founding import found_organization
from apps.projects import actions as projects
from apps.projects import queries as project_queries
from apps.registry import actions as registry
from apps.registry import queries as registry_queries
from apps.tenancy.acting import Acting, Door, acting
from apps.tenancy.permissions import Role
from apps.tenancy.queries import as_person, organization

if TYPE_CHECKING:
    from apps.evals.models import EvalRun
    from apps.evaluators.models import SuiteVersion
    from apps.kernel.reading.rows import SourceRow
    from apps.projects.models import Project
    from apps.registry.models import ModelVersion

FOLDER = Path(__file__).parent / "data"
ORGANIZATION, PROJECT, GOLDEN, SUITE = "demo", "support-bot", "support-golden", "support"
PEOPLE = {"ada@demo.test": Role.ADMIN, "ben@demo.test": Role.APPROVER, "iris@demo.test": Role.AUDITOR}
FOUNDER = "ada@demo.test"
MODELS = {"teacher": "gemma-3-270m", "student": "smollm2-135m-instruct"}
PARAMETERS = {"temperature": 0, "max_tokens": 64}
# The teacher tells how likely it found its own answers, and the student is asked how likely it finds them.
LIVE_PARAMETERS = {"teacher": {**PARAMETERS, "logprobs": True, "top_logprobs": 1}, "student": PARAMETERS}
LIVE_PROVIDER, LIVE_DIALECT = "local-llama-cpp", "llama_cpp"
# One server fills one core; a second call at once only makes both slower.
CONCURRENCY = 1
# An assumption of the demo, said so in docs/howto/demo.md: a core of a small rented machine, shared by nobody.
CORE_USD_PER_HOUR = Decimal("0.02")
MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    password: str


def people(home: Path) -> Login:
    """The demo's organization with its members; their password is made once for this machine and kept private."""
    password = _password(home)
    for email in PEOPLE:
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email, password, name=email.split("@")[0].title())
    founder = User.objects.get(email=FOUNDER)
    if organization(ORGANIZATION) is None:
        found_organization(slug=ORGANIZATION, name="Demo", founder=founder, door=Door.COMMAND)
        with acting(as_person(founder, ORGANIZATION, door=Door.COMMAND)):
            for email, role in PEOPLE.items():
                if email != FOUNDER:
                    members.give_role(User.objects.get(email=email), role=role)
    return Login(FOUNDER, password)


def founder() -> Acting:
    return as_person(User.objects.get(email=FOUNDER), ORGANIZATION, door=Door.COMMAND)


def start(servers: dict[str, local_models.RunningServer] | None) -> EvalRun:
    """Register, pin, freeze and start a run: live with ``servers``, else over the recorded outputs."""
    project = project_queries.projects().filter(slug=PROJECT).first() or projects.open_project(
        slug=PROJECT, name="Support bot"
    )
    golden = parse_golden(_rows("golden.jsonl"), needs_ask=True)
    dataset = datasets.pin_version(datasets.import_golden(project, slug=GOLDEN, golden=golden))
    versions = {role: _version(project, role, servers) for role in MODELS}
    for role, version in versions.items():
        _set_price(version, role)
    policy = gates.save_policy(project, slug="release", document=TEMPLATES["release"])
    return evals.start_run(
        project,
        dataset=dataset,
        teacher=versions["teacher"],
        student=versions["student"],
        suite=_suite(project),
        policy_slug=policy.policy.slug,
        divergence="" if servers is None else "bits_per_byte",
    )


def recorded_outputs() -> dict[str, Path]:
    """The committed answers of an earlier live run, by role."""
    return {role: FOLDER / f"outputs.{role}.jsonl" for role in MODELS}


def _version(project: Project, role: str, servers: dict[str, local_models.RunningServer] | None) -> ModelVersion:
    model = registry.register_model(project, slug=MODELS[role])
    if servers is None:
        outputs = parse_outputs(_rows(f"outputs.{role}.jsonl"))
        return registry.import_outputs(model, outputs.outputs)
    server = servers[role]
    slug = f"llama-cpp-{server.base_url.split(':')[-1].split('/')[0]}"
    provider = registry_queries.providers().filter(slug=LIVE_PROVIDER).first() or registry.register_provider(
        slug=LIVE_PROVIDER, dialect=LIVE_DIALECT
    )
    endpoint = registry_queries.endpoints().filter(slug=slug).first() or registry.register_endpoint(
        provider, slug=slug, base_url=server.base_url, concurrency=CONCURRENCY
    )
    return registry.register_version(
        model, endpoint=endpoint, remote_name=server.alias, parameters=LIVE_PARAMETERS[role]
    )


def _set_price(version: ModelVersion, role: str) -> None:
    card = PriceCard(
        input_usd_per_mtok=Decimal(0),
        output_usd_per_mtok=Decimal(0),
        hardware_usd_per_hour=CORE_USD_PER_HOUR,
        traces_per_hour=_traces_per_hour(role),
    )
    registry.set_price(version, valid_from=timezone.now().date(), card=card)


def _traces_per_hour(role: str) -> Decimal:
    """What one core served of this model, one call after another, when the committed answers were recorded."""
    latencies = [row.latency_ms for row in parse_outputs(_rows(f"outputs.{role}.jsonl")).outputs if row.latency_ms]
    return Decimal(round(MS_PER_HOUR * len(latencies) / sum(latencies)))


def _suite(project: Project) -> SuiteVersion:
    answer = evaluators.configure(
        project,
        name="ExactMatch",
        kind="exact_match",
        settings={"normalise": True, "extract": "first_line"},
    )
    valid = evaluators.configure(project, name="JSONValidation", kind="json_validation")
    return evaluators.freeze_suite(
        project,
        slug=SUITE,
        entries=[
            evaluators.Entry(answer),
            evaluators.Entry(valid, is_primary=False, cohorts=("json-ticket",)),
        ],
    )


def _rows(name: str) -> list[SourceRow]:
    return read_rows(name, [(FOLDER / name).read_bytes()])


def _password(home: Path) -> str:
    path = home / "demo-login.json"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({"email": FOUNDER, "password": secrets.token_urlsafe(12)}))
    return json.loads(path.read_text())["password"]
