"""A sample of live traffic from a terminal: counted, compared, told to people and to scripts."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.traffic.models import TrafficComparison, TrafficSample
from tests.conftest import Person
from tests.factories import runs
from tests.traffic.test_actions import live_rows, today, window

Sample = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sample(ada: Person, project: Project, tmp_path: Path) -> Sample:
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(120))
    file = tmp_path / "week.jsonl"
    file.write_bytes(runs.lines([*live_rows(180, 20), {"cohort": "fraud", "input": "stop"}]))

    def call(*more: str, path: Path = file, ago_to: int = 0, organization: str = "acme") -> tuple[int, str, str]:
        out, err, code = io.StringIO(), io.StringIO(), 0
        days = (f"--from={window().since_date}", f"--to={today() - timedelta(ago_to)}")
        place = (f"--organization={organization}", "--project=support")
        try:
            call_command("traffic_sample", str(path), *days, *place, *more, stdout=out, stderr=err)
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, out.getvalue().strip(), err.getvalue().strip()

    return call


def test_people_read_counts_and_what_moved(sample: Sample, ada: Person) -> None:
    code, out, _ = sample("--dataset=golden")
    told = out.splitlines()
    assert code == 0
    assert told[0].startswith("201 live rows of ")
    assert told[1:4] == ["        180   89.6 %  plain", "         20   10.0 %  gold", "          1    0.5 %  fraud"]
    assert told[4].startswith("mix      MOVED  PSI ")
    # The bins are keyed by the project, so that one time in a hundred rows of the same making count as moved.
    assert re.match(r"content  (MOVED  )?p 0\.\d{3}, MMD² ", told[5])
    assert told[6].startswith("new      ")
    assert told[7] == "in cohorts that the golden rows do not have: 1 row"
    with acting(ada.who):
        assert TrafficComparison.objects.count() == 1


def test_a_script_reads_one_document_and_the_same_file_again_changes_nothing(sample: Sample, ada: Person) -> None:
    document = json.loads(sample("--json")[1])
    assert (document["rows"], document["cohorts"]["fraud"], document["dataset"], document["figures"]) == (
        201, 1, None, None,
    )  # fmt: skip
    again = json.loads(sample("--json", "--dataset=golden@1")[1])
    assert (again["sample"], again["figures"]["mix_drifted"]) == (document["sample"], True)
    with acting(ada.who):
        assert TrafficSample.objects.get().public_id == document["sample"]


def test_what_cannot_be_counted_is_told_and_nothing_is_kept(sample: Sample, ada: Person, tmp_path: Path) -> None:
    empty, absent = tmp_path / "empty.jsonl", tmp_path / "absent.jsonl"
    empty.write_bytes(b"")
    for given, code in (
        (sample(path=empty), "file_empty"),
        (sample(path=absent), "file_unreadable"),
        (sample(ago_to=-1), "window_in_future"),
        (sample(ago_to=9), "window_reversed"),
        (sample("--dataset=none"), "not_found"),
        (sample(organization="nowhere"), "not_found"),
    ):
        assert given[0] == 2
        assert given[2].startswith(f"{code}: "), given
    with acting(ada.who):
        assert TrafficSample.objects.count() == 0


def test_another_organizations_project_is_not_found(sample: Sample, cy: Person) -> None:
    code, _, said = sample(organization=cy.organization.slug)
    assert (code, said.partition(":")[0]) == (2, "not_found")
