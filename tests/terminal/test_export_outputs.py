"""A run's answers leave in the very format that recorded outputs are imported from."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from apps.evals import coordinate
from apps.kernel.reading.recorded import parse_outputs
from apps.kernel.reading.rows import read_rows
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def exported(**options: str) -> str:
    out = io.StringIO()
    call_command("export_outputs", stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_what_is_exported_can_be_imported(project: Project, ada: Person) -> None:
    runs.sealed(ada.who, project, wrong=["row-0003"])
    text = exported(organization="acme", project="support", run="1", role="student")
    outputs = parse_outputs(read_rows("o.jsonl", [text.encode()])).outputs
    assert [row.key for row in outputs] == [f"row-{number:04d}" for number in range(6)]
    assert outputs[3].output == "nonsense"
    assert json.loads(text.splitlines()[0])["model"] == "small"


def test_of_a_run_with_repeats_the_first_answers_leave_once_each(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project, repeats=3)
    coordinate.work(ada.who, run.id, seconds=60)
    text = exported(organization="acme", project="support", run="1", role="student")
    outputs = parse_outputs(read_rows("o.jsonl", [text.encode()])).outputs
    assert [row.key for row in outputs] == [f"row-{number:04d}" for number in range(6)]


def test_what_is_not_there_is_told(project: Project, ada: Person) -> None:
    with pytest.raises(CommandError):
        exported(organization="nowhere", project="support", run="1", role="student")
    with pytest.raises(SystemExit) as ended:
        exported(organization="acme", project="support", run="7", role="student")
    assert ended.value.code == 2
