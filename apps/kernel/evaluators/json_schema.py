"""A JSON Schema from a user, compiled so that no schema and no document can keep a process busy.

Limits stand before the compiler: size, depth, the subschemas it becomes once every reference is written out, and the
size of its patterns. What is left is finite, so the work of one validation is at most the product of the schema's and
the document's sizes; ``Compiled.is_too_much`` measures it beforehand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from apps.kernel.evaluators.contract import SettingsInvalid

SCHEMA_BYTES = 64 * 1024
# JSON levels; a subschema is one or two of them (a keyword, and a list or map of schemas in it).
SCHEMA_LEVELS = 32
SUBSCHEMAS = 200
# A pattern's program is tried in the smallest of these sizes (bytes) that holds it.
PROGRAM_SIZES = (16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024)
PROGRAM_BYTES = 4 * 1024 * 1024
DFA_BYTES = 100_000
# About a second of work each, measured on the slowest schemas found: equal steps, and program bytes times text bytes.
STEPS = 25_000_000
SCANNED = 12_000_000_000

SINGLE = frozenset(
    {
        "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
        "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
LISTS = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
MAPS = frozenset({"dependencies", "dependentSchemas", "patternProperties", "properties"})
# Written out only where a reference leads into them.
STORES = frozenset({"$defs", "definitions"})
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A validator with its size: ``atoms`` JSON values and ``program_bytes`` of patterns, references written out."""

    validator: Any
    atoms: int
    program_bytes: int

    def is_too_much(self, document: object) -> bool:
        """Could validating the document take longer than about a second?"""
        nodes, characters = _size(document)
        return nodes * self.atoms > STEPS or characters * self.program_bytes > SCANNED


def compiled(schema: object) -> Compiled:
    """Raise SettingsInvalid (schema_invalid, schema_too_large, schema_too_deep, schema_recursive, schema_nested_id,

    ref_not_local, regex_unsupported, regex_too_large) for a schema that cannot be used here.
    """
    if not isinstance(schema, dict | bool):
        raise SettingsInvalid("A JSON Schema is an object, true or false.", code="schema_invalid")
    _check_levels(schema)
    text = json.dumps(schema, sort_keys=True)
    if len(text) > SCHEMA_BYTES:
        raise SettingsInvalid(f"A schema has at most {SCHEMA_BYTES:,} bytes.", code="schema_too_large")
    return _compiled(text)


@lru_cache(maxsize=32)
def _compiled(text: str) -> Compiled:
    schema = json.loads(text)
    expanded = _Expanded(schema)
    try:
        validator = jsonschema_rs.validator_for(
            schema,
            validate_formats=False,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=PROGRAM_SIZES[-1], dfa_size_limit=DFA_BYTES),
            # The compiler fetches nothing, whatever a reference asks for; the walk above refused those already.
            offline=True,
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        first = str(error).strip().splitlines()[0][:160]
        raise SettingsInvalid(f"The schema cannot be used: {first}", code="schema_invalid") from None
    return Compiled(validator, expanded.atoms, expanded.program_bytes)


class _Expanded:
    """Walks a schema with every reference written out, and stops as soon as it is too much."""

    def __init__(self, schema: object) -> None:
        self._root = schema
        self._subschemas = 0
        self.atoms = 0
        self.program_bytes = 0
        self._walk(schema, trail=())

    def _walk(self, node: object, *, trail: tuple[str, ...]) -> None:
        self._subschemas += 1
        if self._subschemas > SUBSCHEMAS:
            raise SettingsInvalid(
                f"With its references written out the schema has more than {SUBSCHEMAS} subschemas.",
                code="schema_too_large",
            )
        self.atoms += 1
        if not isinstance(node, dict):
            return
        if self._subschemas > 1 and any(isinstance(node.get(name), str) for name in ("$id", "id")):
            raise SettingsInvalid(
                "Only the whole schema may have an $id: further in, it changes what references mean.",
                code="schema_nested_id",
            )
        for name, value in node.items():
            self._keyword(name, value, trail)

    def _keyword(self, name: str, value: object, trail: tuple[str, ...]) -> None:
        if name in STORES:
            return
        self._patterns(name, value)
        inner = _subschemas_of(name, value)
        if name in REFERENCES and isinstance(value, str):
            self._follow(value, trail)
        elif inner is None:
            self.atoms += _size(value)[0]
        else:
            for one in inner:
                self._walk(one, trail=trail)

    def _follow(self, reference: str, trail: tuple[str, ...]) -> None:
        if reference in trail or reference == "#":
            raise SettingsInvalid(f"'{reference[:80]}' leads back into itself.", code="schema_recursive")
        if not reference.startswith("#/"):
            raise SettingsInvalid(
                f"'{reference[:80]}' is no place in this schema; only references that start with #/ are followed.",
                code="ref_not_local",
            )
        self._walk(_resolve(self._root, reference), trail=(*trail, reference))

    def _patterns(self, name: str, value: object) -> None:
        if name == "pattern" and isinstance(value, str):
            self.program_bytes += _program_bytes(value)
        elif name == "patternProperties" and isinstance(value, dict):
            self.program_bytes += sum(map(_program_bytes, value))
        if self.program_bytes > PROGRAM_BYTES:
            raise SettingsInvalid("The schema's patterns are too large together.", code="regex_too_large")


def _subschemas_of(name: str, value: object) -> list[object] | None:
    """The schemas in a keyword's value, None where the keyword holds none."""
    if name in SINGLE and isinstance(value, dict | bool):
        return [value]
    if name in LISTS and isinstance(value, list):
        return value
    if name in MAPS and isinstance(value, dict):
        return list(value.values())
    return None


def _resolve(root: object, reference: str) -> object:
    found = root
    for step in unquote(reference[2:]).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name[:9]) < len(found):
            found = found[int(name[:9])]
        else:
            raise SettingsInvalid(f"'{reference[:80]}' leads nowhere in the schema.", code="schema_invalid")
    return found


def _program_bytes(pattern: str) -> int:
    for size in PROGRAM_SIZES:
        if _compiles(pattern, jsonschema_rs.RegexOptions(size_limit=size)):
            return size
    if _compiles(pattern, jsonschema_rs.FancyRegexOptions(size_limit=PROGRAM_SIZES[-1])):
        raise SettingsInvalid(
            f"'{pattern[:80]}' looks around or back; patterns here do neither, so that they always end.",
            code="regex_unsupported",
        )
    try:
        # Python's reader stands in to tell a large pattern from a wrong one; it knows no classes like \p{L}.
        re.compile(re.sub(r"\\[pP]\{\w+\}", "a", pattern))
    except (re.error, OverflowError, RecursionError):
        raise SettingsInvalid(f"'{pattern[:80]}' is no regular expression.", code="schema_invalid") from None
    raise SettingsInvalid(f"'{pattern[:80]}' is too large once its counts are written out.", code="regex_too_large")


def _compiles(pattern: str, options: Any) -> bool:
    try:
        jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=options, offline=True)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _check_levels(schema: object) -> None:
    level: list[object] = [schema]
    for _ in range(SCHEMA_LEVELS + 1):
        level = [value for node in level for value in _children(node)]
        if not level:
            return
    raise SettingsInvalid(f"A schema nests at most {SCHEMA_LEVELS} levels deep.", code="schema_too_deep")


def _size(document: object) -> tuple[int, int]:
    """(JSON values, characters of its texts and names) of a document."""
    nodes = characters = 0
    waiting = [document]
    while waiting:
        node = waiting.pop()
        nodes += 1
        if isinstance(node, str):
            characters += len(node)
        elif isinstance(node, dict):
            characters += sum(map(len, node))
        waiting.extend(_children(node))
    return nodes, characters


def _children(node: object) -> Iterator[object]:
    if isinstance(node, Mapping):
        yield from node.values()
    elif isinstance(node, list):
        yield from node
