"""API tokens: one's own, and for administrators everybody's."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.audit import note
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Fault
from nephoscope.portal.shapes.people import MadeToken, NewToken, TokenRow
from nephoscope.portal.sources import MemorySource
from nephoscope.portal.versions import require_match
from nephoscope.store.sessions import TOKEN_LONGEST, Token, get_token, make_token, revoke_token, tokens_of
from nephoscope.store.users import get_user

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("user_name", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("label", Type.TEXT, "", is_sortable=True),
        Field("scopes", Type.WORD, "", is_facet=True, is_many=True),
        Field("state", Type.WORD, "", ("valid", "expired", "revoked"), is_facet=True),
        Field("created_at", Type.TIME, "", is_sortable=True),
        Field("expires_at", Type.TIME, "", is_sortable=True),
        Field("last_used_at", Type.TIME, ""),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        found = tokens_of(connection, "" if me.may(Permission.USERS) else me.user)
        return [_row(connection, me, each).model_dump() for each in found]


def _row(connection: Connection, me: Caller, token: Token) -> TokenRow:
    user = get_user(connection, token.user_id)
    same = ("id", "label", "hint", "created_at", "expires_at", "last_used_at", "revoked_at", "version")
    state: Any = token.state(me.portal.clock())
    return TokenRow(
        **{name: getattr(token, name) for name in same},
        user=token.user_id,
        user_name=user.name if user else "",
        scopes=list(token.scopes),
        state=state,
    )


SOURCE = MemorySource("tokens", FIELDS, "-created_at", "id", _rows, TokenRow)


def _found(connection: Connection, me: Caller, id_: str) -> Token:
    token = get_token(connection, id_)
    if token is None or not (token.user_id == me.user or me.may(Permission.USERS)):
        raise ProblemError("not-found", "There is no token of this id")
    return token


def shown(me: Caller, id_: str) -> TokenRow:
    """A token, without its text. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        return _row(connection, me, _found(connection, me, id_))


def make(me: Caller, asked: NewToken) -> MadeToken:
    """Make a token; its rights are some of one's own, and it expires."""
    wrong = [scope for scope in asked.scopes if scope not in {str(each) for each in me.permissions}]
    if wrong:
        detail = f"{wrong[0][:100]} is none of your rights: {', '.join(sorted(me.permissions))}"
        raise ProblemError("bad-value", detail, [Fault(pointer="#/scopes", detail=detail)])
    now = me.portal.clock()
    expires_at = _utc(asked.expires_at)
    if not now < expires_at <= now + TOKEN_LONGEST:
        detail = f"A token expires later than now, and within {TOKEN_LONGEST.days} days"
        raise ProblemError("bad-value", detail, [Fault(pointer="#/expires_at", detail=detail)])
    with me.portal.ledger.write() as connection:
        scopes = tuple(sorted(set(asked.scopes)))
        text, token = make_token(connection, me.user, asked.label, scopes, expires_at, now)
        note(connection, me, "token make", token.id, {"label": token.label, "scopes": scopes, "expires_at": expires_at})
        return MadeToken(token=_row(connection, me, token), secret=text)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def revoke(me: Caller, id_: str, if_match: str | None) -> TokenRow:
    """End a token."""
    with me.portal.ledger.write() as connection:
        token = _found(connection, me, id_)
        require_match(if_match, token.id, token.version)
        note(connection, me, "token revoke", id_, {"user": token.user_id})
        return _row(connection, me, revoke_token(connection, token, me.portal.clock()))
