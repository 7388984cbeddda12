"""``move``: the only writer of a status. Checks the table, locks the row, writes, and tells the trail why."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.audit import trail
from apps.kernel import lifecycle


def move(thing: Any, *, to: str, because: str, **columns: object) -> bool:
    """Move a row to a status, with further ``columns`` set in the same write.

    Returns False when it already stands there (a repeated message is harmless). Raises MoveNotAllowed.
    """
    model = type(thing)
    kind = model._meta.label_lower
    with transaction.atomic():
        locked = model.objects.select_for_update().get(pk=thing.pk)
        if locked.status == to:
            thing.status = to
            return False
        lifecycle.check(kind, old=locked.status, new=to)
        old = locked.status
        model.objects.filter(pk=thing.pk).update(status=to, **columns)
        thing.status = to
        for name, value in columns.items():
            setattr(thing, name, value)
        trail.append(
            f"{model._meta.model_name}.moved",
            subject_kind=kind,
            subject_id=str(thing.pk),
            says=f"moved {thing} from {old} to {to}",
            facts={"from": old, "to": to},
            because=because,
        )
    return True
