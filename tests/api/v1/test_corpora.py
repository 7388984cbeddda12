"""A corpus goes up as a file and leaves only keys and a digest behind."""

from __future__ import annotations

import hashlib
import json

from apps.audit.models import AuditEvent
from apps.corpora.models import CorpusCheck
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.corpora.test_actions import CORPUS, student
from tests.factories import runs


def test_a_corpus_is_compared_and_listed(rest: Rest, ada: Person, project: Project, at: str) -> None:
    with acting(ada.who):
        student(project)
        runs.pinned(project)
    made = rest.upload(f"{at}/models/small@1/corpora?dataset=golden", "train.jsonl", CORPUS)
    assert made.status_code == 201, made.content
    told = json.loads(made.content)
    assert (told["object"], told["model_version"], told["dataset"]) == ("corpus_check", "small@1", "golden@1")
    assert told["corpus_digest"] == f"sha256:{hashlib.sha256(CORPUS).hexdigest()}"
    assert told["matches"] == [{"key": "row-0001", "kind": "exact", "likeness": 1.0, "row": 1}]
    assert b"something else" not in made.content
    listed = json.loads(rest.get(f"{at}/models/small/corpora").content)
    assert [one["id"] for one in listed["data"]] == [told["id"]]


def test_what_cannot_be_compared_is_refused_and_nothing_is_kept(
    rest: Rest, reader: Rest, stranger: Rest, ada: Person, project: Project, at: str
) -> None:
    with acting(ada.who):
        student(project)
        runs.pinned(project)
        before = AuditEvent.objects.count()
    address = f"{at}/models/small/corpora"
    assert code_of(rest.upload(f"{address}?dataset=golden", "t.jsonl", b"{}{")) == (422, "json_syntax")
    assert code_of(rest.upload(f"{address}?dataset=golden", "t.pdf", b"x")) == (415, "type_unsupported")
    assert code_of(rest.upload(f"{address}?dataset=none", "t.jsonl", CORPUS)) == (404, "not_found")
    assert code_of(rest.upload(address, "t.jsonl", CORPUS)) == (400, "parameter_missing")
    assert code_of(rest.post(f"{address}?dataset=golden", {"rows": []})) == (400, "file_missing")
    assert code_of(reader.upload(f"{address}?dataset=golden", "t.jsonl", CORPUS)) == (403, "permission_missing")
    assert code_of(stranger.upload(f"{address}?dataset=golden", "t.jsonl", CORPUS)) == (404, "not_found")
    with acting(ada.who):
        assert CorpusCheck.objects.count() == 0
        assert AuditEvent.objects.count() == before
