"""Every address with every kind of key: who may not, is refused; who is a stranger, sees nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.http import HttpResponse

from apps.api import urls
from apps.audit.models import AuditEvent
from apps.decisions import actions as decisions
from apps.members import actions as members
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import Person
from tests.factories import runs
from tests.traffic.test_actions import live_rows, sampled

PROJECT = "canary-of-acme"
TRAIL = {"/audit-events", "/audit-events/verify"}
# What an address cannot be read without.
QUERIES = {"plan": "?policy=release", "comparison": "?against=1"}
# These ask with a body and change nothing: whoever may read may ask. An empty body is refused, not the key.
ASKING = {"/projects/<str:project>/gate-replays", "/projects/<str:project>/runs/estimate"}
# This one answers an empty body too.
ANSWERING = {"/projects/<str:project>/scorecards/<str:ref>/mix"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One of everything in Ada's project, by the noun of its address."""

    refs: dict[str, str]
    ids: dict[str, str]


@pytest.fixture
def standing(ada: Person) -> Standing:
    with acting(ada.who):
        project = projects.open_project(slug=PROJECT)
    runs.sealed(ada.who, project)
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        decision = decisions.record(verdict, kind="hold", reason="more rows are needed before this")
        card = verdict.scorecard
        run, suite = card.run, card.run.suite_version
        evaluator = runs.evaluators.configure(project, name="ExactMatch", kind="exact_match")
        made = {
            "models": run.student.model,
            "datasets": run.dataset_version,
            "evaluators": evaluator,
            "suites": suite,
            "runs": run,
            "scorecards": card,
            "gates": verdict.policy_version,
            "decisions": decision,
            "traffic-samples": sampled(project, live_rows(30, 30)),
        }
        ids = {noun: row.public_id for noun, row in made.items()}
        names = {"models": "small", "datasets": "golden", "evaluators": "ExactMatch", "suites": "suite@1"}
        return Standing({**ids, **names, "gates": "release"}, ids)


def routes() -> Iterator[tuple[str, str]]:
    """(method, path below /api/v1 with <ref> left open) of every operation."""
    addresses = [*urls.V1, *((f"projects/<str:project>/{tail}", endpoint) for tail, endpoint in urls.IN_A_PROJECT)]
    for address, endpoint in addresses:
        for method in ("GET", "POST"):
            if hasattr(getattr(endpoint, method.lower(), None), "operation"):
                yield method, "/" + address


def filled(path: str, refs: dict[str, str]) -> str:
    path = path.replace("<str:project>", PROJECT)
    noun = path.split("/")[3] if "<str:ref>" in path else ""
    return path.replace("<str:ref>", refs.get(noun, "")) + QUERIES.get(path.rpartition("/")[2], "")


def answers(rest: Rest, standing: Standing) -> Iterator[tuple[str, str, HttpResponse]]:
    for method, path in routes():
        yield method, path, rest.call(method, filled(path, standing.refs))


def events(ada: Person) -> int:
    with acting(ada.who):
        return AuditEvent.objects.count()


def test_without_a_key_every_address_is_closed(standing: Standing, ada: Person) -> None:
    before = events(ada)
    wrong = [
        (method, path, response.content)
        for method, path, response in answers(Rest(None), standing)
        if code_of(response) != (401, "key_missing") or response["WWW-Authenticate"] != 'Bearer realm="distillhub"'
    ]
    assert not wrong
    assert events(ada) == before


def test_a_revoked_key_opens_nothing(standing: Standing, ada: Person) -> None:
    with acting(ada.who):
        issued = members.issue_key(name="old", scopes=["admin"], created_by=ada.user)
        members.revoke_key(issued.key)
    before = events(ada)
    wrong = [
        (method, path)
        for method, path, response in answers(Rest(issued.text), standing)
        if code_of(response) != (401, "key_unknown")
    ]
    assert not wrong
    assert events(ada) == before


def test_a_read_only_key_reads_all_but_the_trail_and_changes_nothing(standing: Standing, ada: Person) -> None:
    reader = Rest(key_for(ada, scopes=["read"]))
    before = events(ada)
    found = {}
    for method, path, response in answers(reader, standing):
        found[method, path] = (response.status_code, None if response.status_code == 200 else code_of(response)[1])
    expected = {}
    for method, path in found:
        if method == "GET":
            expected[method, path] = (403, "permission_missing") if path in TRAIL else (200, None)
        elif path in ANSWERING:
            expected[method, path] = (200, None)
        elif path in ASKING:
            expected[method, path] = (400, "field_missing")
        else:
            expected[method, path] = (403, "person_needed" if path.endswith("/decisions") else "permission_missing")
    assert found == expected
    assert events(ada) == before


def test_a_strangers_key_finds_nothing_of_ours(standing: Standing, ada: Person, stranger: Rest) -> None:
    before = events(ada)
    canaries = [PROJECT, "acme", *standing.ids.values()]
    for method, path, response in answers(stranger, standing):
        text = response.content.decode()
        if "<str:project>" in path:
            assert code_of(response) == (404, "not_found"), (method, path)
            text = text.replace(filled(path, standing.refs).partition("?")[0], "").replace(f"project '{PROJECT}'", "")
        elif method == "GET":
            assert response.status_code == 200, (method, path)
        assert not [canary for canary in canaries if canary in text], (method, path)
    assert events(ada) == before


def test_a_strangers_id_reads_exactly_like_a_random_one(standing: Standing, cy: Person, stranger: Rest) -> None:
    with acting(cy.who):
        projects.open_project(slug=PROJECT)  # the same name on both sides
    for noun, foreign in standing.ids.items():
        seen = []
        for identifier in both(foreign):
            response = stranger.get(f"/projects/{PROJECT}/{noun}/{identifier}")
            assert code_of(response) == (404, "not_found"), noun
            headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
            seen.append((told(response, identifier), headers))
        assert seen[0] == seen[1], noun


def told(response: HttpResponse, identifier: str) -> str:
    """A problem but for the request's own id, with a sign in place of the id that was asked for."""
    problem = json.loads(response.content)
    problem.pop("request_id")
    return json.dumps(problem).replace(identifier, "ID")


def test_a_strangers_ids_in_a_body_read_exactly_like_random_ones(
    standing: Standing, ada: Person, cy: Person, stranger: Rest
) -> None:
    with acting(cy.who):
        runs.started(projects.open_project(slug=PROJECT))
    mine = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}
    theirs = {"dataset": "datasets", "suite": "suites"}
    for address in ("runs", "runs/estimate"):
        for name, noun in theirs.items():
            said = []
            for identifier in both(standing.ids[noun]):
                response = stranger.post(f"/projects/{PROJECT}/{address}", {**mine, name: identifier})
                assert code_of(response) == (404, "not_found")
                said.append(told(response, identifier))
            assert said[0] == said[1]


def test_a_strangers_ids_in_a_query_read_exactly_like_random_ones(
    standing: Standing, cy: Person, stranger: Rest
) -> None:
    with acting(cy.who):
        project = projects.open_project(slug=PROJECT)
    runs.sealed(cy.who, project)
    for address, noun in (("scorecards/1/comparison?against", "scorecards"), ("datasets/golden/plan?policy", "gates")):
        said = []
        for identifier in both(standing.ids[noun]):
            response = stranger.get(f"/projects/{PROJECT}/{address}={identifier}")
            assert code_of(response) == (404, "not_found")
            said.append(told(response, identifier))
        assert said[0] == said[1]


def both(foreign: str) -> tuple[str, str]:
    """An id of somebody else's thing and one of nothing at all, of the same kind."""
    return foreign, f"{foreign.split('_')[0]}_{new_id().hex}"


def test_only_the_one_spelling_of_an_id_finds_it(standing: Standing, rest: Rest) -> None:
    digits = standing.ids["runs"].removeprefix("run_")
    assert rest.get(f"/projects/{PROJECT}/runs/run_{digits}").status_code == 200
    spelled = ["abc", "1" + "0" * 20, f"run_{digits.upper()}", f"run_{{{digits}}}", f"run_{digits}0", digits, "%00"]
    for identifier in [*spelled, f"card_{digits}", f"{digits[:8]}-{digits[8:]}", "9", "-1", "1.0", "١"]:
        assert code_of(rest.get(f"/projects/{PROJECT}/runs/{identifier}")) == (404, "not_found"), identifier


def test_every_address_is_below_the_base_and_ends_in_no_slash(rest: Rest) -> None:
    assert len(list(routes())) > 46
    for _, path in routes():
        assert not path.endswith("/")
    assert code_of(rest.get("/projects/")) == (404, "not_found")
    assert code_of(rest.get("/nothing")) == (404, "not_found")
