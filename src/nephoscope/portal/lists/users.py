"""Users, as administrators see and change them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.audit import note
from nephoscope.portal.permissions import Role
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.people import Invited, NewUser, UserPatch, UserRow
from nephoscope.portal.sources import MemorySource
from nephoscope.portal.versions import require_match
from nephoscope.store.sessions import end_sessions_of
from nephoscope.store.users import (
    INVITATION_LASTS,
    User,
    administrators,
    all_users,
    count_passkeys,
    find_login,
    get_user,
    make_link,
    new_user,
    put_user,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("name", Type.TEXT, "", is_sortable=True),
        Field("roles", Type.WORD, "", tuple(map(str, Role)), is_facet=True, is_many=True),
        Field("accounts", Type.WORD, "", is_facet=True, is_many=True),
        Field("is_disabled", Type.BOOL, "", is_facet=True),
        Field("is_local", Type.BOOL, "", is_facet=True),
        Field("issuer", Type.WORD, "", is_facet=True),
        Field("created_at", Type.TIME, "", is_sortable=True),
        Field("last_seen_at", Type.TIME, ""),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        users = all_users(connection)
        passkeys = count_passkeys(connection, [user.id for user in users])
    return [_row(user, passkeys.get(user.id, 0)).model_dump() for user in users]


def _row(user: User, passkeys: int) -> UserRow:
    same = ("id", "name", "is_disabled", "issuer", "created_at", "last_seen_at", "version")
    return UserRow(
        **{name: getattr(user, name) for name in same},
        roles=[Role(role).value for role in user.roles],
        accounts=list(user.accounts),
        is_local=not user.issuer,
        passkeys=passkeys,
        can=["change", "disable" if not user.is_disabled else "enable", *([] if user.issuer else ["invite"])],
    )


SOURCE = MemorySource("users", FIELDS, "name", "id", _rows, UserRow)


def _found(connection: Connection, id_: str) -> User:
    user = get_user(connection, id_)
    if user is None:
        raise ProblemError("not-found", "There is no user of this id")
    return user


def _shown(connection: Connection, user: User) -> UserRow:
    return _row(user, count_passkeys(connection, [user.id]).get(user.id, 0))


def shown(me: Caller, id_: str) -> UserRow:
    """A user. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        return _shown(connection, _found(connection, id_))


def invite(me: Caller, asked: NewUser) -> Invited:
    """Keep a new user, who has no password yet."""
    now = me.portal.clock()
    with me.portal.ledger.write() as connection:
        if find_login(connection, asked.name):
            raise ProblemError("conflict", "There is a user of this name already")
        user = put_user(connection, new_user(asked.name, tuple(asked.roles), tuple(asked.accounts), now))
        note(connection, me, "user invite", user.id, asked.model_dump())
        return _invited(connection, me, user)


def reinvite(me: Caller, id_: str) -> Invited:
    """A new link for a user of ours."""
    with me.portal.ledger.write() as connection:
        user = _found(connection, id_)
        if user.issuer:
            raise ProblemError("conflict", "This user signs in through the identity provider")
        note(connection, me, "user reinvite", user.id)
        return _invited(connection, me, user)


def _invited(connection: Connection, me: Caller, user: User) -> Invited:
    token, expires_at = make_link(connection, "password", user.id, me.portal.clock(), INVITATION_LASTS)
    return Invited(
        user=_shown(connection, user), link=f"{me.portal.config.portal.url}/setup#{token}", expires_at=expires_at
    )


def change(me: Caller, id_: str, asked: UserPatch, if_match: str | None) -> UserRow:
    """Change roles, scope, or whether a user may sign in; refused where no administrator would be left."""
    given = {name: value for name, value in asked.model_dump().items() if value is not None}
    with me.portal.ledger.write() as connection:
        user = _found(connection, id_)
        require_match(if_match, user.id, user.version)
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        kept = put_user(connection, dataclasses.replace(user, **values))
        if not administrators(connection):
            raise ProblemError("conflict", "Then nobody could administrate: make another administrator first")
        if kept.is_disabled:
            end_sessions_of(connection, user.id)
        note(connection, me, "user change", user.id, given)
        return _shown(connection, kept)
