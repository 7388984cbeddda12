"""A query parameter is known, given once and readable, or the request is refused."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from apps.api.parameters import Parameter, ParameterRefused, is_set, read
from tests.api.conftest import Rest, code_of

KNOWN = (Parameter("name", ""), Parameter("allow_extra", "", is_flag=True))


def test_what_is_given_is_read() -> None:
    found = read(QueryDict("name=a%20b&allow_extra=true"), KNOWN)
    assert found == {"name": "a b", "allow_extra": "true"}
    assert is_set(found, "allow_extra")
    assert not is_set({"allow_extra": "false"}, "allow_extra")
    assert not is_set({}, "allow_extra")


@pytest.mark.parametrize(
    ("query", "code", "hint"),
    [
        ("nmae=a", "parameter_unknown", "did you mean 'name'?"),
        ("zzz=1", "parameter_unknown", "known are: name, allow_extra."),
        ("name=a&name=b", "parameter_repeated", "given 2 times"),
        ("name=%00", "parameter_invalid", "printable"),
        ("name=" + "x" * 501, "parameter_invalid", "at most 500"),
        ("allow_extra=yes", "parameter_invalid", "true or false"),
        ("allow_extra=", "parameter_invalid", "true or false"),
    ],
)
def test_anything_else_is_refused(query: str, code: str, hint: str) -> None:
    with pytest.raises(ParameterRefused) as refused:
        read(QueryDict(query), KNOWN)
    assert refused.value.code == code
    assert hint in refused.value.detail


@pytest.mark.parametrize("path", ["/me?verbose=1", "/projects?ordering=password", "/projects?format=json", "/me?%00=1"])
def test_no_address_ignores_a_parameter(rest: Rest, path: str) -> None:
    assert code_of(rest.get(path)) == (400, "parameter_unknown")
