"""Roles of people and scopes of keys, each a set of permissions. The one place that says who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    VIEW = "view"
    VIEW_TRAIL = "view_trail"
    EDIT_PROJECTS = "edit_projects"
    EDIT_REGISTRY = "edit_registry"
    EDIT_DATASETS = "edit_datasets"
    EDIT_EVALUATORS = "edit_evaluators"
    RUN_EVALS = "run_evals"
    EDIT_GATES = "edit_gates"
    DECIDE_GATES = "decide_gates"
    DECIDE = "decide"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_KEYS = "manage_keys"


class Role(StrEnum):
    VIEWER = "viewer"
    MEMBER = "member"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    READ = "read"
    RUN = "run"
    GATE = "gate"
    DECIDE = "decide"
    AUDIT = "audit"
    ADMIN = "admin"


_WORK = frozenset(
    {
        Permission.VIEW,
        Permission.EDIT_REGISTRY,
        Permission.EDIT_DATASETS,
        Permission.EDIT_EVALUATORS,
        Permission.RUN_EVALS,
        Permission.DECIDE_GATES,
    }
)

ROLE_PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.MEMBER: _WORK,
    Role.APPROVER: _WORK | {Permission.EDIT_GATES, Permission.DECIDE, Permission.VIEW_TRAIL},
    Role.AUDITOR: frozenset({Permission.VIEW, Permission.VIEW_TRAIL}),
    Role.ADMIN: frozenset(Permission),
}

SCOPE_PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    Scope.READ: frozenset({Permission.VIEW}),
    Scope.RUN: _WORK,
    Scope.GATE: frozenset({Permission.VIEW, Permission.EDIT_GATES, Permission.DECIDE_GATES}),
    Scope.DECIDE: frozenset({Permission.VIEW, Permission.DECIDE}),
    Scope.AUDIT: frozenset({Permission.VIEW, Permission.VIEW_TRAIL}),
    Scope.ADMIN: frozenset(Permission) - {Permission.DECIDE},
}

# What a machine of ours (worker, coordinator, command) may do on behalf of an organization. It never decides.
MACHINE_PERMISSIONS = frozenset({Permission.VIEW, Permission.VIEW_TRAIL, Permission.RUN_EVALS, Permission.DECIDE_GATES})


# Whoever holds the server's shell may set everything up; deciding stays with persons who signed in.
OPERATOR_PERMISSIONS = frozenset(Permission) - {Permission.DECIDE}


def of_role(role: str) -> frozenset[Permission]:
    return ROLE_PERMISSIONS.get(role, frozenset())


def of_scopes(scopes: list[str]) -> frozenset[Permission]:
    return frozenset().union(*(SCOPE_PERMISSIONS.get(scope, frozenset()) for scope in scopes))
