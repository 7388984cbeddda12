"""What is left to check judges by, and what they said: nothing where no judge is asked."""

from __future__ import annotations

from apps.labels import anchoring, checks
from apps.labels.models import PlantedVerdict
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels

JUDGE = "FactualAccuracy"


def test_a_run_without_judges_has_nothing_to_check(project: Project, ada: Person) -> None:
    run = labels.completed(ada.who, project)
    with acting(ada.who):
        assert list(checks.judges(run)) == []
        assert (checks.left(run), checks.planted_of(run), checks.anchors_of(run)) == ({}, {}, {})


def test_what_was_asked_is_left_no_more(project: Project, ada: Person) -> None:
    run = labels.checked(ada.who, labels.judged_run(ada.who, project, count=60))
    with acting(ada.who):
        assert checks.left(run) == {}
        drawn = anchoring.draw(run, evaluator=JUDGE)
        # The run that they come from was started before they stood, and never asks about them.
        assert checks.left(run) == {}
    again = labels.once_more(ada.who, run)
    with acting(ada.who):
        left = checks.left(again)[JUDGE]
        assert (len(left.planted), left.anchors, left.anchor_set) == (4, tuple(range(120)), drawn)
    labels.checked(ada.who, again)
    with acting(ada.who):
        assert checks.left(again) == {}
        assert checks.anchors_of(again)[JUDGE].judged == 120


def test_verdicts_of_older_runs_count_without_being_asked_again(project: Project, ada: Person) -> None:
    """A run from before orders were put again has one verdict each, and stays as obedient as it was."""
    run = labels.judged_run(ada.who, project, count=10)
    with acting(ada.who):
        PlantedVerdict.objects.create(run=run, evaluator=JUDGE, place=0, case="obeyed", value=1.0)
        assert checks.planted_of(run)[JUDGE].misjudged == {"obeyed": 1}
        assert checks.left(run)[JUDGE].planted == ((1, 0), (2, 0), (3, 0), (0, 1))


def test_names_of_the_provider_are_told_once_each(project: Project, ada: Person) -> None:
    rule = labels.told_as("m", "fp_1")
    run = labels.checked(ada.who, labels.judged_run(ada.who, project, count=10, rule=rule), rule)
    with acting(ada.who):
        assert checks.told_by(run, JUDGE) == ["m fp_1"]
        assert checks.told_by(run, "ExactMatch") == []
