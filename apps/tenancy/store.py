"""Plain writes to organizations, memberships, keys and shares. Audited verbs over them are in ``members.actions``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.accounts.models import User
from apps.tenancy import keys
from apps.tenancy.models import ApiKey, Membership, Organization, Share

USED_RESOLUTION = timedelta(minutes=1)
# A turn is charged so much at once, so that of two that begin together each goes to another organization.
TURN_MS = 1000


def create_organization(*, slug: str, name: str) -> Organization:
    return Organization.objects.create(slug=slug, name=name)


def set_role(*, organization_id: UUID, user: User, role: str) -> Membership:
    membership, _ = Membership.objects.update_or_create(
        organization_id=organization_id, user=user, defaults={"role": role}
    )
    return membership


def remove_member(membership: Membership) -> None:
    membership.delete()


def create_key(
    *, organization_id: UUID, name: str, new: keys.NewKey, scopes: list[str], created_by: User | None, until: datetime
) -> ApiKey:
    return ApiKey.objects.create(
        organization_id=organization_id,
        name=name,
        prefix=new.prefix,
        digest=new.digest,
        scopes=scopes,
        created_by=created_by,
        expires_at=until,
    )


def revoke_key(key: ApiKey) -> None:
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])


def note_use(key: ApiKey) -> None:
    """Remember the use to the minute: one write a minute, not one a request."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_RESOLUTION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def ask_turn(organization_id: UUID, queue: str) -> None:
    """Note that an organization has work in a queue. Its share stays locked until the transaction ends."""
    Share.objects.get_or_create(organization_id=organization_id, queue=queue)
    share = _share(organization_id, queue)
    if not share.is_waiting:
        newest = Share.objects.filter(queue=queue).aggregate(at=Max("began_ms"))["at"] or 0
        Share.objects.filter(pk=share.pk).update(is_waiting=True, served_ms=Greatest(F("served_ms"), newest))


def next_turn(queue: str) -> UUID | None:
    """The waiting organization that had least of a queue, charged with the beginning of a turn; None: nobody waits."""
    with transaction.atomic():
        waiting = Share.objects.filter(queue=queue, is_waiting=True).order_by("served_ms", "turns", "id")
        share = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if share is None:
            return None
        Share.objects.filter(pk=share.pk).update(
            began_ms=share.served_ms, served_ms=F("served_ms") + TURN_MS, turns=F("turns") + 1
        )
        return share.organization_id


def end_turn(organization_id: UUID, queue: str, *, took_ms: int) -> None:
    """Charge what a turn really took. One whose worker died stays charged with its beginning."""
    shares = Share.objects.filter(organization_id=organization_id, queue=queue)
    shares.update(served_ms=F("served_ms") + took_ms - TURN_MS)


def give_turn_back(organization_id: UUID, queue: str, *, has_work: Callable[[], bool]) -> bool:
    """A turn found nothing to do: it is not charged. What ``still_waits`` does and says holds here too."""
    with transaction.atomic():
        Share.objects.filter(pk=_share(organization_id, queue).pk).update(
            served_ms=F("served_ms") - TURN_MS, turns=F("turns") - 1
        )
        return still_waits(organization_id, queue, has_work=has_work)


def still_waits(organization_id: UUID, queue: str, *, has_work: Callable[[], bool]) -> bool:
    """Has the organization something that nobody works on yet? If not, it waits no longer.

    ``has_work`` is asked while nobody else can ask for a turn of this organization.
    """
    with transaction.atomic():
        share = _share(organization_id, queue)
        is_waiting = share.is_waiting and has_work()
        Share.objects.filter(pk=share.pk).update(is_waiting=is_waiting)
    return is_waiting


def do_others_wait(organization_id: UUID, queues: Sequence[str]) -> bool:
    """Does any other organization wait for a turn of these queues?"""
    return Share.objects.filter(queue__in=queues, is_waiting=True).exclude(organization_id=organization_id).exists()


def _share(organization_id: UUID, queue: str) -> Share:
    return Share.objects.select_for_update(of=("self",)).get(organization_id=organization_id, queue=queue)
