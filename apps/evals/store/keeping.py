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
) -> Kept:
    """Write a bundle. Only results of leases that still hold are kept; the cost of every attempt is, late or not.

    ``done`` leases have all their results in with this bundle. Repeating the same bundle changes nothing.
    """
    standing = leases.standing(held)
    purse.settle(run_id, rows.close_attempts(bundle.closings))
    rows.keep_answers(run_id, [answered for lease, answered in bundle.answers if lease in standing])
    rows.keep_judgements([judged for lease, judged in bundle.judgements if lease in standing])
    leases.finish(standing & set(done))
    if is_renewal:
        leases.renew(standing - set(done))
    state = leases.state_of(run_id)
    if halted is None and state not in (lifecycle.PLANNED, lifecycle.RUNNING):
        halted = f"run_{state.lower()}"
    return _open(run_id, bundle, frozenset(standing), halted)


def _open(run_id: UUID, bundle: Bundle, standing: frozenset[Lease], halted: str | None) -> Kept:
    """Open what may be sent. A call that was given up meanwhile has its closing in the same bundle."""
    closed = {closing.id for closing in bundle.closings}
    asked = [opening for opening in bundle.openings if opening.id not in closed]
    if halted is not None:
        return Kept(standing, {opening.id: halted for opening in asked}, halt=halted)
    lost = {opening.id: LEASE_LOST for opening in asked if opening.lease not in standing}
    wanted = [opening for opening in asked if opening.id not in lost]
    if not wanted:
        return Kept(standing, lost)
    room = purse.room(run_id, [opening.worst_usd for opening in wanted])
    opened, rest = wanted[: room.fitting], tuple(wanted[room.fitting :])
    purse.reserve(run_id, rows.open_attempts(run_id, opened))
    verdicts: dict[UUID, str | None] = {**lost, **{opening.id: None for opening in opened}}
    if not room.is_over:
        return Kept(standing, verdicts, waiting=rest)
    refused = {opening.id: budget.BUDGET_SPENT for opening in rest}
    return Kept(standing, verdicts | refused, halt=budget.BUDGET_SPENT)
