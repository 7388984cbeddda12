"""The trail over REST."""

from __future__ import annotations

import hashlib
import json

from apps.kernel import chain
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import Person


def test_anyone_with_the_trail_can_recompute_its_chain(rest: Rest) -> None:
    for slug in ("one", "two"):
        rest.post("/projects", {"slug": slug})
    events = json.loads(rest.get("/audit-events?limit=200").content)["data"][::-1]
    assert [event["sequence"] for event in events] == list(range(len(events)))
    head = bytes(32)
    for event in events:
        content = hashlib.sha256(b"\x00" + event["payload"].encode()).digest()
        head = hashlib.sha256(b"\x02" + head + event["sequence"].to_bytes(8, "big") + content).digest()
        assert event["chain"] == head.hex()
    verified = json.loads(rest.get("/audit-events/verify").content)
    assert verified == {
        "object": "trail_verification",
        "is_whole": True,
        "events": len(events),
        "head": head.hex(),
        "broken_at": None,
        "reason": "",
    }
    assert head != chain.GENESIS


def test_only_an_audit_or_admin_scope_reads_the_trail(ada: Person) -> None:
    for scope in ("read", "run", "gate", "decide"):
        key = Rest(key_for(ada, scopes=[scope], name=scope))
        for path in ("/audit-events", "/audit-events/verify"):
            assert code_of(key.get(path)) == (403, "permission_missing"), (scope, path)
    assert Rest(key_for(ada, scopes=["audit"])).get("/audit-events").status_code == 200
