"""Every request has an id, its own or a well-formed one it brought."""

from __future__ import annotations

import re

import pytest
from django.test import Client


def test_a_request_gets_an_id_of_its_own() -> None:
    first, second = (Client().get("/healthz")["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"req_[0-9a-f]{32}", first)
    assert first != second


def test_an_id_that_was_brought_is_kept() -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": "ci-run.4711_a"})["X-Request-ID"] == "ci-run.4711_a"


@pytest.mark.parametrize("given", ["short", "x" * 81, "with blank in", "naïve-naïve", "a/b/c/d/e", "<script>alert"])
def test_an_id_that_could_hurt_a_log_is_replaced(given: str) -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"].startswith("req_")
