"""Live rows go up as a file or in the body, and leave counts, figures and no text behind."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.traffic import queries
from apps.traffic.models import TrafficComparison, TrafficSample, TrafficSketches
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs
from tests.traffic.test_actions import live_rows, today


def days(ago_from: int = 6, ago_to: int = 0) -> str:
    return f"from={today() - timedelta(ago_from)}&to={today() - timedelta(ago_to)}"


@pytest.fixture
def golden(ada: Person, project: Project) -> None:
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(120))


@pytest.mark.usefixtures("golden")
def test_a_sample_is_counted_compared_listed_and_read(rest: Rest, ada: Person, project: Project, at: str) -> None:
    content = runs.lines(live_rows(180, 20, say="what is my secret in question"))
    made = rest.upload(f"{at}/traffic-samples?{days()}&dataset=golden", "live.jsonl.gz", gzip.compress(content))
    assert made.status_code == 201, made.content
    told = json.loads(made.content)
    assert (told["object"], told["row_count"], told["cohorts"]) == ("traffic_sample", 200, {"gold": 20, "plain": 180})
    assert (told["since_date"], told["until_date"]) == (str(today() - timedelta(6)), str(today()))
    [comparison] = told["comparisons"]
    assert (comparison["dataset"], comparison["figures"]["mix_drifted"]) == ("golden@1", True)
    assert comparison["figures"]["content_p"] < 0.01
    assert b"secret" not in made.content
    assert made["Location"].endswith(f"/traffic-samples/{told['id']}")
    assert json.loads(rest.get(f"{at}/traffic-samples/{told['id']}").content) == told
    assert json.loads(rest.get(f"{at}/traffic-samples").content)["data"] == [told]
    again = rest.upload(f"{at}/traffic-samples?{days()}", "other-name.jsonl", content)
    assert json.loads(again.content)["id"] == told["id"]
    assert code_of(rest.upload(f"{at}/traffic-samples?{days(20, 10)}", "live.jsonl", content)) == (
        409, "traffic_already_counted",
    )  # fmt: skip
    with acting(ada.who):
        assert (TrafficSample.objects.count(), TrafficComparison.objects.count()) == (1, 1)


@pytest.mark.usefixtures("golden")
def test_rows_in_the_body_are_compared_later_and_their_sketches_forgotten(rest: Rest, ada: Person, at: str) -> None:
    made = json.loads(rest.post(f"{at}/traffic-samples?{days()}", {"rows": live_rows(60, 60)}).content)
    assert (made["row_count"], made["comparisons"], made["file_name"]) == (120, [], "")
    address = f"{at}/traffic-samples/{made['id']}"
    compared = rest.post(f"{address}/comparisons", {"dataset": "golden@1"})
    assert compared.status_code == 201
    [figures] = [one["figures"] for one in json.loads(compared.content)["comparisons"]]
    assert (figures["mix_p"], figures["mix_reason"], figures["live_texts"]) == (1.0, None, 120)
    assert rest.post(f"{address}/forget").status_code == 200
    with acting(ada.who):
        assert TrafficSketches.objects.count() == 0
        assert TrafficComparison.objects.count() == 1


@pytest.mark.usefixtures("golden")
def test_what_cannot_be_counted_is_refused_and_nothing_is_kept(
    rest: Rest, reader: Rest, stranger: Rest, ada: Person, project: Project, at: str
) -> None:
    with acting(ada.who):
        before = AuditEvent.objects.count()
    address, rows = f"{at}/traffic-samples", runs.lines(live_rows(5))
    tomorrow = f"from={today()}&to={today() + timedelta(1)}"
    for query, name, content, expected in (
        (days(0, 5), "l.jsonl", rows, (422, "window_reversed")),
        (tomorrow, "l.jsonl", rows, (422, "window_in_future")),
        (days(366, 0), "l.jsonl", rows, (422, "window_too_long")),
        ("from=monday&to=friday", "l.jsonl", rows, (422, "window_invalid")),
        (f"from={today()}", "l.jsonl", rows, (400, "parameter_missing")),
        (days(), "l.jsonl", b"", (422, "file_empty")),
        (days(), "l.jsonl", b"{}{", (422, "json_syntax")),
        (days(), "l.jsonl", b'{"input": "no cohort"}', (422, "column_missing")),
        (days(), "l.jsonl", b'{"cohort": "a", "id": 1, "input": "x"}\n{"cohort": "a", "id": 1}', (422, "duplicate_id")),
        (days(), "l.pdf", rows, (415, "type_unsupported")),
        (f"{days()}&dataset=none", "l.jsonl", rows, (404, "not_found")),
    ):
        assert code_of(rest.upload(f"{address}?{query}", name, content)) == expected
    assert code_of(reader.upload(f"{address}?{days()}", "l.jsonl", rows)) == (403, "permission_missing")
    assert code_of(stranger.upload(f"{address}?{days()}", "l.jsonl", rows)) == (404, "not_found")
    with acting(ada.who):
        assert list(queries.samples(project)) == []
        assert AuditEvent.objects.count() == before


@pytest.mark.usefixtures("golden")
def test_a_stranger_reads_compares_and_forgets_nothing(
    rest: Rest, reader: Rest, stranger: Rest, ada: Person, at: str
) -> None:
    made = json.loads(rest.post(f"{at}/traffic-samples?{days()}", {"rows": live_rows(60, 60)}).content)
    address = f"{at}/traffic-samples/{made['id']}"
    for response in (
        stranger.get(f"{at}/traffic-samples"),
        stranger.get(address),
        stranger.post(f"{address}/comparisons", {"dataset": "golden"}),
        stranger.post(f"{address}/forget"),
    ):
        assert code_of(response) == (404, "not_found")
    assert reader.get(address).status_code == 200
    assert code_of(reader.post(f"{address}/forget")) == (403, "permission_missing")
    with acting(ada.who):
        assert (TrafficSketches.objects.count(), TrafficComparison.objects.count()) == (1, 0)
