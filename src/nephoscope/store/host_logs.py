"""Log lines that hosts told, until they are in the lake: one row for each upload that held any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  a dataclass's field
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from nephoscope.store.fleet_tables import HOST_LOGS
from nephoscope.store.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

AT_ONCE = 500


@dataclass(frozen=True)
class HostLog:
    """An upload's lines. uri: names host and upload; size_bytes: of the body, which `read_host_log` gives."""

    uri: str
    account: str
    region: str
    size_bytes: int
    at: datetime


def put_host_log(connection: Connection, log: HostLog, body: bytes) -> None:
    """Keep an upload's lines, once."""
    row = {name: getattr(log, name) for name in HostLog.__dataclass_fields__}
    insert_new(HOST_LOGS, [row | {"body": body}], connection)


def list_host_logs(connection: Connection, after: tuple[datetime, str] | None = None) -> list[HostLog]:
    """What waits, oldest first; some of it, after a place (time, uri)."""
    columns = [HOST_LOGS.c[name] for name in HostLog.__dataclass_fields__]
    query = select(*columns).order_by(HOST_LOGS.c.at, HOST_LOGS.c.uri).limit(AT_ONCE)
    if after:
        at, uri = after
        query = query.where((HOST_LOGS.c.at > at) | ((HOST_LOGS.c.at == at) & (HOST_LOGS.c.uri > uri)))
    return [HostLog(*row) for row in connection.execute(query)]


def read_host_log(connection: Connection, uri: str) -> bytes | None:
    """An upload's lines, gz; None if they are not here."""
    return connection.scalar(select(HOST_LOGS.c.body).where(HOST_LOGS.c.uri == uri))


def drop_host_logs(connection: Connection, uris: Sequence[str]) -> None:
    """Forget what is in the lake."""
    for some in _some(uris):
        connection.execute(delete(HOST_LOGS).where(HOST_LOGS.c.uri.in_(some)))


def waiting_bytes(connection: Connection) -> int:
    """How much waits."""
    return int(connection.scalar(select(func.coalesce(func.sum(HOST_LOGS.c.size_bytes), 0))) or 0)


def _some(uris: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(uris), AT_ONCE):
        yield uris[at : at + AT_ONCE]
