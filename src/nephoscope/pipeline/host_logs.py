"""Hosts ─ uploads ─► queue ─ collect ─► events: the lines that hosts told, read from the ledger's queue as a source.

An upload's lines enter the queue in the transaction that takes the upload, and leave it once they are in the lake.
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from nephoscope.collect.source import LogObject
from nephoscope.collect.sources.linux_log import Lines, LinuxLog, Told
from nephoscope.model.errors import HostRefused, SourceError
from nephoscope.store.host_logs import (
    HostLog,
    drop_host_logs,
    list_host_logs,
    put_host_log,
    read_host_log,
    waiting_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.clouds import Clouds
    from nephoscope.fleet.batches import LogRecord
    from nephoscope.store.fleet import Host
    from nephoscope.store.ledger import Ledger

NAME = "host_logs"  # as the lake's and the ledger's rows name the source of these lines
MOST_WAITING = 1 << 30


def keep_lines(connection: Connection, host: Host, sequence: int, records: Sequence[LogRecord], at: datetime) -> None:
    """Put an upload's lines into the queue. Raises HostRefused while too much waits: hosts keep their own meanwhile."""
    if not records:
        return
    if waiting_bytes(connection) > MOST_WAITING:
        raise HostRefused("busy", "log lines are coming faster than they can be kept")
    names = {"id": host.id, "name": host.hostname, "instance": host.instance}
    told = {name: text for name, text in (names | {"account": host.account, "region": host.region}).items() if text}
    texts: list[bytes] = []
    for number, one in enumerate(records):
        uid, read_at = f"{host.id}:{sequence}:{number}", min(one.at, at.timestamp())  # whatever its clock says
        texts.append(msgspec.json.encode(Told(Lines(one.lines, uid, one.source, read_at, told, one.offset_s))))
    body = gzip.compress(b"\n".join(texts), 3, mtime=0)
    put_host_log(connection, HostLog(f"host:{host.id}/{sequence}", host.account, host.region, len(body), at), body)


@dataclass(frozen=True)
class HostLogs(LinuxLog):
    """The ledger's queue, as a source."""

    ledger: Ledger = field(kw_only=True)

    @property
    def reach_days(self) -> int:
        return 0  # what left the queue cannot be listed again

    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject]:
        """What waits; what was read and is still here was left by a crash, and is dropped."""
        after: tuple[datetime, str] | None = None
        while True:
            with self.ledger.read() as connection:
                found = list_host_logs(connection, after)
            if not found:
                return
            left = [one.uri for one in found if (one.uri, "") in seen]
            if left:
                self._drop(left)
            for one in found:
                if one.uri not in left:
                    yield LogObject(one.uri, "", one.size_bytes, one.account, one.region, delivered_at=one.at)
            after = (found[-1].at, found[-1].uri)

    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        with self.ledger.read() as connection:
            body = read_host_log(connection, log_object.uri)
        if body is None:
            raise SourceError(log_object.uri, "is not in the queue of lines any more")
        return io.BytesIO(body)

    def acknowledge(self, clouds: Clouds, log_objects: Sequence[LogObject]) -> None:
        self._drop([one.uri for one in log_objects])

    def _drop(self, uris: Sequence[str]) -> None:
        with self.ledger.write() as connection:
            drop_host_logs(connection, uris)
