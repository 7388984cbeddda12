"""A run by names: a template becomes the gate, an estimate is told in words, what is unknown names its option."""

from __future__ import annotations

import pytest

from apps.gates.models import GatePolicyVersion
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.terminal import live
from tests.conftest import Person
from tests.factories import runs


@pytest.fixture
def request_(ada: Person, project: Project) -> live.Request:
    rows = runs.golden_rows()
    with acting(ada.who):
        runs.pinned(project, rows)
        runs.recorded(project, "big", runs.output_rows(rows))
        runs.live(project, "small", "http://127.0.0.1:9/v1")
        runs.suite(project)
    return live.Request("golden", "big", "small", "suite")


def test_a_template_is_saved_once_as_the_gate(ada: Person, project: Project, request_: live.Request) -> None:
    asked = live.Request(request_.dataset, request_.teacher, request_.student, request_.suite, gate="strict")
    with acting(ada.who):
        assert [live.start(project, asked).policy_slug for _ in range(2)] == ["strict", "strict"]
        assert GatePolicyVersion.objects.count() == 1


def test_an_estimate_is_a_range_with_what_it_assumes(ada: Person, project: Project, request_: live.Request) -> None:
    with acting(ada.who):
        found = live.estimated(project, request_)
    assert live.estimate_lines(found) == [
        "6 rows · 6 calls · spend $0.0000 to $0.0062 · time unknown",
        "tokens: 12 to 20 in, 6 to 3,072 out",
        "big@1 has no price: its spend cannot be told",
        "small@1 has no max_tokens: 512 tokens an answer are assumed at most",
    ]
    document = live.estimate_document(found)
    assert (document["rows"], document["least_usd"], document["most_usd"]) == (6, "0.000024", "0.006164")


@pytest.mark.parametrize("option", ["dataset", "teacher", "student", "suite", "gate"])
def test_what_is_not_there_names_its_option(ada: Person, project: Project, request_: live.Request, option: str) -> None:
    names = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite", option: "nothing"}
    with acting(ada.who), pytest.raises(NotFound) as refused:
        live.start(project, live.Request(**names))
    assert refused.value.where == {"option": f"--{option}"}
