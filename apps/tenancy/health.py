"""Liveness touches nothing; readiness asks the database, its role and its migrations."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from apps.tenancy import database_role


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    try:
        bypasses = database_role.bypasses()
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "reason": "database"}, status=503)
    if bypasses:
        return JsonResponse({"status": "unavailable", "reason": "database_role"}, status=503)
    if pending:
        return JsonResponse({"status": "unavailable", "reason": "migrations_pending"}, status=503)
    return JsonResponse({"status": "ok"})
