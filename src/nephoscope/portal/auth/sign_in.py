"""Signing in by link, password or recovery code, and proving it again; each attempt is counted before it is judged."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from nephoscope.portal.audit import note, noted
from nephoscope.portal.auth import myself, sessions
from nephoscope.portal.auth.attempts import counted, was_right
from nephoscope.portal.auth.passwords import hash_password, is_outdated, is_password
from nephoscope.portal.permissions import Role
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import Me, PasswordSignIn, RecoverySignIn, Setup, SignInWays, StepUp
from nephoscope.store.sessions import end_session, end_sessions_of
from nephoscope.store.users import (
    User,
    count_users,
    find_login,
    folded,
    get_user,
    known_link,
    new_user,
    put_user,
    take_code,
    take_link,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller


def ways(me: Caller) -> SignInWays:
    """How one can sign in."""
    oidc = me.portal.config.portal.oidc
    with me.portal.ledger.read() as connection:
        return SignInWays(oidc=oidc.name if oidc.issuer else None, needs_setup=count_users(connection) == 0)


def set_up(me: Caller, asked: Setup) -> Me:
    """Use a link: it makes an administrator, or lets an invited user choose a password."""
    counted(me, "link")
    now = me.portal.clock()
    with me.portal.ledger.read() as connection:
        if known_link(connection, asked.token, now) is None:
            raise ProblemError("sign-in-failed", "The link is used up or too old: `nephoscope portal setup-link`")
    password = hash_password(asked.password)
    with me.portal.ledger.write() as connection:
        found = take_link(connection, asked.token, now)
        if found is None:
            raise ProblemError("sign-in-failed", "The link is used up or too old: `nephoscope portal setup-link`")
        purpose, user_id = found
        user = _administrator(connection, me, asked) if purpose == "setup" else _invited(connection, user_id, asked)
        user = put_user(connection, dataclasses.replace(user, password=password))
        end_sessions_of(connection, user.id)
        signed_in = sessions.begin(connection, me, user, "setup")
        note(connection, signed_in, f"link {purpose}", user.id)
        was_right(connection, me, "link")
    return myself.shown(signed_in)


def _administrator(connection: Connection, me: Caller, asked: Setup) -> User:
    """A new administrator, or one of that name again: whoever has the link has the machine."""
    known = find_login(connection, asked.name)
    if known is None:
        return new_user(asked.name, (Role.ADMIN.value,), ("*",), me.portal.clock())
    if known.issuer:
        raise ProblemError("conflict", "A user of this name signs in through the identity provider")
    roles = tuple(dict.fromkeys((*known.roles, Role.ADMIN.value)))
    return dataclasses.replace(known, roles=roles, accounts=("*",), is_disabled=False)


def _invited(connection: Connection, user_id: str, asked: Setup) -> User:
    user = get_user(connection, user_id)
    if user is None or user.is_disabled or user.login != folded(asked.name):
        raise ProblemError("sign-in-failed", "The link is for another name")
    return user


def by_password(me: Caller, asked: PasswordSignIn) -> Me:
    """Sign in; whether the name or the password is wrong is not told, and takes as long."""
    counted(me, folded(asked.name))
    with me.portal.ledger.read() as connection:
        user = find_login(connection, asked.name)
    kept = user.password if user and not user.is_disabled else ""
    if not is_password(kept, asked.password) or user is None:
        noted(me, "sign in", asked.name[:200], outcome="refused")
        raise ProblemError("sign-in-failed")
    renewed = hash_password(asked.password) if is_outdated(kept) else kept
    return _begin(me, user, "password", renewed)


def by_recovery_code(me: Caller, asked: RecoverySignIn) -> Me:
    """Sign in by a code, which is used up."""
    counted(me, folded(asked.name))
    with me.portal.ledger.write() as connection:
        user = find_login(connection, asked.name)
        is_good = bool(user) and not user.is_disabled and take_code(connection, user.id, asked.code, me.portal.clock())
    if user is None or not is_good:
        noted(me, "sign in", asked.name[:200], outcome="refused")
        raise ProblemError("sign-in-failed")
    return _begin(me, user, "recovery", user.password)


def _begin(me: Caller, seen: User, way: str, password: str) -> Me:
    """Open the session, unless the user was disabled or changed their password while theirs was judged."""
    with me.portal.ledger.write() as connection:
        user = get_user(connection, seen.id)
        if user is None or user.is_disabled or user.password != seen.password:
            raise ProblemError("sign-in-failed")
        if password != user.password:
            user = put_user(connection, dataclasses.replace(user, password=password))
        was_right(connection, me, user.login)
        signed_in = sessions.begin(connection, me, user, way)
    return myself.shown(signed_in)


def step_up(me: Caller, asked: StepUp) -> Me:
    """Prove it again by password: the session gets a new secret."""
    if me.way != "session":
        raise ProblemError("not-allowed", "A token cannot prove who holds it")
    with me.portal.ledger.read() as connection:
        user = get_user(connection, me.user)
    if user is None:
        raise ProblemError("not-signed-in")
    counted(me, user.login)
    if not is_password(user.password, asked.password):
        noted(me, "step up", outcome="refused")
        raise ProblemError("sign-in-failed")
    return _begin(me, user, "password", user.password)


def sign_out(me: Caller) -> Done:
    """End this session."""
    if me.way != "session":
        raise ProblemError("not-allowed", "A token is revoked, not signed out")
    with me.portal.ledger.write() as connection:
        end_session(connection, me.session)
        note(connection, me, "sign out")
    sessions.clear_cookie(me.response)
    return Done()
