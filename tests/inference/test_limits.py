"""One limit an address, shared by all who ask there."""

from __future__ import annotations

import pytest

from apps.inference.limits import Limits


def test_one_address_has_one_limit_and_another_its_own() -> None:
    limits = Limits()
    first = limits.of("https://a.example/v1", concurrency=2)
    assert limits.of("https://a.example/v1", concurrency=2) is first
    assert limits.of("https://b.example/v1", concurrency=2) is not first


def test_the_first_callers_concurrency_holds() -> None:
    limits = Limits()
    limits.of("https://a.example/v1", concurrency=1)
    assert limits.of("https://a.example/v1", concurrency=50).most == 1


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_limit_that_lets_nothing_through_is_refused(concurrency: int) -> None:
    with pytest.raises(ValueError, match="lets nothing through"):
        Limits().of("https://a.example/v1", concurrency=concurrency)
