"""Whatever is done to a chain shows, and at the first position it was done to."""

from __future__ import annotations

import hashlib
import random

import pytest

from apps.kernel import chain
from apps.kernel.chain import GENESIS, Link

TRIES = 1000


def linked(payloads: list[bytes]) -> list[Link]:
    links, head = [], GENESIS
    for sequence, payload in enumerate(payloads):
        head = chain.extend(head, sequence, payload)
        links.append(Link(sequence, payload, head))
    return links


def some_links(dice: random.Random) -> list[Link]:
    return linked([dice.randbytes(dice.randint(1, 40)) for _ in range(dice.randint(2, 12))])


def flipped(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + bytes([content[place] ^ dice.randint(1, 255)]) + content[place + 1 :]


def test_the_bytes_under_a_link_are_the_ones_written_down() -> None:
    leaf = hashlib.sha256(b"\x00" + b"first").digest()
    assert chain.leaf(b"first") == leaf
    assert (
        chain.extend(GENESIS, 7, b"first")
        == hashlib.sha256(b"\x02" + bytes(32) + (7).to_bytes(8, "big") + leaf).digest()
    )


def test_an_empty_chain_is_whole_and_starts_at_zero() -> None:
    found = chain.verify([])
    assert (found.events, found.head, found.broken_at, found.whole) == (0, bytes(32), None, True)


def test_a_whole_chain_verifies_up_to_its_last_value() -> None:
    links = linked([b"a", b"b", b"c"])
    found = chain.verify(links)
    assert (found.events, found.head, found.whole, found.reason) == (3, links[-1].chain, True, "")


@pytest.mark.parametrize("field", ["payload", "chain"])
def test_every_changed_byte_is_found_where_it_lies(field: str) -> None:
    dice = random.Random(f"bytes of {field}")
    for _ in range(TRIES):
        links = some_links(dice)
        at = dice.randrange(len(links))
        changed = {"payload": links[at].payload, "chain": links[at].chain}
        changed[field] = flipped(changed[field], dice)
        links[at] = Link(at, changed["payload"], changed["chain"])
        found = chain.verify(links)
        assert (found.broken_at, found.events) == (at, at)
        assert found.reason == f"event {at} or its link was changed"


def test_every_deletion_before_the_end_is_found_where_the_gap_is() -> None:
    dice = random.Random("deletions")
    for _ in range(TRIES):
        links = some_links(dice)
        at = dice.randrange(len(links) - 1)
        del links[at]
        found = chain.verify(links)
        assert (found.broken_at, found.reason) == (at, f"position {at} is missing; found {at + 1}")


def test_every_deletion_closed_up_by_renumbering_is_found() -> None:
    dice = random.Random("renumbered deletions")
    for _ in range(TRIES):
        links = some_links(dice)
        at = dice.randrange(len(links) - 1)
        del links[at]
        closed = [Link(position, link.payload, link.chain) for position, link in enumerate(links)]
        assert chain.verify(closed).broken_at == at


def test_every_swap_is_found_at_its_earlier_place() -> None:
    dice = random.Random("swaps")
    for _ in range(TRIES):
        links = some_links(dice)
        first, second = sorted(dice.sample(range(len(links)), 2))
        links[first], links[second] = links[second], links[first]
        assert chain.verify(links).broken_at == first


def test_every_swap_of_contents_that_keeps_the_numbers_is_found() -> None:
    dice = random.Random("swapped contents")
    for _ in range(TRIES):
        links = linked([bytes([number]) + dice.randbytes(9) for number in range(dice.randint(2, 12))])
        first, second = sorted(dice.sample(range(len(links)), 2))
        one, other = links[first], links[second]
        links[first], links[second] = Link(first, other.payload, other.chain), Link(second, one.payload, one.chain)
        assert chain.verify(links).broken_at == first


def test_every_insertion_is_found_where_it_was_put() -> None:
    dice = random.Random("insertions")
    for _ in range(TRIES):
        links = some_links(dice)
        at = dice.randint(0, len(links))
        payload = dice.randbytes(10)
        links.insert(at, Link(at, payload, dice.randbytes(32)))
        assert chain.verify(links).broken_at == at


def test_every_well_made_insertion_breaks_the_event_after_it() -> None:
    """Who knows the formula can link a forged event in; the next one then no longer fits."""
    dice = random.Random("forged insertions")
    for _ in range(TRIES):
        links = some_links(dice)
        at = dice.randrange(len(links))
        payload = dice.randbytes(10)
        forged = Link(at, payload, chain.extend(links[at - 1].chain if at else GENESIS, at, payload))
        later = [Link(link.sequence + 1, link.payload, link.chain) for link in links[at:]]
        assert chain.verify([*links[:at], forged, *later]).broken_at == at + 1


def test_an_event_repeated_is_found_at_the_repetition() -> None:
    links = linked([b"a", b"b", b"c"])
    found = chain.verify([links[0], links[1], links[1], links[2]])
    assert (found.broken_at, found.reason) == (2, "position 2 is missing; found 1")


def test_the_head_of_a_broken_chain_is_the_last_good_value() -> None:
    links = linked([b"a", b"b", b"c"])
    found = chain.verify([links[0], Link(1, b"x", links[1].chain), links[2]])
    assert (found.head, found.events) == (links[0].chain, 1)


def test_a_chain_cut_at_its_end_still_fits_and_shows_by_its_head() -> None:
    """A walk alone cannot miss what is no longer there; whoever kept the head or the count can."""
    links = linked([b"a", b"b", b"c"])
    cut, full = chain.verify(links[:2]), chain.verify(links)
    assert (cut.whole, cut.events, full.events) == (True, 2, 3)
    assert cut.head != full.head
