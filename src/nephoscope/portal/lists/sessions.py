"""Sessions: one's own, and for administrators everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.audit import note
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import SessionRow
from nephoscope.portal.sources import MemorySource
from nephoscope.portal.versions import require_match
from nephoscope.store.sessions import Session, end_session, get_session, sessions_of
from nephoscope.store.users import get_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("user_name", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("way", Type.WORD, "", is_facet=True),
        Field("ip", Type.WORD, "", is_facet=True),
        Field("user_agent", Type.TEXT, ""),
        Field("is_current", Type.BOOL, ""),
        Field("created_at", Type.TIME, "", is_sortable=True),
        Field("last_seen_at", Type.TIME, "", is_sortable=True),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        found = sessions_of(connection, "" if me.may(Permission.USERS) else me.user)
        now = me.portal.clock()
        return [_row(connection, me, each).model_dump() for each in found if each.ends_at() > now]


def _row(connection: Connection, me: Caller, session: Session) -> SessionRow:
    user = get_user(connection, session.user_id)
    same = ("id", "way", "ip", "user_agent", "created_at", "last_seen_at", "version")
    return SessionRow(
        **{name: getattr(session, name) for name in same},
        user=session.user_id,
        user_name=user.name if user else "",
        expires_at=session.ends_at(),
        is_current=session.id == me.session,
    )


SOURCE = MemorySource("sessions", FIELDS, "-last_seen_at", "id", _rows, SessionRow)


def _found(connection: Connection, me: Caller, id_: str) -> Session:
    session = get_session(connection, id_)
    if session is None or not (session.user_id == me.user or me.may(Permission.USERS)):
        raise ProblemError("not-found", "There is no session of this id")
    return session


def shown(me: Caller, id_: str) -> SessionRow:
    """A session. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        return _row(connection, me, _found(connection, me, id_))


def revoke(me: Caller, id_: str, if_match: str | None) -> Done:
    """End a session."""
    with me.portal.ledger.write() as connection:
        session = _found(connection, me, id_)
        require_match(if_match, session.id, session.version)
        end_session(connection, id_)
        note(connection, me, "session revoke", id_, {"user": session.user_id})
    return Done()
