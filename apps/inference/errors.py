"""Fault codes of a call, and which of them are worth another try. A fault is an outcome, not an exception."""

from __future__ import annotations

from typing import Final

ADDRESS_BLOCKED: Final = "address_blocked"
HOST_NOT_FOUND: Final = "host_not_found"
REFUSED_KEY: Final = "upstream_refused_key"
NO_SUCH_MODEL: Final = "upstream_no_such_model"
RATE_LIMITED: Final = "rate_limited"
FAILED: Final = "upstream_failed"
RESET: Final = "upstream_reset"
DEADLINE: Final = "upstream_deadline"
REDIRECTED: Final = "upstream_redirected"
STATUS: Final = "upstream_status"
HTML: Final = "upstream_html"
EMPTY: Final = "upstream_empty"
SHAPE: Final = "upstream_shape"
TOO_LARGE: Final = "upstream_too_large"
ENCODING: Final = "upstream_encoding"
TRUNCATED: Final = "upstream_truncated"
BAD_REQUEST: Final = "upstream_bad_request"

RETRYABLE: Final = frozenset({RATE_LIMITED, FAILED, RESET, TRUNCATED, EMPTY, HTML})
