"""Liveness touches nothing; readiness asks the database, its role and its migrations. And how a full disk is known."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from apps.tenancy import database_role

FULL = "The database's disk is full: nothing of this was kept. Free some room, then send it again."


def is_storage_full(error: Exception) -> bool:
    """Did a statement fail because the database has no room left? It was rolled back as a whole."""
    return isinstance(error, DatabaseError) and isinstance(error.__cause__, psycopg.errors.DiskFull)


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
