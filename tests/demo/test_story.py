"""The demo is the main job by the usual actions: told twice, it reuses what stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.demo import story
from apps.evals import coordinate
from apps.kernel.reading.recorded import parse_outputs
from apps.kernel.reading.rows import read_rows
from apps.kernel.scorecard import GLOBAL
from apps.registry.models import ModelVersion
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.scorecards import queries as scorecard_queries
from apps.tenancy.acting import acting
from apps.tenancy.models import Membership


@pytest.fixture
def told(db: None, tmp_path: Path) -> story.Login:
    return story.people(tmp_path)


def test_the_people_of_the_demo_can_act_decide_and_audit(told: story.Login, tmp_path: Path) -> None:
    roles = dict(Membership.objects.filter(organization__slug="demo").values_list("user__email", "role"))
    assert roles == {"ada@demo.test": "admin", "ben@demo.test": "approver", "iris@demo.test": "auditor"}
    assert User.objects.get(email="ada@demo.test").check_password(told.password)
    assert story.people(tmp_path) == told


def test_the_password_is_made_for_this_machine_and_kept_private(told: story.Login, tmp_path: Path) -> None:
    path = tmp_path / "demo-login.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(path.read_text())["password"]) >= 16


def test_recorded_outputs_cover_the_golden_set_and_came_from_a_live_run() -> None:
    golden = {json.loads(line)["id"] for line in (story.FOLDER / "golden.jsonl").read_text().splitlines()}
    for role, path in story.recorded_outputs().items():
        outputs = parse_outputs(read_rows(path.name, [path.read_bytes()])).outputs
        assert {row.key for row in outputs} == golden
        assert {row.model for row in outputs} == {story.MODELS[role]}
        assert all(row.latency_ms and row.input_tokens and row.output_tokens for row in outputs)


def test_the_story_told_twice_registers_nothing_twice(told: story.Login) -> None:
    with acting(story.founder()):
        first, second = story.start(None), story.start(None)
        assert (first.number, second.number) == (1, 2)
        assert first.plan_digest == second.plan_digest
        assert ModelVersion.objects.count() == 2


def test_the_scorecard_shows_real_differences(told: story.Login) -> None:
    with acting(story.founder()):
        run = story.start(None)
    assert coordinate.work(story.founder(), run.id, seconds=60)
    with acting(story.founder()):
        run.refresh_from_db()
        card = scorecard_queries.value(scorecards.seal(run, assemble.card_of(run)))
    assert card.cell(GLOBAL, "ExactMatch").delta < -0.03
    assert card.cell("json-ticket", "ExactMatch").delta > 0
    assert card.cell("json-ticket", "JSONValidation").n == 24
    assert card.cell("sentiment", "JSONValidation") is None
    assert [cohort.name for cohort in card.cohorts if cohort.high_value] == ["refund-amount"]
