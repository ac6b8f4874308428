"""Changes of files on hosts and the baselines they are told by: listed within scope, approved for a fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.keep import Decided, decide
from nephoscope.model.query import Field, Type
from nephoscope.pipeline.integrity import APPROVAL, accept_baseline, approve_changes, withdraw_approval
from nephoscope.portal.audit import note
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.integrity import FileApproved, FileBaselineRow, FileChangeRow
from nephoscope.portal.sources import MemorySource
from nephoscope.store import integrity as kept
from nephoscope.store.fleet import list_hosts
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller
    from nephoscope.portal.shapes.integrity import FileApproving
    from nephoscope.store.fleet import Host

SEVERITIES = ("informational", "low", "medium", "high", "critical")
PLACE = (
    Field("hostname", Type.TEXT, "", is_sortable=True),
    Field("host", Type.WORD, "its id"),
    Field("account", Type.WORD, "", is_facet=True, is_sortable=True),
    Field("region", Type.WORD, "", is_facet=True, is_sortable=True),
    Field("path", Type.TEXT, "", is_sortable=True),
)
CHANGE_FIELDS = {
    field.name: field
    for field in (
        Field("state", Type.WORD, "", ("unexplained", "explained", "ended"), is_facet=True, is_sortable=True),
        Field("class_name", Type.WORD, "what kind of change it is", is_facet=True, is_sortable=True),
        Field("severity", Type.WORD, "", SEVERITIES, is_facet=True),
        Field("package", Type.WORD, "that owns the path", is_facet=True, is_sortable=True),
        Field("trust", Type.WORD, "who vouches for the explanation", is_facet=True),
        Field("change", Type.WORD, "of path and content, the same on every host"),
        Field("instance", Type.WORD, "as its cloud names it"),
        Field("sha256", Type.WORD, "of what lies there now"),
        Field("first_at", Type.TIME, "", is_sortable=True),
        Field("at", Type.TIME, "", is_sortable=True),
        *PLACE,
    )
}
BASELINE_FIELDS = {
    field.name: field
    for field in (
        Field("replaced", Type.BOOL, "the host compares with another one than holds here", is_facet=True),
        Field("entries", Type.NUMBER, "", is_sortable=True),
        Field("unseen", Type.NUMBER, "paths that could not be read", is_sortable=True),
        Field("unexplained", Type.NUMBER, "", is_sortable=True),
        Field("looked_at", Type.TIME, "", is_sortable=True),
        Field("oldest_hash_at", Type.TIME, "since when every part was read whole", is_sortable=True),
        *PLACE,
    )
}


def _hosts(connection: Connection, me: Caller) -> dict[str, Host]:
    return {host.id: host for host in list_hosts(connection) if me.scope.holds(host.account)}


def _changes(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        hosts = _hosts(connection, me)
        found = kept.list_changes(connection, with_ended=True)
    return [_change(each, hosts[each.host]) for each in found if each.host in hosts]


def _change(change: kept.FileChange, host: Host) -> dict[str, Any]:
    state = "ended" if change.ended_at else "explained" if change.is_explained else "unexplained"
    told = {name: getattr(change, name) for name in FileChangeRow.model_fields if hasattr(change, name)}
    more = {"id": change.key, "class_name": change.class_, "explained": change.is_explained, "state": state}
    return told | more | _place(host) | {"approved": change.trust == APPROVAL, "instance": host.instance}


def _place(host: Host) -> dict[str, Any]:
    return {"hostname": host.hostname, "account": host.account, "region": host.region}


def _baselines(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        hosts = _hosts(connection, me)
        found = kept.list_file_baselines(connection)
    return [_baseline(each, hosts[each.host]) for each in found if each.host in hosts]


def _baseline(baseline: kept.FileBaseline, host: Host) -> dict[str, Any]:
    told = {name: getattr(baseline, name) for name in FileBaselineRow.model_fields if hasattr(baseline, name)}
    return told | {"id": key_of(baseline.host, baseline.path), "replaced": baseline.is_replaced} | _place(host)


SOURCE = MemorySource("file_changes", CHANGE_FIELDS, "-at", "id", _changes, FileChangeRow)
BASELINES = MemorySource("file_baselines", BASELINE_FIELDS, "hostname", "id", _baselines, FileBaselineRow)


def approve(me: Caller, asked: FileApproving) -> FileApproved:
    """Approve changes on every host. Raises `not-allowed` for callers of some accounts, `not-found`."""
    _whole(me)
    now = me.portal.clock()
    with me.portal.ledger.write() as connection:
        there = {each.change for each in kept.changes_of(connection, asked.changes)}
        missing = [each for each in asked.changes if each not in there]
        if missing:
            raise ProblemError("not-found", f"No such change stands: {', '.join(missing[:5])}")
        ended = approve_changes(connection, asked.changes, asked.why, me.name, now)
        decide(connection, Decided(ended=ended, at=now))
        note(connection, me, "file changes approve", asked.changes[0], asked.model_dump())
    return FileApproved(ended=len(ended))


def withdraw(me: Caller, change: str) -> None:
    """Take an approval back. Raises `not-allowed`, `not-found`."""
    _whole(me)
    now = me.portal.clock()
    with me.portal.ledger.write() as connection:
        found = withdraw_approval(connection, change, now)
        if found is None:
            raise ProblemError("not-found", "There is no approval of this change")
        decide(connection, Decided(found, at=now))
        note(connection, me, "file changes withdraw", change)


def accept(me: Caller, id_: str) -> FileBaselineRow:
    """Let the baseline that a host told last hold. Raises `not-found`, and `conflict` where it holds already."""
    now = me.portal.clock()
    with me.portal.ledger.write() as connection:
        hosts = _hosts(connection, me)
        there = {key_of(each.host, each.path): each for each in kept.list_file_baselines(connection)}
        known = there.get(id_)
        if known is None or known.host not in hosts:
            raise ProblemError("not-found", "There is no baseline of this id")
        accepted = accept_baseline(connection, hosts[known.host], known.path, now)
        if accepted is None:
            raise ProblemError("conflict", "This baseline holds already")
        decide(connection, Decided(ended={accepted.ended: accepted.why}, at=now))
        note(connection, me, "file baseline accept", known.host, {"path": known.path})
        [now_held] = kept.list_file_baselines(connection, known.host, known.path)
    return FileBaselineRow(**_baseline(now_held, hosts[known.host]))


def _whole(me: Caller) -> None:
    if not me.scope.is_all:
        raise ProblemError("not-allowed", "An approval holds on every host: ask somebody whose scope is all accounts")
