"""Plain writes under the audited verbs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.tenancy import keys, store
from apps.tenancy.models import ApiKey, Membership, Share
from tests.conftest import Person


def made(ada: Person) -> ApiKey:
    until = timezone.now() + timedelta(days=1)
    return store.create_key(
        organization_id=ada.organization.id, name="ci", new=keys.make(), scopes=["read"], created_by=None, until=until
    )


def test_a_role_given_again_replaces_the_old_one(ada: Person) -> None:
    store.set_role(organization_id=ada.organization.id, user=ada.user, role="viewer")
    assert [row.role for row in Membership.objects.filter(user=ada.user)] == ["viewer"]


def test_a_use_is_written_once_a_minute(ada: Person) -> None:
    key = made(ada)
    store.note_use(key)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    key.refresh_from_db()
    store.note_use(key)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    key.refresh_from_db()
    store.note_use(key)
    assert ApiKey.objects.get(pk=key.pk).last_used_at >= first


def test_a_revoked_key_has_its_time(ada: Person) -> None:
    key = made(ada)
    store.revoke_key(key)
    assert ApiKey.objects.get(pk=key.pk).revoked_at <= timezone.now()


def test_a_removed_member_is_gone_and_nobody_else(ada: Person, ben: Person) -> None:
    store.remove_member(Membership.objects.get(user=ben.user))
    assert set(Membership.objects.values_list("user__email", flat=True)) == {"ada@acme.test"}


def ask(*people: Person) -> None:
    for person in people:
        store.ask_turn(person.organization.id, "work")


def turns(count: int, *, took_ms: dict[object, int]) -> list[object]:
    """Whose turn it was, one after the other; everybody goes on waiting."""
    found = []
    for _ in range(count):
        whose = store.next_turn("work")
        found.append(whose)
        store.end_turn(whose, "work", took_ms=took_ms[whose])
    return found


def test_the_next_turn_goes_to_whoever_had_least(ada: Person, cy: Person) -> None:
    a, c = ada.organization.id, cy.organization.id
    ask(ada, cy)
    assert turns(6, took_ms={a: 3000, c: 3000}).count(c) == 3
    assert turns(8, took_ms={a: 3000, c: 1000}).count(c) == 6, "time counts, not turns"


def test_two_turns_that_begin_together_go_to_two_organizations(ada: Person, cy: Person) -> None:
    ask(ada, cy)
    assert {store.next_turn("work"), store.next_turn("work")} == {ada.organization.id, cy.organization.id}


def test_nobody_saves_up_while_away(ada: Person, cy: Person) -> None:
    a, c = ada.organization.id, cy.organization.id
    ask(ada)
    turns(100, took_ms={a: 3000})
    ask(cy)
    assert turns(10, took_ms={a: 3000, c: 3000}).count(c) in (5, 6)


def test_a_turn_that_found_nothing_is_not_charged_and_ends_the_waiting(ada: Person, cy: Person) -> None:
    ask(ada, cy)
    for has_work in (True, False):
        whose = store.next_turn("work")
        assert store.give_turn_back(whose, "work", has_work=lambda has_work=has_work: has_work) == has_work
    assert set(Share.objects.values_list("served_ms", "turns")) == {(0, 0)}
    assert [store.next_turn("work"), store.next_turn("work")].count(whose) == 0
    assert Share.objects.get(organization=whose).is_waiting is False


def test_who_is_being_served_waits_only_for_what_is_left(ada: Person, cy: Person) -> None:
    ask(ada, cy)
    whose, other = store.next_turn("work"), {ada.organization.id, cy.organization.id}
    assert whose is not None
    (other_id,) = other - {whose}
    assert store.still_waits(whose, "work", has_work=lambda: True)
    assert store.do_others_wait(other_id, ["work"])
    assert not store.do_others_wait(other_id, ["other"])
    assert not store.still_waits(whose, "work", has_work=lambda: False)
    assert not store.do_others_wait(other_id, ["other", "work"])
    assert store.do_others_wait(whose, ["other", "work"])
    store.end_turn(whose, "work", took_ms=3000)
    store.ask_turn(whose, "work")
    assert store.next_turn("work") == other_id


def test_queues_are_shared_each_by_itself_and_asking_twice_changes_nothing(ada: Person) -> None:
    ask(ada)
    before = Share.objects.values_list("served_ms", "began_ms", "turns").get()
    ask(ada)
    assert Share.objects.values_list("served_ms", "began_ms", "turns").get() == before == (0, 0, 0)
    assert store.next_turn("other") is None
    assert store.next_turn("work") == ada.organization.id
    assert Share.objects.values_list("served_ms", "began_ms", "turns").get() == (store.TURN_MS, 0, 1)
