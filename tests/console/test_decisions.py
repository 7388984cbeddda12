"""Decisions on pages: only what the verdict allows, signed, proved on the spot, approved by somebody else."""

from __future__ import annotations

import pytest

from apps.decisions.models import Approval, Decision
from apps.tenancy.acting import acting
from tests.console.conftest import REASON, Browser, code_of, text_of
from tests.factories import runs

XSS = "<script>alert('reason')</script>"


@pytest.fixture
def failed(ada, project, at) -> str:
    """The address of a scorecard whose gate says fail."""
    rows = runs.golden_rows(40)
    runs.judged(ada.who, project, rows=rows, wrong=[row["id"] for row in rows[::2]])
    return f"{at}/scorecards/1"


def test_a_decision_is_recorded_and_its_proof_holds(ada, at, failed) -> None:
    browser = Browser(ada)
    form = {"kind": "reject", "reason": REASON, "reference": "ACME-5121"}
    response = browser.post(f"{failed}/decide/", form)
    assert response["Location"] == f"{at}/decisions/1/"
    page = text_of(browser.get(response["Location"]))
    assert "Decision #1 is signed and recorded." in page
    assert "Verified now" in page
    assert REASON in page
    assert "ACME-5121" in page
    with acting(ada.who):
        row = Decision.objects.get()
    assert row.digest in page
    assert row.signature in page


def test_only_what_the_verdict_allows_is_offered(ada, failed) -> None:
    page = text_of(Browser(ada).get(f"{failed}/decide/"))
    assert 'value="promote"' not in page
    assert 'value="override"' in page


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"kind": "reject", "reason": "too short"}, 422, "reason_too_short"),
        ({"kind": "reject", "reason": " " * 40 + "short" + " " * 40}, 422, "reason_too_short"),
        ({"kind": "reject", "reason": REASON, "reference": "x" * 201}, 422, "reference_too_long"),
    ],
)
def test_a_refused_decision_is_told_on_its_page_and_leaves_nothing(ada, failed, events, form, status, code) -> None:
    before = events()
    response = Browser(ada).post(f"{failed}/decide/", form)
    assert code_of(response) == (status, code)
    assert events() == before
    with acting(ada.who):
        assert not Decision.objects.exists()


@pytest.mark.parametrize("kind", ["promote", "nothing", ""])
def test_a_kind_that_is_not_offered_is_refused_beside_its_field(ada, failed, kind) -> None:
    response = Browser(ada).post(f"{failed}/decide/", {"kind": kind, "reason": REASON})
    assert response.status_code == 422
    assert 'id="id_kind_error"' in text_of(response)
    with acting(ada.who):
        assert not Decision.objects.exists()


def test_a_member_reads_and_does_not_decide(ada, member, failed) -> None:
    assert "Record decision" not in text_of(Browser(member).get(f"{failed}/"))
    refused = Browser(member).post(f"{failed}/decide/", {"kind": "reject", "reason": REASON})
    assert code_of(refused) == (403, "permission_missing")


def test_an_override_waits_for_another_person(ada, ben, at, failed) -> None:
    first, second = Browser(ada), Browser(ben)
    first.post(f"{failed}/decide/", {"kind": "override", "reason": REASON})
    page = text_of(first.get(f"{at}/decisions/1/"))
    assert "Not in force: an override needs a second person" in page
    assert "Approve decision" not in page
    assert code_of(first.post(f"{at}/decisions/1/approve/")) == (403, "second_person_needed")
    with acting(ada.who):
        assert not Approval.objects.exists()
    assert "waits for a second person" in text_of(first.get(f"{at}/decisions/"))
    assert "Approve decision #1" in text_of(second.get(f"{at}/decisions/1/"))
    second.post(f"{at}/decisions/1/approve/", {"reason": "I looked at every lost row."})
    page = text_of(first.get(f"{at}/decisions/1/"))
    assert "Not in force" not in page
    assert "ben@acme.test (approver)" in page
    assert "I looked at every lost row." in page
    assert code_of(second.post(f"{at}/decisions/1/approve/")) == (409, "already_approved")


def test_a_decision_that_needs_no_approval_takes_none(ben, at, story) -> None:
    assert code_of(Browser(ben).post(f"{at}/decisions/1/approve/")) == (409, "approval_not_needed")


def test_a_reason_is_shown_as_text(ada, at, failed) -> None:
    browser = Browser(ada)
    browser.post(f"{failed}/decide/", {"kind": "hold", "reason": XSS * 2, "reference": XSS})
    for path in ("decisions/", "decisions/1/", ""):
        assert XSS not in text_of(browser.get(f"{at}/{path}")), path
    assert "&lt;script&gt;alert(&#x27;reason&#x27;)" in text_of(browser.get(f"{at}/decisions/1/"))


def test_the_ledger_is_filtered_by_kind(ada, at, failed) -> None:
    browser = Browser(ada)
    for kind in ("hold", "reject"):
        browser.post(f"{failed}/decide/", {"kind": kind, "reason": REASON})
    everything = text_of(browser.get(f"{at}/decisions/"))
    assert "decisions/1/" in everything
    assert "decisions/2/" in everything
    held = text_of(browser.get(f"{at}/decisions/?kind=hold"))
    assert "decisions/1/" in held
    assert "decisions/2/" not in held
    assert text_of(browser.get(f"{at}/decisions/?kind=nothing")).count("data-row") == 2
