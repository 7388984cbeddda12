"""Query parameters: each known by name, given once and read strictly. An unknown one is refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from apps.kernel.errors import InvalidInput
from apps.kernel.reading.columns import nearest
from apps.kernel.reading.refusal import escaped, quoted

VALUE_LENGTH = 500
FLAGS = {"true": True, "false": False}


class ParameterRefused(InvalidInput):
    """A query parameter is unknown or cannot be read."""

    code = "parameter_invalid"
    title = "A query parameter cannot be accepted"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter of one operation."""

    name: str
    description: str
    is_flag: bool = False
    is_required: bool = False


def read(query: QueryDict, known: Iterable[Parameter]) -> dict[str, str]:
    """The parameters given. Raises ParameterRefused: parameter_unknown, _repeated, _invalid, _missing."""
    by_name = {parameter.name: parameter for parameter in known}
    found: dict[str, str] = {}
    for name, values in query.lists():
        if name not in by_name:
            raise _unknown(name, by_name)
        if len(values) != 1:
            raise refused("parameter_repeated", f"The parameter {quoted(name)} is given {len(values)} times.", name)
        value = str(values[0])
        if not value.isprintable() or len(value) > VALUE_LENGTH:
            raise refused(
                "parameter_invalid", f"{quoted(name)} is not at most {VALUE_LENGTH} printable characters.", name
            )
        if by_name[name].is_flag and value not in FLAGS:
            raise refused("parameter_invalid", f"{quoted(name)} is true or false, not {quoted(value)}.", name)
        found[name] = value
    for parameter in by_name.values():
        if parameter.is_required and parameter.name not in found:
            raise refused("parameter_missing", f"This address needs the parameter '{parameter.name}'.", parameter.name)
    return found


def refused(code: str, detail: str, name: str) -> ParameterRefused:
    return ParameterRefused(detail, code=code, where={"parameter": escaped(name)})


def is_set(parameters: Mapping[str, str], name: str) -> bool:
    """Is this flag given and true?"""
    return FLAGS.get(parameters.get(name, ""), False)


def _unknown(name: str, known: Mapping[str, Parameter]) -> ParameterRefused:
    meant = nearest(name, known)
    hint = f"did you mean {quoted(meant)}?" if meant else f"known are: {', '.join(known) or 'none'}."
    return refused("parameter_unknown", f"{quoted(name)} is no parameter here; {hint}", name)
