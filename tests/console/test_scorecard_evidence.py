"""A scorecard page over every kind of evidence: clusters, repeats, token lists, endings; nothing for a stranger."""

from __future__ import annotations

from django.utils import timezone

from apps.evals.models import EvalRun
from apps.gates import actions as gates
from apps.kernel import lifecycle
from apps.kernel.policy import TEMPLATES
from apps.projects.models import Project
from apps.scorecards import actions, assemble
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.console.conftest import Browser, text_of
from tests.scorecards.random_runs import Kind, told_twice


def sealed(ada: Person, project: Project, kind: Kind) -> None:
    guard = {"id": "tokens", "kind": "guard", "figure": "divergence", "scope": "global", "at_most": 0.5}
    document = {**TEMPLATES["release"], "rules": [*TEMPLATES["release"]["rules"], guard]}
    with acting(ada.who):
        run, _ = told_twice(project, kind)
        EvalRun.objects.filter(pk=run.pk).update(status=lifecycle.COMPLETED, finished_at=timezone.now())
        run.refresh_from_db()
        card = actions.seal(run, assemble.card_of(run))
        gates.decide(card, version=gates.save_policy(project, slug="release", document=document))


def test_the_page_says_what_stands_beside_the_checks(project: Project, ada: Person, cy: Person, at: str) -> None:
    sealed(ada, project, Kind(3, repeats=3, clusters=True, tokens=True))
    page = text_of(Browser(ada).get(f"{at}/scorecards/1/"))
    for words in (
        "Answers by cohort",
        "Repetition alone makes a difference of",
        "The rows come from",
        "clusters</span>",
        "of teacher mass)",
        "refusals teacher",
        "cut off teacher",
        "Divergence",
        "divergence of next tokens",
    ):
        assert words in page, words
    assert Browser(cy).get(f"{at}/scorecards/1/").status_code == 404


def test_a_plain_card_has_no_table_of_answers(ada: Person, story) -> None:  # type: ignore[no-untyped-def]
    assert "Answers by cohort" not in text_of(Browser(ada).get(f"{story.at}/scorecards/1/"))
