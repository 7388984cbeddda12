"""A run's budget: reserved in the transaction that opens an attempt, settled in the one that closes it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from apps.evals.models import Attempt, EvalRun
from apps.evals.store.rows import Money
from apps.kernel import budget

NOTHING = Decimal(0)


def settle(run_id: UUID, money: Money) -> None:
    """Book what a write changed; the row stays locked until the transaction ends. Runs without a budget keep none."""
    if money.freed or money.spent or money.reserved:
        _budgeted(run_id).update(
            reserved_usd=F("reserved_usd") + money.reserved - money.freed, spent_usd=F("spent_usd") + money.spent
        )  # fmt: skip


def room(run_id: UUID, wanted: Sequence[Decimal | None], *, is_check: bool = False) -> budget.Room:
    """How many of these attempts fit, in their order; the row stays locked until they are opened.

    What is held for checking the judges is left to checks.
    """
    names = ("budget_usd", "held_usd", "spent_usd", "reserved_usd")
    found = _budgeted(run_id).select_for_update(no_key=True).values_list(*names).first()
    if found is None:
        return budget.Room(len(wanted), is_over=False)
    limit, held, spent, reserved = found
    return budget.room_for(budget.Purse(limit if is_check else limit - held, spent, reserved), wanted)


def lose(run_id: UUID, attempts: QuerySet[Attempt]) -> None:
    """What these open attempts reserved may have been spent: nobody is left who could tell."""
    worst = attempts.aggregate(worst=Sum("worst_usd"))["worst"] or NOTHING
    settle(run_id, Money(freed=worst, spent=worst, reserved=NOTHING))


def _budgeted(run_id: UUID) -> QuerySet[EvalRun]:
    return EvalRun.objects.filter(pk=run_id, budget_usd__isnull=False)
