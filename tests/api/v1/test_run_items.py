"""A run's answers over REST, with their scores, in pages."""

from __future__ import annotations

import json

import pytest

from apps.evals import actions, coordinate
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs
from tests.fakes import known_model, upstream


@pytest.fixture
def run(ada: Person, project: Project) -> None:
    runs.sealed(ada.who, project, wrong=["row-0001"])


def test_an_item_is_an_answer_with_its_scores(reader: Rest, run: None, at: str) -> None:
    listed = json.loads(reader.get(f"{at}/runs/1/items?role=student&cohort=gold").content)
    assert (listed["object"], listed["has_more"]) == ("list", False)
    assert sorted(item["key"] for item in listed["data"]) == ["row-0001", "row-0003", "row-0005"]
    [item] = [item for item in listed["data"] if item["key"] == "row-0001"]
    assert item.pop("id").startswith("gen_")
    assert item == {
        "object": "run_item",
        "key": "row-0001",
        "cohort": "gold",
        "role": "student",
        "repeat": 0,
        "output": "nonsense",
        "finish_reason": "recorded",
        "fault": "",
        "input_tokens": 10,
        "output_tokens": 2,
        "usage_estimated": False,
        "latency_ms": 100.0,
        "first_token_ms": None,
        "cost_usd": None,
        "answered_by": "recorded",
        "is_reused": False,
        "scores": [{"evaluator": "ExactMatch", "value": 0.0, "reason": "", "detail": "", "judge_cost_usd": None}],
        "measured": None,
    }


def test_what_was_measured_of_an_answer_stands_beside_it(reader: Rest, ada: Person, project: Project, at: str) -> None:
    with upstream.serving(known_model.both) as server:
        with acting(ada.who):
            live = {"max_tokens": 20}
            run = actions.start_run(
                project,
                dataset=runs.pinned(project, runs.golden_rows(1)),
                teacher=runs.live(project, "big", server.base_url, logprobs=True, **live),
                student=runs.live(project, "small", server.base_url, dialect="vllm", **live),
                suite=runs.suite(project),
                divergence="bits_per_byte",
            )
        assert coordinate.work(ada.who, run.id, seconds=60)
    listed = json.loads(reader.get(f"{at}/runs/1/items").content)["data"]
    measured = {item["role"]: item["measured"] for item in listed}
    assert measured["student"] is None
    cost = measured["teacher"].pop("cost_usd")
    assert measured["teacher"] == {
        "teacher_nats": pytest.approx(known_model.nats(27)),
        "student_nats": pytest.approx(known_model.nats(32)),
        "student_tokens": 4,
        "reason": "",
    }
    assert float(cost) == pytest.approx(15e-6)


def test_the_pages_together_are_every_answer_once(reader: Rest, run: None, at: str) -> None:
    address, seen = f"{at}/runs/1/items?limit=5", []
    while address:
        page = json.loads(reader.get(address).content)
        seen += [(item["key"], item["role"]) for item in page["data"]]
        cursor = page["next_cursor"]
        address = f"{at}/runs/1/items?limit=5&cursor={cursor}" if cursor else ""
    assert len(seen) == len(set(seen)) == 12


def test_faults_are_listed_apart(reader: Rest, run: None, at: str) -> None:
    assert json.loads(reader.get(f"{at}/runs/1/items?is_faulty=true").content)["data"] == []
    assert len(json.loads(reader.get(f"{at}/runs/1/items?is_faulty=false").content)["data"]) == 12


def test_a_side_that_is_none_is_refused(reader: Rest, run: None, at: str) -> None:
    assert code_of(reader.get(f"{at}/runs/1/items?role=judge")) == (400, "parameter_invalid")


def test_a_stranger_finds_no_answer(stranger: Rest, cy: Person, run: None, at: str) -> None:
    assert code_of(stranger.get(f"{at}/runs/1/items")) == (404, "not_found")
    with acting(cy.who):
        projects.open_project(slug=at.removeprefix("/projects/"))
    assert code_of(stranger.get(f"{at}/runs/1/items")) == (404, "not_found")
