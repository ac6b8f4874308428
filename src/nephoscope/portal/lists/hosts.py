"""Hosts with an agent, and the tokens by which they join."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.fleet.tokens import make_token
from nephoscope.model.query import Field, Type
from nephoscope.pipeline.fleet import add_token, approve, policy_key, resource_of, revoke, state_of
from nephoscope.portal.audit import note
from nephoscope.portal.keys import item_key
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.hosts import (
    HostDetail,
    HostRow,
    HostTable,
    JoinTokenRow,
    MadeJoinToken,
    NewJoinToken,
    TableRow,
)
from nephoscope.portal.sources import MemorySource
from nephoscope.portal.versions import require_match
from nephoscope.store import fleet as kept

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

STATES = ("waiting", "enrolled", "silent", "tampered", "left", "revoked")
LIVING = ("enrolled", "silent", "tampered", "waiting")
FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "", STATES, is_facet=True, is_sortable=True),
        Field("account", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("region", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("os", Type.WORD, "name and version", is_facet=True, is_sortable=True),
        Field("agent_version", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("image", Type.WORD, "", is_facet=True),
        Field("hostname", Type.TEXT, "", is_sortable=True),
        Field("instance", Type.WORD, "as its cloud names it", is_sortable=True),
        Field("id", Type.WORD, ""),
        Field("enrolled_at", Type.TIME, "", is_sortable=True),
        Field("last_seen_at", Type.TIME, "", is_sortable=True),
    )
}
TOKEN_FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "", ("valid", "used", "expired"), is_facet=True),
        Field("made_by", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("uses", Type.NUMBER, "", is_sortable=True),
        Field("made_at", Type.TIME, "", is_sortable=True),
        Field("expires_at", Type.TIME, "", is_sortable=True),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        hosts = kept.list_hosts(connection)
    return [_row(me, host) for host in hosts if me.scope.holds(host.account)]


def _row(me: Caller, host: kept.Host) -> dict[str, Any]:
    state = state_of(host, me.portal.clock(), me.portal.config.fleet.heartbeat_s)
    system = f"{host.os.get('id', '')} {host.os.get('version_id', '')}".strip()
    can = [*(["approve"] if state == "waiting" else []), *(["revoke"] if state in LIVING else [])]
    names = [name for name in HostRow.model_fields if name not in ("state", "os", "can")]
    return {name: getattr(host, name) for name in names} | {"state": state, "os": system, "can": can}


def _token(token: kept.Token, now: datetime) -> dict[str, Any]:
    state = "expired" if token.expires_at <= now else "valid" if token.uses > 0 else "used"
    names = [name for name in JoinTokenRow.model_fields if name != "state"]
    return {name: getattr(token, name) for name in names} | {"state": state}


def _tokens(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        return [_token(each, me.portal.clock()) for each in kept.list_tokens(connection)]


SOURCE = MemorySource("hosts", FIELDS, "hostname", "id", _rows, HostRow)
TOKENS = MemorySource("join_tokens", TOKEN_FIELDS, "-made_at", "id", _tokens, JoinTokenRow)


def found(connection: Connection, me: Caller, id_: str) -> kept.Host:
    """A host within scope. Raises `not-found`."""
    host = kept.get_host(connection, id_)
    if host is None or not me.scope.holds(host.account):
        raise ProblemError("not-found", "There is no host of this id")
    return host


def _table(table: kept.HostTable) -> dict[str, Any]:
    return {"name": table.name, "rows": len(table.rows), "at": table.at, "cause": table.cause}


def shown(connection: Connection, me: Caller, id_: str) -> HostDetail:
    """A host with its tables. Raises `not-found`."""
    host = found(connection, me, id_)
    tables = [TableRow(**_table(each)) for each in kept.tables_of(connection, host.id)]
    about = resource_of(host)
    item = item_key(about.account, about.region, about.type, about.id) if host.instance else ""
    return HostDetail(
        **_row(me, host),
        tables=tables,
        facts=dict(host.facts),
        resource_type=about.type,
        resource_id=about.id,
        item=item,
    )


def version_of(host: HostDetail) -> tuple[str]:
    """What a host's ETag is made of: all that is shown of it."""
    return (host.model_dump_json(),)


def _seen(connection: Connection, me: Caller, id_: str, if_match: str | None) -> None:
    """Raise `not-found` for a host out of sight, `changed-meanwhile` where another version of it was read."""
    host = shown(connection, me, id_)
    if if_match is not None:
        require_match(if_match, *version_of(host))


def table_of(me: Caller, id_: str, name: str) -> HostTable:
    """A host's table with its rows. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        table = kept.get_table(connection, found(connection, me, id_).id, name)
    if table is None:
        raise ProblemError("not-found", "This host told of no such table")
    return HostTable(**_table(table), items=[dict(row) for row in table.rows])


def let_in(connection: Connection, me: Caller, id_: str, if_match: str | None) -> HostDetail:
    """Approve a host that waits; who held its place before is revoked. Raises `conflict` for one that does not."""
    _seen(connection, me, id_, if_match)
    if approve(connection, id_, me.portal.clock()) is None:
        raise ProblemError("conflict", "This host does not wait for an approval")
    return shown(connection, me, id_)


def shut_out(connection: Connection, me: Caller, id_: str, if_match: str | None) -> HostDetail:
    """Refuse a host from now on. Raises `conflict` for one that left, or is refused already."""
    _seen(connection, me, id_, if_match)
    if revoke(connection, id_, f"revoked by {me.name}") is None:
        raise ProblemError("conflict", "This host left, or was revoked already")
    return shown(connection, me, id_)


def make(me: Caller, asked: NewJoinToken) -> MadeJoinToken:
    """Make a token; its text is shown this once."""
    now, fingerprint = me.portal.clock(), policy_key(me.portal.config).fingerprint
    text, made = make_token(fingerprint, asked.uses, now, now + timedelta(hours=asked.hours), asked.tags, me.name)
    with me.portal.ledger.write() as connection:
        token = add_token(connection, made)
        note(connection, me, "join token make", made.id, asked.model_dump())
    return MadeJoinToken(token=JoinTokenRow(**_token(token, now)), secret=text)


def take_back(connection: Connection, me: Caller, id_: str) -> JoinTokenRow:
    """Take a token back: nobody joins by it any more. Raises `not-found`."""
    token = kept.get_token(connection, id_)
    if token is None or not kept.drop_token(connection, id_):
        raise ProblemError("not-found", "There is no join token of this id")
    return JoinTokenRow(**_token(token, me.portal.clock()))
