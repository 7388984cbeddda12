"""The split of a global figure over REST, under the card's traffic or the caller's."""

from __future__ import annotations

import json

import pytest

from apps.projects.models import Project
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs


@pytest.fixture
def address(ada: Person, project: Project, at: str) -> str:
    wrong = [f"row-{number:04d}" for number in range(1, 11, 2)]  # 5 of 20 in gold
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(40), wrong=wrong)
    return f"{at}/scorecards/{card.number}/mix"


def test_live_traffic_is_split_into_mix_and_rate(reader: Rest, address: str) -> None:
    found = json.loads(reader.post(address, {"live_weights": {"gold": 0.9, "plain": 0.1}}).content)
    [split] = found["evaluators"]
    assert (split["golden_pp"], split["live_pp"], split["mix_pp"], split["rate_pp"]) == (-12.5, -22.5, -10.0, 0.0)
    assert [(part["cohort"], part["mix_pp"]) for part in split["parts"]] == [("gold", -10.0), ("plain", 0.0)]
    assert found["digest"].startswith("sha256:")
    assert split["sentences"] == [
        "ExactMatch: −12.5 pp by the weights of the card, −22.5 pp by live traffic; "
        "the mix of cohorts makes −10.0 pp of that."
    ]


def test_without_live_traffic_rows_are_set_against_the_cards_weights(reader: Rest, address: str) -> None:
    [split] = json.loads(reader.post(address).content)["evaluators"]
    assert (split["golden_pp"], split["live_pp"], split["mix_pp"]) == (-12.5, -12.5, 0.0)


def test_weights_that_do_not_fit_are_refused(reader: Rest, stranger: Rest, address: str) -> None:
    assert code_of(reader.post(address, {"live_weights": {"gold": 0.5}})) == (422, "weights_sum")
    assert code_of(reader.post(address, {"live_weights": {"zinc": 1.0}})) == (422, "cohort_unknown")
    assert code_of(stranger.post(address)) == (404, "not_found")
