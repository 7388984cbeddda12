"""System checks: a server that could see through the fence, or that runs on a default secret, does not start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from apps.inference import address_ranges
from apps.tenancy import database_role


@register(Tags.security)
def secrets_are_set(app_configs: Any, **_: Any) -> list[CheckMessage]:
    if settings.DATABASE_ROLE == "owner" or not settings.SECRET_KEY.startswith("unset-"):
        return []
    return [
        Error(
            "No secret key is set.",
            hint="Set DISTILLHUB_SECRET_KEY, or let the embedded services make one (make demo).",
            id="tenancy.E001",
        )
    ]


@register(Tags.security)
def outbound_allowances_can_be_read(app_configs: Any, **_: Any) -> list[CheckMessage]:
    try:
        address_ranges.rules(settings.OUTBOUND_ALLOW)
    except ValueError as error:
        return [
            Error(
                f"DISTILLHUB_OUTBOUND_ALLOW cannot be read: {error}.",
                hint="Write host-or-network:port, comma separated, such as 10.20.0.0/16:8000,vllm.internal:8000.",
                id="tenancy.E003",
            )
        ]
    return []


@register(Tags.database)
def role_cannot_bypass_the_fence(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    if not databases or settings.DATABASE_ROLE == "owner":
        return []
    return [
        Error(
            f"The database login can bypass row-level security: {reason}.",
            hint="Log in as a plain role (NOSUPERUSER NOBYPASSRLS), such as distillhub_app.",
            id="tenancy.E002",
        )
        for reason in database_role.bypasses()
    ]
