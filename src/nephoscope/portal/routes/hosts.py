"""Hosts with an agent: what they are and told, and who of them is let in."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Reader, UserAdmin
from nephoscope.portal.host_timeline import timeline
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.hosts import SOURCE, let_in, shown, shut_out, table_of, version_of
from nephoscope.portal.shapes.hosts import HostDetail, HostPage, HostTable, HostTimeline
from nephoscope.portal.versions import IfMatch, Key, tagged

router = list_router("Hosts", SOURCE, HostPage)


@router.get("/{id}", operation_id="getHost", response_model=HostDetail)
def get(me: Reader, id: str) -> Any:
    """Show a host with its tables and what its last heartbeat said."""
    with me.portal.ledger.read() as connection:
        host = shown(connection, me, id)
    tagged(me, *version_of(host))
    return host


@router.get("/{id}/tables/{name}", operation_id="getHostTable", response_model=HostTable)
def get_table(me: Reader, id: str, name: str) -> Any:
    """Show a table of a host's."""
    return table_of(me, id, name)


@router.get("/{id}/timeline", operation_id="getHostTimeline", response_model=HostTimeline)
def get_timeline(me: Reader, id: str) -> Any:
    """Tell what happened to a host: to its files, tables and configuration, and what was found."""
    return timeline(me, id)


@router.post("/{id}/approve", operation_id="approveHost", response_model=HostDetail)
def post_approve(me: UserAdmin, id: str, key: Key = None, if_match: IfMatch = None) -> Any:
    """Let a waiting host in; who held its instance or machine id before is revoked."""
    return once(me, key, "host approve", id, {}, lambda connection: let_in(connection, me, id, if_match))


@router.post("/{id}/revoke", operation_id="revokeHost", response_model=HostDetail)
def post_revoke(me: UserAdmin, id: str, key: Key = None, if_match: IfMatch = None) -> Any:
    """Refuse a host from now on."""
    return once(me, key, "host revoke", id, {}, lambda connection: shut_out(connection, me, id, if_match))
