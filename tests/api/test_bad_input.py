"""Each bad input of the main job is refused by name, and nothing of it is kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from apps.audit.models import AuditEvent
from apps.datasets.models import Dataset
from apps.evals.models import EvalRun
from apps.registry.models import ModelVersion
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs
from tests.factories.runs import golden_rows, lines, output_rows

GOOD = b'{"id": "a", "cohort": "plain", "input": "q"}\n'


@pytest.fixture(autouse=True)
def _nothing_is_kept(ada: Person, rest: Rest, at: str) -> Iterator[None]:
    """Whatever a test of this module sends, it leaves neither rows nor events."""
    with acting(ada.who):
        before = AuditEvent.objects.count()
    yield
    with acting(ada.who):
        assert AuditEvent.objects.count() == before
        assert not Dataset.objects.exists()
        assert not EvalRun.objects.exists()
        assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("g.jsonl", b'{"id": "a", "input": "q"}\n', 422, "column_missing"),
        ("g.jsonl", GOOD + b'{"id": "b", "cohort": null, "input": "q"}\n', 422, "cohort_missing"),
        ("g.csv", b"id,cohort,input\na,,q\nb,plain,q\n", 422, "cohort_missing"),
        ("g.jsonl", GOOD + GOOD, 422, "duplicate_id"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "inptu": "q"}\n', 422, "column_unknown"),
        ("g.jsonl", GOOD + b'{"id": "b", "cohort": "\xff", "input": "q"}\n', 422, "not_utf8"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "input": "\\u0000"}\n', 422, "nul_character"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "input": "\\ud800"}\n', 422, "bad_unicode"),
        ("g.jsonl", b'{"id": "a", "cohort": "plain", "traffic_weight": NaN}\n', 422, "not_finite"),
        ("g.jsonl", b"", 422, "file_empty"),
        ("g.csv", b"id,cohort,input\n", 422, "no_rows"),
        ("g.jsonl", b'{"id": "' + b"x" * 10_000_000 + b'"}\n', 422, "line_too_long"),
        ("g.jsonl", b"{'id': 'a'}\n", 422, "json_syntax"),
        ("g.jsonl", b"[1]\n", 422, "row_not_object"),
        ("g.xlsx", b"PK\x03\x04", 415, "type_unsupported"),
        ("g.csv", b"PK\x03\x04 zip", 415, "type_mismatch"),
        ("g.jsonl.gz", gzip.compress(b"0" * 70_000_000, mtime=0), 413, "expands_too_much"),
    ],
)
def test_a_bad_golden_file_is_refused(rest: Rest, at: str, name: str, content: bytes, status: int, code: str) -> None:
    response = rest.upload(f"{at}/datasets?name=golden", name, content)
    assert code_of(response) == (status, code)


def test_every_row_at_fault_is_named(rest: Rest, at: str) -> None:
    response = rest.upload(f"{at}/datasets?name=golden", "g.jsonl", GOOD + b"{]\n" + GOOD)
    problem = json.loads(response.content)
    assert [(error["code"], error["row"]) for error in problem["errors"]] == [("json_syntax", 2)]
    assert problem["where"]["row"] == 2


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"rows": [{"id": "a", "input": "q"}]}', 422, "column_missing"),
        (b'{"rows": [{"id": "a", "cohort": "c"}, {"id": "a", "cohort": "c"}]}', 422, "duplicate_id"),
        (b'{"rows": [{"id": "a", "cohort": "c", "inptu": "q"}]}', 422, "column_unknown"),
        (b'{"rows": [7]}', 422, "row_not_object"),
        (b'{"rows": []}', 422, "file_empty"),
        (b'{"rows": "a"}', 400, "field_invalid"),
        (b'{"rowz": []}', 400, "field_unknown"),
        (b'{"rows": [{"id": "\xff"}]}', 400, "not_utf8"),
        (b'{"rows": [{"id": "\\u0000"}]}', 400, "nul_character"),
        (b'{"rows": [{"id": "\\udc00"}]}', 400, "bad_unicode"),
        (b'{"rows": [{"id": NaN}]}', 400, "not_finite"),
        (b'{"rows": [{"id": 1e999}]}', 400, "not_finite"),
        (b'{"rows": [{"id": 99999999999999999999}]}', 400, "number_too_large"),
        (b'{"rows": [], "rows": []}', 400, "duplicate_key"),
        (b'{"rows": ' + b"[" * 65 + b"]" * 65 + b"}", 400, "json_too_deep"),
        (b'{"rows": [}', 400, "json_syntax"),
        (b"[]", 400, "body_not_object"),
        (b'{"rows": ["' + b"x" * (1024 * 1024) + b'"]}', 413, "body_too_large"),
    ],
)
def test_bad_rows_in_json_are_refused(rest: Rest, at: str, content: bytes, status: int, code: str) -> None:
    assert code_of(rest.raw(f"{at}/datasets?name=golden", content)) == (status, code)


@pytest.mark.parametrize("name", ["", "two words", "x" * 61, "a/b", "ä"])
def test_a_dataset_name_that_is_no_slug_is_refused(rest: Rest, at: str, name: str) -> None:
    assert code_of(rest.upload(f"{at}/datasets?name={name}", "g.jsonl", GOOD)) == (422, "slug_invalid")


def test_a_dataset_needs_its_name(rest: Rest, at: str) -> None:
    assert code_of(rest.upload(f"{at}/datasets", "g.jsonl", GOOD)) == (400, "parameter_missing")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b'{"output": "x"}\n', "column_missing"),
        (b'{"id": "a", "latency_ms": -1}', "value_invalid"),
    ],
)
def test_bad_recorded_outputs_are_refused(rest: Rest, ada: Person, at: str, content: bytes, code: str) -> None:
    response = rest.upload(f"{at}/models/none/outputs", "o.jsonl", content)
    assert code_of(response) == (404, "not_found")  # the address comes first


class TestRuns:
    """Refused before a run exists. The pieces are made by the rooms, so that only the run is asked over REST."""

    @pytest.fixture(autouse=True)
    def _nothing_is_kept(self) -> None:
        """These pieces stay; each test looks at the runs itself."""

    @pytest.fixture
    def asked(self, ada: Person, project: object) -> dict[str, object]:
        rows = golden_rows()
        with acting(ada.who):
            runs.pinned(project, rows)
            runs.recorded(project, "big", output_rows(rows))
            runs.recorded(project, "small", output_rows(rows, wrong=["row-0001"], model="small"))
            runs.suite(project)
        return {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}

    def refused(self, rest: Rest, ada: Person, at: str, asked: dict[str, object]) -> tuple[int, str, dict[str, object]]:
        response = rest.post(f"{at}/runs", asked)
        with acting(ada.who):
            assert not EvalRun.objects.exists()
            assert not AuditEvent.objects.filter(event="eval_run.started").exists()
        return (*code_of(response), json.loads(response.content))

    def test_a_student_cannot_be_its_own_teacher(self, rest, ada, at, asked) -> None:
        status, code, problem = self.refused(rest, ada, at, {**asked, "student": "big@1"})
        assert (status, code) == (422, "same_model")
        assert problem["errors"] == [{"code": code, "detail": problem["detail"], "pointer": "/student"}]

    def test_a_live_model_needs_a_price(self, rest, ada, project, at, asked) -> None:
        rest.post("/providers", {"slug": "local"})
        with acting(ada.who):
            runs.registry.register_version(
                runs.registry.register_model(project, slug="live"),
                endpoint=runs.registry.register_endpoint(
                    runs.registry.queries.provider("local"), slug="e", base_url="https://example.com/v1"
                ),
            )
        status, code, _ = self.refused(rest, ada, at, {**asked, "student": "live"})
        assert (status, code) == (409, "model_unpriced")

    def test_a_draft_is_no_evidence(self, rest, ada, at, asked) -> None:
        rest.upload(f"{at}/datasets?name=draft", "g.jsonl", lines(golden_rows(2)))
        status, code, problem = self.refused(rest, ada, at, {**asked, "dataset": "draft"})
        assert (status, code, problem["fix"]) == (409, "dataset_not_pinned", "Pin draft@1 first.")

    @pytest.mark.parametrize("name", ["dataset", "teacher", "student", "suite"])
    def test_what_is_not_there_is_named_by_its_field(self, rest, ada, at, asked, name) -> None:
        status, code, problem = self.refused(rest, ada, at, {**asked, name: "nothing"})
        assert (status, code, problem["where"]) == (404, "not_found", {"field": name})

    def test_a_gate_that_is_not_saved_is_told_now_and_not_when_the_run_has_ended(self, rest, ada, at, asked) -> None:
        status, code, problem = self.refused(rest, ada, at, {**asked, "gate": "release"})
        assert (status, code, problem["where"]) == (404, "not_found", {"field": "gate"})

    @pytest.mark.parametrize("gate", ["release@1", "id"])
    def test_a_run_asks_a_gate_by_its_slug_alone(self, rest, ada, at, asked, gate) -> None:
        document = {"name": "mine", "rules": [{"id": "a", "kind": "guard", "figure": "score", "margin": 0.03}]}
        kept = json.loads(rest.post(f"{at}/gates", {"slug": "release", "document": document}).content)
        status, code, _ = self.refused(rest, ada, at, {**asked, "gate": kept["id"] if gate == "id" else gate})
        assert (status, code) == ((404, "not_found") if gate == "id" else (422, "slug_invalid"))

    def test_a_run_that_has_ended_cannot_be_cancelled(self, rest, ada, project, at) -> None:
        runs.sealed(ada.who, project)
        assert code_of(rest.post(f"{at}/runs/1/cancel")) == (409, "already_finished")


@pytest.mark.parametrize(
    ("margin", "code"), [(3, "margin_suspicious"), (0, "margin_not_positive"), (-0.01, "margin_not_positive")]
)
def test_a_policy_is_refused_with_a_pointer_to_each_fault(rest: Rest, at: str, margin: float, code: str) -> None:
    rule = {"id": "a", "kind": "prove", "figure": "score", "margin": margin}
    response = rest.post(f"{at}/gates", {"slug": "mine", "document": {"name": "mine", "rules": [rule]}})
    assert code_of(response) == (422, code)
    [error] = json.loads(response.content)["errors"]
    assert error["pointer"] == "/rules/0/margin"
