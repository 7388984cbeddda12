from __future__ import annotations

import json
import random
from typing import Any

import pytest

from apps.kernel import digest
from apps.kernel.scorecard import Scorecard, Unpaired
from apps.kernel.scorecard.card import ScorecardUnreadable
from tests.kernel.cards import card, priced, scored, table, timed


def rows() -> list:
    graded = [(i % 7 / 7, i % 5 / 5) for i in range(30)]
    return [
        *table("a", losses=3, wins=1, n=20, missing=2),
        *scored("b", graded, evaluator="judge"),
        *priced("b", [("0.013", "0.0011"), ("0.017", None)]),
        *timed("c", [(812.25, 340.5), (1033.0, 360.0)]),
    ]


def whole(order: list) -> Scorecard:
    return card(order, evaluators=("judge", "quality"), high_value=("c",), unpaired=Unpaired(1, 0, 2))


def test_any_row_order_gives_the_same_bytes() -> None:
    expected = digest.canonical(whole(rows()).document())
    for seed in range(20):
        shuffled = rows()
        random.Random(seed).shuffle(shuffled)
        assert digest.canonical(whole(shuffled).document()) == expected


def test_a_card_reads_back_from_its_json() -> None:
    written = whole(rows())
    read = Scorecard.from_document(json.loads(json.dumps(written.document())))
    assert read == written
    assert read.digest == written.digest


def test_a_card_with_nothing_new_in_it_spells_as_it_always_did() -> None:
    """Sealed documents are named by this digest: what is added to a card must not move those without it."""
    assert whole(rows()).digest == "sha256:ecc74b941f1959f62150f3034edc24c66bfe774e36ede8e8ab5eb12d77dc107b"


def test_the_digest_stands_in_the_document_and_covers_the_rest() -> None:
    document = whole(rows()).document()
    claimed = document.pop("digest")
    assert claimed == digest.of(document)


@pytest.mark.parametrize(
    "path",
    [("cells", 0, "pairs", 0, 2), ("cohorts", 0, "weight"), ("unpaired", "unseen"), ("facts", "dataset")],
)
def test_a_changed_document_is_refused(path: tuple[Any, ...]) -> None:
    document: Any = json.loads(json.dumps(whole(rows()).document()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "sha256:other" if path[0] == "facts" else place[path[-1]] + 1
    with pytest.raises(ScorecardUnreadable, match="has sha256:"):
        Scorecard.from_document(document)


@pytest.mark.parametrize("document", [{}, {"schema": 2}, {"schema": 1, "cohorts": 3}, {"schema": 1, "unpaired": None}])
def test_what_is_not_a_scorecard_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ScorecardUnreadable, match="malformed"):
        Scorecard.from_document(document)


def test_facts_are_kept_as_given() -> None:
    assert whole(rows()).document()["facts"] == {"dataset": "sha256:d"}


def test_a_cell_document_says_its_figures() -> None:
    document: Any = card(table("a", losses=2, wins=1, n=4)).document()
    assert document["cells"] == [
        {
            "cohort": "a",
            "evaluator": "quality",
            "n": 4,
            "teacher": 0.75,
            "student": 0.5,
            "delta": -0.25,
            "binary": True,
            "losses": 2,
            "wins": 1,
            "pairs": [[0.0, 1.0, 1], [1.0, 0.0, 2], [1.0, 1.0, 1]],
            "missing": {"teacher": 0, "student": 0, "pairs": 0, "reasons": {}},
        }
    ]


def test_a_card_without_evidence_of_an_evaluator_has_no_global_cell() -> None:
    assert card(table("a", n=1), evaluators=("quality", "other")).cell("*", "other") is None
