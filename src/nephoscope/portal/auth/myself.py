"""What users see and change of themselves."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import msgspec

from nephoscope.portal.audit import note
from nephoscope.portal.auth.passwords import hash_password
from nephoscope.portal.permissions import Permission, Role
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import Me, NewPassword, Preferences, RecoveryCodes
from nephoscope.portal.versions import require_match
from nephoscope.store.sessions import end_sessions_of
from nephoscope.store.users import User, get_user, make_codes, passkeys_of, put_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

MOST_BYTES = 64_000


def shown(me: Caller) -> Me:
    """Who asks, and what they may do here and now."""
    with me.portal.ledger.read() as connection:
        user = own(connection, me)
        passkeys = len(passkeys_of(connection, me.user))
    return Me(
        id=me.user,
        name=me.name,
        roles=[Role(role).value for role in me.roles],
        accounts=me.scope.names,
        permissions=sorted(str(each) for each in Permission if me.may(each)),
        is_fresh=me.is_fresh,
        passkeys=passkeys,
        is_local=me.is_local,
        expires_at=me.expires_at,
        is_sandbox=me.portal.stage is not None,
        preferences=user.preferences,
    )


def own(connection: Connection, me: Caller) -> User:
    """Oneself, as kept. Raises `not-signed-in` where one was removed meanwhile."""
    user = get_user(connection, me.user)
    if user is None:
        raise ProblemError("not-signed-in")
    return user


def preferences(me: Caller) -> Preferences:
    """What the client keeps."""
    with me.portal.ledger.read() as connection:
        return Preferences(preferences=own(connection, me).preferences)


def put_preferences(me: Caller, body: Preferences, if_match: str | None) -> Preferences:
    """Keep it, in place of what was kept."""
    if len(msgspec.json.encode(body.preferences)) > MOST_BYTES:
        raise ProblemError("too-large", "Preferences have at most 64 kB")
    with me.portal.ledger.write() as connection:
        user = own(connection, me)
        require_match(if_match, *Preferences(preferences=user.preferences).model_dump(mode="json").items())
        put_user(connection, dataclasses.replace(user, preferences=body.preferences))
    return preferences(me)


def change_password(me: Caller, asked: NewPassword) -> Done:
    """Change it; whoever signed in with the old one elsewhere is signed out."""
    if not me.is_local:
        raise ProblemError("conflict", "You sign in through the identity provider")
    password = hash_password(asked.password)
    with me.portal.ledger.write() as connection:
        put_user(connection, dataclasses.replace(own(connection, me), password=password))
        end_sessions_of(connection, me.user, but=me.session)
        note(connection, me, "password change", me.user)
    return Done()


def make_recovery_codes(me: Caller) -> RecoveryCodes:
    """New codes in place of the earlier ones."""
    with me.portal.ledger.write() as connection:
        codes = make_codes(connection, me.user)
        note(connection, me, "recovery codes make", me.user)
    return RecoveryCodes(codes=codes)
