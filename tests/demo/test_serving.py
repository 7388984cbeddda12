"""How each model is served: loopback only, one thread, and the base model through its worked-cases template."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import httpx
import pytest

from apps.demo import local_models, serving, weights


@pytest.fixture
def served(monkeypatch, tmp_path):
    """The settings each served model was given, with a server that only notes them."""
    noted = []
    library = ModuleType("xllamacpp")
    library.CommonParams = lambda: SimpleNamespace(
        model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace(), antiprompt=[]
    )

    def server(settings: SimpleNamespace) -> SimpleNamespace:
        noted.append(settings)
        return SimpleNamespace(listening_address=f"http://{settings.hostnames[0]}:{settings.port}")

    library.Server = server
    monkeypatch.setitem(sys.modules, "xllamacpp", library)
    monkeypatch.setattr(weights, "teacher_path", lambda home: home / "teacher.gguf")
    monkeypatch.setattr(weights, "student_path", lambda: tmp_path / "student.gguf")
    # The test's own process must go on hearing signals, and must not wait for one.
    monkeypatch.setattr(serving.signal, "pthread_sigmask", lambda how, signals: None)
    monkeypatch.setattr(serving.signal, "sigwait", lambda signals: None)
    return noted


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_a_model_listens_on_the_loopback_interface_with_one_thread(served, role, tmp_path, capsys):
    serving.serve(role, 18101, tmp_path)
    (settings,) = served
    assert settings.hostnames == ["127.0.0.1"]
    assert settings.port == 18101
    assert (settings.cpuparams.n_threads, settings.cpuparams_batch.n_threads) == (1, 1)
    assert settings.cont_batching is True
    assert settings.offline is True
    assert settings.model.path == str(tmp_path / f"{role}.gguf")
    assert settings.model_alias == {serving.MODELS[role].alias}
    assert capsys.readouterr().out == f"{serving.MODELS[role].alias} answers at http://127.0.0.1:18101\n"


def test_the_base_model_gets_the_worked_cases_template_and_stops_at_the_end_of_its_line(served, tmp_path):
    serving.serve("teacher", 18101, tmp_path)
    assert served[0].chat_template == serving.FEW_SHOT_TEMPLATE.read_text(encoding="utf-8")
    assert served[0].antiprompt == ["\n"]


def test_the_chat_model_keeps_its_own_template_and_end_of_turn(served, tmp_path):
    serving.serve("student", 18101, tmp_path)
    assert not hasattr(served[0], "chat_template")
    assert served[0].antiprompt == []


@pytest.mark.localmodels
@pytest.mark.skipif(not local_models.installed(), reason="needs the local models: make models")
def test_the_template_lays_a_conversation_out_as_worked_cases_with_the_last_one_open(tmp_path):
    conversation = [
        {"role": "system", "content": "Name the capital."},
        {"role": "user", "content": "Japan"},
        {"role": "assistant", "content": "Tokyo"},
        {"role": "user", "content": "France"},
    ]
    server = local_models.start(tmp_path)["teacher"]
    try:
        url = f"{server.base_url.removesuffix('/v1')}/apply-template"
        prompt = httpx.post(url, json={"messages": conversation}, timeout=60).json()["prompt"]
    finally:
        local_models.stop(tmp_path)
    assert prompt == "Name the capital.\n\nInput: Japan\nOutput: Tokyo\n\nInput: France\nOutput:"
