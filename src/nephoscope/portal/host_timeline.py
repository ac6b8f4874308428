"""What happened to a host, put together from what is known of it: its files, tables, configuration and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.pipeline.fleet import resource_of
from nephoscope.portal.keys import item_key
from nephoscope.portal.lists.hosts import found
from nephoscope.portal.shapes.hosts import HostMoment, HostTimeline
from nephoscope.store import fleet, integrity
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.items import item_history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

MOST = 200  # moments told, and findings and revisions looked at
SHOWN = 4  # paths of a change


def timeline(me: Caller, id_: str) -> HostTimeline:
    """The newest moments of a host. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        host = found(connection, me, id_)
        moments = [*_told(connection, host), *_files(connection, host), *_findings(connection, host)]
    moments += _changes(me, host)
    moments.sort(key=lambda each: each.at, reverse=True)
    return HostTimeline(items=moments[:MOST], is_cut=len(moments) > MOST)


def _told(connection: Connection, host: fleet.Host) -> Iterator[HostMoment]:
    yield HostMoment(at=host.enrolled_at, kind="enrolled", text=host.cause, severity="", key="")
    if host.last_seen_at:
        yield HostMoment(at=host.last_seen_at, kind="heard", text=host.agent_version, severity="", key="")
    for table in fleet.tables_of(connection, host.id):
        yield HostMoment(
            at=table.at, kind="table", text=table.cause or str(len(table.rows)), severity="", key=table.name
        )


def _files(connection: Connection, host: fleet.Host) -> Iterator[HostMoment]:
    for change in integrity.list_changes(connection, host.id, with_ended=True):
        said = {"severity": change.severity, "key": change.path}
        yield HostMoment(at=change.first_at, kind="file_changed", text=change.explanation or change.class_, **said)
        if change.ended_at:
            yield HostMoment(at=change.ended_at, kind="file_restored", text="", **said)


def _findings(connection: Connection, host: fleet.Host) -> Iterator[HostMoment]:
    about = resource_of(host)
    of = {
        "resource_type": (about.type,),
        "resource_id": about.id,
        "account": (about.account,),
        "region": (about.region,),
    }
    wanted = FindingFilter(**{name: value for name, value in of.items() if value not in ("", ("",))})
    for stored in list_findings(connection, wanted, order="newest", limit=MOST):
        finding = stored.finding
        said = {"severity": finding.severity.value, "key": finding.uid, "text": finding.title}
        yield HostMoment(at=stored.first_seen_at, kind="opened", **said)
        if stored.resolved_at:
            yield HostMoment(at=stored.resolved_at, kind="resolved", **said)


def _changes(me: Caller, host: fleet.Host) -> Iterator[HostMoment]:
    if not host.instance:
        return
    about = resource_of(host)
    history = item_history(me.portal.lake, (about.account, about.region, about.type, about.id), limit=MOST)
    key = item_key(about.account, about.region, about.type, about.id)
    for revision in history:
        text = ", ".join(revision.changed[:SHOWN])
        yield HostMoment(at=revision.captured_at, kind="changed", text=text, severity="", key=key)
