"""Who may do what, in one table."""

from __future__ import annotations

from apps.tenancy import permissions
from apps.tenancy.permissions import Permission, Role, Scope


def test_the_roles_hold_what_the_glossary_says() -> None:
    can = permissions.of_role
    assert can(Role.VIEWER) == {Permission.VIEW}
    assert can(Role.AUDITOR) == {Permission.VIEW, Permission.VIEW_TRAIL}
    assert Permission.DECIDE in can(Role.APPROVER)
    assert Permission.DECIDE not in can(Role.MEMBER)
    assert can(Role.MEMBER) < can(Role.APPROVER) < can(Role.ADMIN) == set(Permission)
    assert can("somebody") == frozenset()


def test_scopes_add_up_and_no_scope_but_decide_decides() -> None:
    assert permissions.of_scopes(["read"]) == {Permission.VIEW}
    assert permissions.of_scopes(["run", "gate"]) == permissions.of_scopes(["run"]) | permissions.of_scopes(["gate"])
    deciding = [scope for scope in Scope if Permission.DECIDE in permissions.of_scopes([scope])]
    assert deciding == [Scope.DECIDE]
    assert permissions.of_scopes(["nonsense"]) == frozenset()


def test_neither_machine_nor_shell_decides() -> None:
    assert Permission.DECIDE not in permissions.MACHINE_PERMISSIONS
    assert Permission.DECIDE not in permissions.OPERATOR_PERMISSIONS
    assert Permission.MANAGE_KEYS not in permissions.MACHINE_PERMISSIONS
