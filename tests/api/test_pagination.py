"""Lists go page by page; a cursor works for its own list and organization only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person


@pytest.fixture
def five(ada: Person) -> list[str]:
    """Slugs of Ada's projects, newest first."""
    slugs = [f"p{number}" for number in range(5)]
    with acting(ada.who):
        for slug in slugs:
            projects.open_project(slug=slug)
    return slugs[::-1]


def listed(rest: Rest, address: str) -> dict[str, Any]:
    response = rest.get(address)
    assert response.status_code == 200, response.content
    return {**json.loads(response.content), "link": response.get("Link")}


def test_pages_hold_every_row_once_newest_first(rest: Rest, five: list[str]) -> None:
    seen, address, sizes = [], "/projects?limit=2", []
    while address:
        page = listed(rest, address)
        assert page["object"] == "list"
        sizes.append(len(page["data"]))
        seen += [entry["slug"] for entry in page["data"]]
        assert page["has_more"] is (page["next_cursor"] is not None)
        address = page["link"].removeprefix("</api/v1").removesuffix('>; rel="next"') if page["link"] else None
    assert (seen, sizes) == (five, [2, 2, 1])


def test_a_page_that_ends_the_list_exactly_has_no_next(rest: Rest, five: list[str]) -> None:
    page = listed(rest, "/projects?limit=5")
    assert (len(page["data"]), page["has_more"], page["next_cursor"], page["link"]) == (5, False, None, None)


def test_a_row_that_comes_in_between_shifts_nothing(rest: Rest, ada: Person, five: list[str]) -> None:
    first = listed(rest, "/projects?limit=2")
    with acting(ada.who):
        projects.open_project(slug="late")
    second = listed(rest, f"/projects?limit=3&cursor={first['next_cursor']}")
    assert [entry["slug"] for entry in (*first["data"], *second["data"])] == five


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1000000000", "abc", "", "1.0", "١", " 1"])
def test_a_limit_out_of_range_is_refused(rest: Rest, limit: str) -> None:
    assert code_of(rest.get(f"/projects?limit={limit}")) == (400, "parameter_invalid")


def test_a_cursor_is_bound_to_its_organization_list_and_filter(rest: Rest, stranger: Rest, five: list[str]) -> None:
    cursor = listed(rest, "/projects?limit=2")["next_cursor"]
    assert len(listed(rest, f"/projects?cursor={cursor}")["data"]) == 3
    for caller, address in (
        (stranger, f"/projects?cursor={cursor}"),
        (rest, f"/projects/p0/models?cursor={cursor}"),
        (rest, f"/projects/p0/datasets?name=a&cursor={cursor}"),
        (rest, f"/projects?cursor={cursor[:-2]}xx"),
        (rest, "/projects?cursor=abc"),
        (rest, "/projects?cursor="),
    ):
        assert code_of(caller.get(address)) == (400, "cursor_invalid"), address


def test_the_trail_goes_down_by_its_positions(rest: Rest, five: list[str]) -> None:
    first = listed(rest, "/audit-events?limit=4")
    second = listed(rest, f"/audit-events?limit=4&cursor={first['next_cursor']}")
    positions = [entry["sequence"] for entry in (*first["data"], *second["data"])]
    assert positions == sorted(positions, reverse=True)
    assert positions[-1] == 0
