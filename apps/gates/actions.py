"""Keep policies by version, and ask one about a scorecard."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db.models import Max

from apps.audit.action import Done, action
from apps.gates import circumstances, queries
from apps.gates.models import GateDecision, GatePolicy, GatePolicyVersion
from apps.kernel import digest, gate, policy, report
from apps.projects.models import Project
from apps.projects.queries import lock
from apps.scorecards import queries as scorecards
from apps.scorecards.models import Scorecard
from apps.tenancy.permissions import Permission


@action("gate_policy.saved", needs=Permission.EDIT_GATES, says="saved the gate policy {version}")
def save_policy(project: Project, *, slug: str, document: Mapping[str, object]) -> Done[GatePolicyVersion]:
    """Keep a policy document as the next version; the same document again returns the version that stands.

    Raises PolicyRefused with every problem and its pointer.
    """
    parsed = policy.parse(document)
    row, _ = GatePolicy.objects.get_or_create(project=project, slug=slug)
    standing = GatePolicyVersion.objects.filter(policy=row, digest=parsed.digest).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    highest = GatePolicyVersion.objects.filter(policy=row).aggregate(highest=Max("number"))["highest"] or 0
    version = GatePolicyVersion.objects.create(
        policy=row, number=highest + 1, document=parsed.document(), digest=parsed.digest
    )
    facts = {"version": str(version), "digest": parsed.digest}
    return Done(version, version, facts=facts, words={"version": version})


@action("gate.decided", needs=Permission.DECIDE_GATES, says="found {verdict} on {card} under {policy}")
def decide(card: Scorecard, *, version: GatePolicyVersion) -> Done[GateDecision]:
    """Ask a policy version about a sealed card under the circumstances of today, which are stored with the answer.

    The same question again returns the standing answer, as long as every rule would still be answered alike.
    """
    lock(card.project)
    around = circumstances.around(card, version)
    value = scorecards.value(card)
    decided = gate.decide(value, queries.policy_value(version), around)
    standing = queries.newest_of(card, version)
    if standing is not None and queries.answers(json.loads(bytes(standing.report))) == queries.answers(
        decided.document()
    ):
        return Done(standing, standing, changed=False)
    document = digest.canonical(report.report(value, decided))
    # What changed may have changed back on the same day; then the answer of the morning is the answer again.
    row, is_new = GateDecision.objects.get_or_create(
        scorecard=card,
        policy_version=version,
        digest=digest.of_bytes(document),
        defaults={"verdict": decided.verdict, "report": document},
    )
    words = {"verdict": decided.verdict, "card": card, "policy": version}
    facts = {**{name: str(word) for name, word in words.items()}, "scorecard_digest": card.digest,
             "policy_digest": version.digest, "report_digest": row.digest}  # fmt: skip
    return Done(row, row, facts=facts, words=words, changed=is_new)
