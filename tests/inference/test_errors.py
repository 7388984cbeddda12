"""The codes of faults and flags: distinct, and sorted into what may pass and what stays."""

from __future__ import annotations

from apps.inference import errors

CODES = {name: value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str)}


def test_no_code_stands_for_two_things() -> None:
    assert len(set(CODES.values())) == len(CODES) > 20


def test_a_code_fits_the_columns_that_keep_it() -> None:
    assert all(len(f"judge_{code}") <= 60 and code == code.lower() for code in CODES.values())


def test_only_what_may_pass_by_itself_is_tried_again() -> None:
    assert {
        "rate_limited", "upstream_failed", "upstream_reset", "upstream_truncated", "upstream_empty", "upstream_html",
        "endpoint_unreachable", "host_not_found",
    } == errors.RETRYABLE  # fmt: skip


def test_a_tenant_cannot_tell_a_closed_address_from_an_absent_one() -> None:
    assert {"address_blocked", "host_not_found", "endpoint_unreachable"} == errors.ONE_TO_A_TENANT


def test_every_fault_has_words_and_no_flag_does() -> None:
    flags = {
        "upstream_refused", "truncated", "finish_reason_unknown", "upstream_utf8", "upstream_nul", "usage_invalid",
        "logprobs_invalid", "prompt_not_scored",
    }  # fmt: skip
    assert set(errors.WORDS) == set(CODES.values()) - flags
    assert len(set(errors.WORDS.values())) == len(errors.WORDS)
