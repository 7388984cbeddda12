"""A prices file: JSON with one entry a model (or ``teacher`` and ``student``), in US dollars.

{"gpt-4o": {"input_usd_per_mtok": 5, "output_usd_per_mtok": 15}, "student": {...}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from apps.kernel.price import PriceCard, PriceInvalid

FIELDS = ("input_usd_per_mtok", "output_usd_per_mtok", "per_call_usd", "hardware_usd_per_hour", "traces_per_hour")
# What price lists and other tools call the same two figures.
ALSO_CALLED = {
    "input": "input_usd_per_mtok",
    "output": "output_usd_per_mtok",
    "input_per_mtok": "input_usd_per_mtok",
    "output_per_mtok": "output_usd_per_mtok",
    "input_per_million": "input_usd_per_mtok",
    "output_per_million": "output_usd_per_mtok",
    "input_usd_per_million_tokens": "input_usd_per_mtok",
    "output_usd_per_million_tokens": "output_usd_per_mtok",
}


def read(document: object, *, teacher: Sequence[str], student: Sequence[str]) -> dict[str, PriceCard]:
    """Price cards by role. A role without an entry stays unpriced. Raises PriceInvalid with the place."""
    if not isinstance(document, Mapping):
        raise PriceInvalid("A prices file is a JSON object with one entry a model, or 'teacher' and 'student'.")
    names = {"teacher": ("teacher", *teacher), "student": ("student", *student)}
    unknown = set(document) - {name for group in names.values() for name in group}
    if unknown and not any(name in document for group in names.values() for name in group):
        raise PriceInvalid(
            f"No entry fits a model of this comparison: found {', '.join(sorted(map(str, unknown)))[:80]}; "
            f"expected 'teacher' and 'student', or {', '.join((*teacher, *student))[:160]}."
        )
    found = {role: next((document[name] for name in group if name in document), None) for role, group in names.items()}
    return {role: _card(entry, role) for role, entry in found.items() if entry is not None}


def _card(entry: object, role: str) -> PriceCard:
    if not isinstance(entry, Mapping):
        raise PriceInvalid(f"The prices of the {role} are not an object.", where={"role": role})
    values: dict[str, Decimal | None] = {**dict.fromkeys(FIELDS, Decimal(0)), "traces_per_hour": None}
    for name, value in entry.items():
        field = ALSO_CALLED.get(str(name), str(name))
        if field not in FIELDS:
            raise PriceInvalid(
                f"'{str(name)[:80]}' is no price; use {', '.join(FIELDS)}.",
                where={"role": role, "field": str(name)[:80]},
            )
        try:
            values[field] = Decimal(str(value))
        except InvalidOperation:
            raise PriceInvalid(f"{str(value)[:80]!r} is no number.", where={"role": role, "field": field}) from None
    return PriceCard(**values)  # type: ignore[arg-type]
