"""A request → its caller: by session cookie or API token, with the rights that the user has at this moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nephoscope.portal.caller import Caller
from nephoscope.portal.permissions import permissions_of
from nephoscope.portal.problems import ProblemError
from nephoscope.store.scope import Scope
from nephoscope.store.sessions import find_session, find_token, touch_session, touch_token
from nephoscope.store.users import get_user, saw_user

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Request, Response

    from nephoscope.portal.context import Portal
    from nephoscope.store.sessions import Session, Token
    from nephoscope.store.users import User

COOKIE = "__Host-nephoscope"
BEARER = "bearer "
TOUCHED_EVERY = timedelta(minutes=1)


def resolve(portal: Portal, request: Request, response: Response) -> Caller:
    """Who calls; nobody, where nothing says so. Raises `not-signed-in` for a token that is not valid."""
    header = request.headers.get("authorization", "")
    if header:
        text = header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""
        return _by_token(portal, request, response, text)
    secret = request.cookies.get(COOKIE, "")
    return _by_session(portal, request, response, secret) if secret else Caller(portal, request, response)


def _by_token(portal: Portal, request: Request, response: Response, text: str) -> Caller:
    now = portal.clock()
    with portal.ledger.read() as connection:
        token = find_token(connection, text, now)
        user = get_user(connection, token.user_id) if token else None
    if token is None or user is None or user.is_disabled:
        raise ProblemError("not-signed-in", "The token is not valid", headers={"WWW-Authenticate": "Bearer"})
    _touch(portal, token.last_used_at, now, token=token, user=user)
    granted = permissions_of(user.roles)
    return Caller(
        portal,
        request,
        response,
        user.id,
        user.name,
        user.roles,
        Scope.of(user.accounts),
        frozenset(each for each in granted if each in token.scopes),
        "token",
        token.id,
        None,
        token.expires_at,
        not user.issuer,
    )


def _by_session(portal: Portal, request: Request, response: Response, secret: str) -> Caller:
    now = portal.clock()
    with portal.ledger.read() as connection:
        session = find_session(connection, secret, now)
        user = get_user(connection, session.user_id) if session else None
    if session is None or user is None or user.is_disabled:
        return Caller(portal, request, response)
    _touch(portal, session.last_seen_at, now, session=session, user=user)
    return Caller(
        portal,
        request,
        response,
        user.id,
        user.name,
        user.roles,
        Scope.of(user.accounts),
        permissions_of(user.roles),
        "session",
        session.id,
        session.proven_at,
        session.ends_at(),
        not user.issuer,
    )


def _touch(
    portal: Portal,
    last: datetime | None,
    now: datetime,
    *,
    user: User,
    session: Session | None = None,
    token: Token | None = None,
) -> None:
    """Keep that it is in use, once a minute at most."""
    if last and now - last < TOUCHED_EVERY and user.last_seen_at and now - user.last_seen_at < TOUCHED_EVERY:
        return
    with portal.ledger.write() as connection:
        saw_user(connection, user.id, now)
        if session:
            touch_session(connection, session.id, now)
        if token:
            touch_token(connection, token.id, now)
