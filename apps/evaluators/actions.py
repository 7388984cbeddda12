"""Configure evaluators and freeze suites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Max

from apps.audit.action import Done, action
from apps.evaluators.models import AnchorSet, Evaluator, Suite, SuiteVersion
from apps.kernel import digest
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.evaluators import anchors, catalogue
from apps.kernel.text import storable
from apps.projects.models import Project
from apps.projects.queries import lock
from apps.tenancy.acting import current
from apps.tenancy.permissions import Permission

NAME_LENGTH = 120
REASON_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """An evaluator's place in a suite. ``cohorts`` empty: it scores every cohort."""

    evaluator: Evaluator
    is_primary: bool = True
    cohorts: Sequence[str] = field(default_factory=tuple)


@action("evaluator.configured", needs=Permission.EDIT_EVALUATORS, says="configured the evaluator {name} ({kind})")
def configure(
    project: Project,
    *,
    name: str,
    kind: str,
    settings: Mapping[str, object] | None = None,
    judge_version_id: UUID | None = None,
) -> Done[Evaluator]:
    """Name a scorer. The same configuration again returns the one that stands. Raises InvalidInput, Conflict."""
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"An evaluator's name has 1 to {NAME_LENGTH} printable characters.", code="name_invalid")
    wanted = dict(settings or {})
    catalogue.validate(kind, wanted)
    if catalogue.is_judge(kind) and judge_version_id is None:
        raise InvalidInput(
            f"The evaluator kind '{kind}' asks a model; name the judge.", code="judge_missing", where={"field": "judge"}
        )
    standing = Evaluator.objects.filter(project=project, name=name).first()
    if standing is not None:
        if (standing.kind, standing.settings, standing.judge_version_id) == (kind, wanted, judge_version_id):
            return Done(standing, standing, changed=False)
        raise Conflict(
            f"An evaluator '{name}' with other settings exists; give this one another name.",
            code="name_taken",
            where={"field": "name"},
        )
    evaluator = Evaluator.objects.create(
        project=project, name=name, kind=kind, settings=wanted, judge_version_id=judge_version_id
    )
    facts = {"name": name, "kind": kind, "settings": wanted}
    return Done(evaluator, evaluator, facts=facts, words=facts)


@action("suite.frozen", needs=Permission.EDIT_EVALUATORS, says="froze the suite {version}")
def freeze_suite(project: Project, *, slug: str, entries: Sequence[Entry]) -> Done[SuiteVersion]:
    """Write a suite out as it stands. The same entries again return the version that stands."""
    if not entries:
        raise InvalidInput("A suite needs at least one evaluator.", code="suite_empty", where={"field": "evaluators"})
    names = [entry.evaluator.name for entry in entries]
    if len(set(names)) != len(names):
        raise InvalidInput("An evaluator stands twice in the suite.", code="evaluator_twice")
    if not any(entry.is_primary for entry in entries):
        raise InvalidInput("At least one evaluator of a suite is primary.", code="suite_without_primary")
    frozen = sorted((_frozen(entry) for entry in entries), key=lambda entry: str(entry["name"]))
    content_digest = digest.of(frozen)
    suite, _ = Suite.objects.get_or_create(project=project, slug=slug)
    standing = SuiteVersion.objects.filter(suite=suite, digest=content_digest).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    highest = SuiteVersion.objects.filter(suite=suite).aggregate(highest=Max("number"))["highest"] or 0
    version = SuiteVersion.objects.create(suite=suite, number=highest + 1, entries=frozen, digest=content_digest)
    facts = {"version": str(version), "digest": content_digest, "evaluators": names}
    return Done(version, version, facts=facts, words={"version": version})


def _frozen(entry: Entry) -> dict[str, object]:
    evaluator = entry.evaluator
    return {
        "name": evaluator.name,
        "kind": evaluator.kind,
        "version": catalogue.get(evaluator.kind).version,
        "settings": evaluator.settings,
        "judge_version_id": str(evaluator.judge_version_id) if evaluator.judge_version_id else None,
        "is_primary": entry.is_primary,
        "cohorts": sorted(entry.cohorts),
    }


@dataclass(frozen=True, slots=True)
class Anchored:
    """What a set of anchors is made of: whose verdicts, of which run, and (answer id, verdict) in order of asking.

    ``told`` are the names that the judge's provider answered under in that run.
    """

    entry: Mapping[str, object]
    run_id: UUID
    run_number: int
    members: Sequence[tuple[str, float]]
    told: Sequence[str] = ()


@action("anchors.pinned", needs=Permission.EDIT_EVALUATORS, says="pinned {size} anchors of {name} from run #{run}")
def pin_anchors(project: Project, drawn: Anchored, *, because: str = "") -> Done[AnchorSet]:
    """Make stored verdicts the current anchors of a judge. The same verdicts again return the set that stands.

    To put a set in the place of another says that the judge as it is now is the one to trust: that needs a reason.
    Raises InvalidInput ``anchors_need_reason``.
    """
    judge, name = anchors.judge_digest(drawn.entry), str(drawn.entry["name"])
    content_digest = anchors.set_digest(judge, drawn.members)
    lock(project)
    standing = AnchorSet.objects.filter(project=project, judge_digest=judge).order_by("-revision").first()
    if standing is not None and standing.digest == content_digest:
        return Done(standing, standing, changed=False)
    reason = storable(because.strip())[:REASON_LENGTH]
    if standing is not None and not reason:
        raise InvalidInput(
            f"{name} has anchors already, from run #{standing.run_number}. New ones say that the judge as it is now is "
            "to be trusted, and cards before and after are not compared.",
            code="anchors_need_reason",
            where={"field": "because"},
            fix="Say why the judge may have changed.",
        )
    row = AnchorSet.objects.create(
        project=project,
        judge_digest=judge,
        revision=1 if standing is None else standing.revision + 1,
        evaluator=name,
        judge_version_id=UUID(str(drawn.entry["judge_version_id"])),
        run_id=drawn.run_id,
        run_number=drawn.run_number,
        members=[list(member) for member in drawn.members],
        size=len(drawn.members),
        told=sorted(set(drawn.told)),
        digest=content_digest,
        because=reason,
        drawn_by=current().actor.label,
    )
    facts = {
        "evaluator": name, "run": f"run #{drawn.run_number}", "size": row.size, "revision": row.revision,
        "digest": row.digest, "judge": judge,
    }  # fmt: skip
    words = {"size": row.size, "name": name, "run": drawn.run_number}
    return Done(row, row, facts=facts, words=words, because=reason)
