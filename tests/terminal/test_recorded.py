"""How files become names: datasets after their folder, models after their column, policies after template or file."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.terminal import recorded


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("sets/rag qa/golden.jsonl.gz", "rag-qa"),
        ("sets/orders.v2.csv", "orders-v2"),
        ("sets/ünïcode.jsonl", "n-code"),
    ],
)
def test_a_dataset_is_named_after_its_file_or_folder(path: str, slug: str) -> None:
    assert recorded._slug(Path(path)) == slug


def test_a_name_without_one_usable_letter_gets_a_stable_one() -> None:
    assert recorded._slug(Path("日本.jsonl")) == recorded._slug(Path("日本.jsonl"))
    assert recorded._slug(Path("日本.jsonl")).startswith("file-")


def test_a_template_wins_over_a_file_of_the_same_name() -> None:
    assert recorded._policy_document("release") == recorded.policies.TEMPLATES["release"]
    assert recorded._policy_document("not-there") is None
