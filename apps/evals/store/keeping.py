"""One transaction of a slice: what its calls laid down is kept, what they ask for is opened, the fence is checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.evals.execute.desk import Bundle, Opening
from apps.evals.execute.work import Lease
from apps.evals.store import leases, purse, rows
from apps.kernel import budget, lifecycle

LEASE_LOST = "lease_lost"
AT_WORK = (lifecycle.PLANNED, lifecycle.RUNNING)


@dataclass(frozen=True, slots=True)
class Kept:
    """``standing`` leases still hold. ``verdicts`` by attempt: None where it may be sent, else why not.

    ``waiting`` attempts will fit once open ones have ended; ``halt`` is why the whole slice must stop.
    """

    standing: frozenset[Lease]
    verdicts: Mapping[UUID, str | None]
    waiting: tuple[Opening, ...] = ()
    halt: str | None = None


def keep(
    run_id: UUID,
    bundle: Bundle,
    *,
    held: Collection[Lease],
    done: Collection[Lease] = (),
    is_renewal: bool = False,
    halted: str | None = None,
    has_budget: bool = True,
) -> Kept:
    """Write a bundle. Only results of leases that still hold are kept; the cost of every attempt is, late or not.

    ``done`` leases have all their results in with this bundle. Repeating the same bundle changes nothing.
    ``has_budget`` False spares the questions about money.
    """
    standing, status = leases.standing(run_id, held)
    if halted is None and status not in AT_WORK:
        halted = f"run_{status.lower()}"
    closed = {closing.id for closing in bundle.closings}
    # A call that was given up before it was sent has its closing in the same bundle.
    asked = [opening for opening in bundle.openings if opening.id not in closed]
    refused: dict[UUID, str | None] = {
        opening.id: halted or LEASE_LOST for opening in asked if halted or opening.lease not in standing
    }
    wanted = [opening for opening in asked if opening.id not in refused]
    written = rows.keep(
        run_id,
        closings=bundle.closings,
        answers=[answered for lease, answered in bundle.answers if lease in standing],
        judgements=[judged for lease, judged in bundle.judgements if lease in standing],
        measurements=[measured for lease, measured in bundle.measurements if lease in standing],
        openings=() if has_budget else wanted,
    )
    leases.finish(standing & set(done))
    if is_renewal:
        leases.renew(standing - set(done))
    if not has_budget:
        return Kept(frozenset(standing), {**refused, **{one.id: None for one in wanted}}, halt=halted)
    purse.settle(run_id, written)
    kept = _open(run_id, wanted)
    return Kept(frozenset(standing), {**refused, **kept.verdicts}, kept.waiting, halted or kept.halt)


def _open(run_id: UUID, wanted: list[Opening]) -> Kept:
    """Open what fits into the budget, in the order it was asked for."""
    if not wanted:
        return Kept(frozenset(), {})
    room = purse.room(run_id, [opening.worst_usd for opening in wanted])
    opened, rest = wanted[: room.fitting], tuple(wanted[room.fitting :])
    if opened:
        purse.settle(run_id, rows.keep(run_id, openings=opened))
    verdicts: dict[UUID, str | None] = {opening.id: None for opening in opened}
    if not room.is_over:
        return Kept(frozenset(), verdicts, waiting=rest)
    refused = {opening.id: budget.BUDGET_SPENT for opening in rest}
    return Kept(frozenset(), verdicts | refused, halt=budget.BUDGET_SPENT)
