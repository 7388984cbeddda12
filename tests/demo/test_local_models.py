"""The local models are optional, start within a limit or say why not, and answer like any other endpoint."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import psutil
import pytest

from apps.demo import local_models, weights


@pytest.fixture
def without_the_server(monkeypatch):
    found = weights.locate

    def locate(package: str, file: str = "__init__.py") -> Path | None:
        return None if package == weights.SERVER_PACKAGE else found(package, file)

    monkeypatch.setattr(weights, "locate", locate)


@pytest.fixture
def with_empty_packages(monkeypatch, tmp_path):
    stand_in = tmp_path / "package"
    stand_in.write_bytes(b"")
    monkeypatch.setattr(weights, "locate", lambda package, file="__init__.py": stand_in)


def serving_processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "apps.demo.local_models" in child.cmdline()]


def test_one_absent_package_means_not_installed(without_the_server):
    assert local_models.installed() is False


def test_start_without_the_packages_names_what_is_absent_and_what_to_run(without_the_server, tmp_path):
    with pytest.raises(weights.LocalModelsNotInstalled) as refused:
        local_models.start(tmp_path)
    assert refused.value.code == "local_models_not_installed"
    assert "xllamacpp" in refused.value.detail
    assert refused.value.fix == "Run: make models"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(with_empty_packages, monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "teacher_path", lambda home: home / "models" / weights.TEACHER_FILE)
    # A stand-in for the interpreter: the child is another process, out of reach of the stand-ins above.
    broken = tmp_path / "broken-python"
    broken.write_text("#!/bin/sh\necho no such weights\nexit 3\n", encoding="utf-8")
    broken.chmod(0o700)
    monkeypatch.setattr(local_models.sys, "executable", str(broken))
    with pytest.raises(local_models.LocalModelDidNotStart) as refused:
        local_models.start(tmp_path / "home")
    assert refused.value.code == "local_model_did_not_start"
    assert refused.value.detail == "The server of gemma-3-270m ended at once: no such weights"
    assert not (tmp_path / "home" / local_models.STATE_FILE).exists()


def test_a_server_that_never_answers_is_ended_at_the_time_limit(with_empty_packages, monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "teacher_path", lambda home: home / "models" / weights.TEACHER_FILE)
    silent = tmp_path / "silent-python"
    silent.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    silent.chmod(0o700)
    monkeypatch.setattr(local_models.sys, "executable", str(silent))
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(local_models.LocalModelDidNotStart, match=r"did not answer within 0\.3 s: it wrote nothing"):
        local_models.start(tmp_path / "home", limit_s=0.3)
    assert {child.pid for child in psutil.Process().children()} == before


def test_stop_leaves_alone_a_process_that_only_inherited_the_number(tmp_path):
    note = {"role": "teacher", "alias": "x", "base_url": "http://127.0.0.1:1/v1", "pid": os.getpid(), "started_at": 1.0}
    (tmp_path / local_models.STATE_FILE).write_text(json.dumps([note]), encoding="utf-8")
    assert local_models.running(tmp_path) == {}
    assert local_models.stop(tmp_path) == 0


@pytest.mark.parametrize("note", ["", "{", "[1]", '[{"role": "teacher"}]', "null"])
def test_an_unreadable_note_counts_as_no_servers(tmp_path, note):
    (tmp_path / local_models.STATE_FILE).write_text(note, encoding="utf-8")
    assert local_models.running(tmp_path) == {}


def test_stop_where_nothing_ever_ran_ends_nothing(tmp_path):
    assert local_models.stop(tmp_path / "nowhere") == 0


@pytest.mark.parametrize("arguments", [[], ["judge", "1"], ["teacher"], ["teacher", "x"], ["student", "1", "a", "b"]])
def test_a_wrong_command_line_ends_in_one_sentence(arguments, capsys):
    assert local_models.main(arguments) == 1
    assert capsys.readouterr().err.startswith("Use: python -m apps.demo.local_models teacher|student PORT")


@pytest.mark.localmodels
@pytest.mark.skipif(not local_models.installed(), reason="needs the local models: make models")
def test_both_models_answer_a_real_question_and_a_second_start_reuses_them(tmp_path):
    servers = local_models.start(tmp_path)
    try:
        assert servers.keys() == {"teacher", "student"}
        assert local_models.start(tmp_path) == servers
        for server in servers.values():
            assert server.base_url.startswith("http://127.0.0.1:")
            answer = httpx.post(f"{server.base_url}/chat/completions", json=greeting(server.alias), timeout=60).json()
            assert answer["choices"][0]["message"]["content"].strip() == "Paris"
            assert answer["model"] == server.alias
            assert answer["usage"]["prompt_tokens"] > 0
    finally:
        assert local_models.stop(tmp_path) == 2
    assert serving_processes() == []


def greeting(alias: str) -> dict[str, object]:
    turns = (("Japan", "Tokyo"), ("Egypt", "Cairo"), ("Italy", "Rome"))
    shots = [
        message
        for country, capital in turns
        for message in ({"role": "user", "content": country}, {"role": "assistant", "content": capital})
    ]
    system = {"role": "system", "content": "Name the capital of the country. Answer with one word."}
    messages = [system, *shots, {"role": "user", "content": "France"}]
    return {"model": alias, "messages": messages, "temperature": 0, "max_tokens": 8}
