"""A key can ask whose it is."""

from __future__ import annotations

import json

from tests.api.conftest import Rest


def test_a_key_reads_its_organization_scopes_and_limits(reader: Rest) -> None:
    me = json.loads(reader.get("/me").content)
    assert me["object"] == "me"
    assert me["organization"] == {"slug": "acme", "name": "Acme"}
    assert (me["key"]["name"], me["key"]["scopes"]) == ("reader", ["read"])
    assert set(me["key"]) == {"name", "prefix", "scopes", "created_at", "expires_at"}
    assert me["permissions"] == ["view"]
    assert me["limits"] == {"body_bytes": 1_048_576, "upload_bytes": 67_108_864, "page_entries": 200}
