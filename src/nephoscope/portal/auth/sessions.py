"""Beginning and ending a session: its cookie, and what the signed-in see of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.portal.auth.resolve import COOKIE
from nephoscope.portal.caller import Caller
from nephoscope.portal.permissions import permissions_of
from nephoscope.store.audit import Entry, record
from nephoscope.store.scope import Scope
from nephoscope.store.sessions import LONGEST, end_session, open_session

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.store.users import User


def begin(
    connection: Connection,
    me: Caller,
    user: User,
    way: str,
    *,
    proven_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> Caller:
    """Open a session for a user in place of the one that the request came with, and set its cookie.

    proven_at: when they proved who they are, if that was not now. expires_at: when it ends, if that is no new term.
    """
    if me.way == "session":
        end_session(connection, me.session)
    now = me.portal.clock()
    agent = me.request.headers.get("user-agent", "")
    secret, session = open_session(
        connection, user.id, way, now, ip=me.ip, user_agent=agent, proven_at=proven_at, expires_at=expires_at
    )
    record(connection, Entry(user.id, user.name, way, me.ip, "sign in"), now)
    set_cookie(me.response, secret)
    return Caller(
        me.portal,
        me.request,
        me.response,
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


def set_cookie(response: Any, secret: str) -> None:
    """The browser keeps the session's secret where no script reads it, and sends it to this host only."""
    response.set_cookie(
        COOKIE, secret, max_age=int(LONGEST.total_seconds()), path="/", secure=True, httponly=True, samesite="lax"
    )


def clear_cookie(response: Any) -> None:
    """The browser forgets it."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
