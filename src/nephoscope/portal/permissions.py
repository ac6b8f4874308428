"""Who may do what: permissions, the roles that hold them, and the accounts in whose scope they hold."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Permission(StrEnum):
    """What a route asks of its caller. PUBLIC asks nothing; SIGNED_IN asks for any user; AGENT for a signature."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    AGENT = "agent"
    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    PROPOSE = "propose"
    SHARE = "share"
    APPROVE = "approve"
    RESPOND = "respond"
    EVIDENCE = "evidence"
    AUTHOR = "author"
    AUDIT = "audit"
    SQL = "sql"
    PLAY = "play"
    USERS = "users"
    METRICS = "metrics"
    DELIVERIES = "deliveries"
    SCHEDULE = "schedule"


class Role(StrEnum):
    """What a user is here."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    RESPONDER = "responder"
    AUTHOR = "author"
    ADMIN = "admin"
    AUDITOR = "auditor"


_ANALYST = frozenset((Permission.READ, Permission.ACKNOWLEDGE, Permission.PROPOSE, Permission.SHARE))
ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset((Permission.READ,)),
    Role.ANALYST: _ANALYST,
    Role.RESPONDER: _ANALYST | {Permission.APPROVE, Permission.RESPOND, Permission.EVIDENCE},
    Role.AUTHOR: _ANALYST | {Permission.AUTHOR, Permission.SCHEDULE},
    Role.ADMIN: frozenset(Permission) - {Permission.PUBLIC, Permission.SIGNED_IN, Permission.AGENT},
    Role.AUDITOR: frozenset((Permission.READ, Permission.AUDIT, Permission.EVIDENCE)),
}
GRANTABLE = ROLES[Role.ADMIN]
# Asked of callers whose scope is all accounts only: what they see or change belongs to no account.
WHOLE = frozenset(
    (
        Permission.SQL,
        Permission.USERS,
        Permission.AUDIT,
        Permission.METRICS,
        Permission.PLAY,
        Permission.DELIVERIES,
        Permission.SCHEDULE,
    )
)


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """What roles hold together; a role that is not known holds nothing."""
    known = [Role(role) for role in roles if role in set(Role)]
    return frozenset().union(*(ROLES[role] for role in known))
