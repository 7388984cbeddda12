"""Fault codes of a call, and which of them are worth another try. A fault is an outcome, not an exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Before anything was sent.
ADDRESS_BLOCKED: Final = "address_blocked"
HOST_NOT_FOUND: Final = "host_not_found"
UNREACHABLE: Final = "endpoint_unreachable"
CREDENTIAL: Final = "credential_shape"
PARAMETER_MISSING: Final = "model_parameter_missing"
# What the other side says.
REFUSED_KEY: Final = "upstream_refused_key"
NO_SUCH_MODEL: Final = "upstream_no_such_model"
BAD_REQUEST: Final = "upstream_bad_request"
CONTEXT_OVERFLOW: Final = "upstream_context_overflow"
RATE_LIMITED: Final = "rate_limited"
FAILED: Final = "upstream_failed"
REDIRECTED: Final = "upstream_redirected"
STATUS: Final = "upstream_status"
# How it breaks off.
TLS: Final = "tls_untrusted"
RESET: Final = "upstream_reset"
DEADLINE: Final = "upstream_deadline"
TRUNCATED: Final = "upstream_truncated"
# What is wrong with an answer that came.
HTML: Final = "upstream_html"
EMPTY: Final = "upstream_empty"
SHAPE: Final = "upstream_shape"
TOO_LARGE: Final = "upstream_too_large"
ENCODING: Final = "upstream_encoding"
MIXED: Final = "upstream_mixed"

RETRYABLE: Final = frozenset({RATE_LIMITED, FAILED, RESET, TRUNCATED, EMPTY, HTML, UNREACHABLE, HOST_NOT_FOUND})
# Told apart, these would let a tenant of a shared installation map the network that it stands in.
ONE_TO_A_TENANT: Final = frozenset({ADDRESS_BLOCKED, HOST_NOT_FOUND, UNREACHABLE})

# Flags of an answer that counts: odd, but not a fault.
REFUSED: Final = "upstream_refused"
CUT: Final = "truncated"
FINISH_UNKNOWN: Final = "finish_reason_unknown"
UTF8: Final = "upstream_utf8"
NUL: Final = "upstream_nul"
USAGE_INVALID: Final = "usage_invalid"
LOGPROBS_INVALID: Final = "logprobs_invalid"
PROMPT_NOT_SCORED: Final = "prompt_not_scored"

# Every fault in words for people.
WORDS: Final[Mapping[str, str]] = {
    ADDRESS_BLOCKED: "the address leads where no call may go; an operator can open private networks",
    HOST_NOT_FOUND: "the host name has no address",
    UNREACHABLE: "the endpoint cannot be reached from here: unknown, closed, or not opened by the operator",
    CREDENTIAL: "the key holds blanks or letters that no request can carry",
    PARAMETER_MISSING: "the version leaves out a parameter that its dialect cannot do without, such as max_tokens",
    REFUSED_KEY: "the endpoint refused the key",
    NO_SUCH_MODEL: "the endpoint has no model of that name",
    BAD_REQUEST: "the endpoint refused the request; often a parameter",
    CONTEXT_OVERFLOW: "the messages were too long for the model",
    RATE_LIMITED: "the endpoint kept asking us to slow down",
    FAILED: "the endpoint failed",
    REDIRECTED: "the endpoint pointed elsewhere; redirects are not followed",
    STATUS: "the endpoint answered with a status that is none of a model server",
    TLS: "nobody we trust vouches for the endpoint's certificate",
    RESET: "the connection broke off",
    DEADLINE: "a model took too long to answer",
    TRUNCATED: "an answer broke off before its end",
    HTML: "the endpoint answered with a web page",
    EMPTY: "the endpoint answered with nothing",
    SHAPE: "an answer is not in the form of the endpoint's dialect",
    TOO_LARGE: "an answer was larger than 4 MiB, or its stream larger than 32 MiB",
    ENCODING: "an answer was compressed, which we do not ask for",
    MIXED: "the endpoint gave one request the answer of another",
}
