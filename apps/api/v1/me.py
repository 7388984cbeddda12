"""The key itself: whose it is and what it may do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, shown
from apps.api.operation import operation
from apps.api.pagination import LIMIT_MAX
from apps.api.parsing import BODY_BYTES
from apps.tenancy.acting import current


class OrganizationShape(serializers.Serializer):
    slug = shown()
    name = shown()


class KeyShape(serializers.Serializer):
    name = shown()
    prefix = shown()
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


class LimitsShape(serializers.Serializer):
    body_bytes = serializers.IntegerField(read_only=True)
    upload_bytes = serializers.IntegerField(read_only=True)
    page_entries = serializers.IntegerField(read_only=True)


class MeShape(serializers.Serializer):
    object = Kind("me")
    organization = OrganizationShape(read_only=True)
    key = KeyShape(read_only=True)
    permissions = serializers.ListField(child=serializers.CharField(), read_only=True)
    limits = LimitsShape(read_only=True)


class Me(Endpoint):
    tag = "me"

    @operation("me_read", "Whose key this is and what it may do", answers=MeShape)
    def get(self, call: Call) -> dict[str, Any]:
        return {
            "organization": call.key.organization,
            "key": call.key,
            "permissions": sorted(permission.value for permission in current().permissions),
            "limits": {
                "body_bytes": BODY_BYTES,
                "upload_bytes": settings.UPLOAD_MAX_BYTES,
                "page_entries": LIMIT_MAX,
            },
        }
