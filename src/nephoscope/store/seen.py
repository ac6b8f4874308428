"""What was read: batches, recorded before they enter the lake, and the objects they held."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, func, select, update

from nephoscope.store.ledger import insert_new, upsert
from nephoscope.store.tables import BATCHES, SEEN, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from nephoscope.store.ledger import Ledger

FOLDER_KEYS = 50_000
FOLDERS = 64


@dataclass(frozen=True)
class ObjectRef:
    """An object of a log source, as a batch lists it: `collect.source.LogObject` as the ledger keeps it."""

    uri: str
    version: str = ""
    size_bytes: int = 0
    account: str = ""
    region: str = ""
    hour_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class Batch:
    """Objects that enter the lake together; its id is the lake's deduplication token, made of what it lists.

    attempt: 0, and one more each time that the same list is brought again after it was done: what could not be read
    then must not be taken for what the lake has.
    """

    source: str
    objects: tuple[ObjectRef, ...]
    attempt: int = 0

    @property
    def id(self) -> str:
        listed = (part for each in self.objects for part in (each.uri, each.version))
        return key_of(self.source, *listed, *([str(self.attempt)] if self.attempt else []))


@dataclass(frozen=True)
class Read:
    """What came of reading one object: its digest, its records, and how many of them could not be read."""

    object: ObjectRef
    records: int
    unreadable: int = 0
    sha256: str = ""


def record_batch(connection: Connection, batch: Batch) -> Batch:
    """Write down what a batch holds, before anything of it enters the lake.

    Returns the batch to go on with: this one, also if it was recorded before, or its next attempt if it was done.
    """
    while connection.scalar(select(BATCHES.c.state).where(BATCHES.c.id == batch.id)) == "done":
        batch = replace(batch, attempt=batch.attempt + 1)
    row = {
        "id": batch.id,
        "source": batch.source,
        "state": "recorded",
        "objects": batch.objects,
        "recorded_at": datetime.now(UTC),
        "done_at": None,
        "attempt": batch.attempt,
    }
    insert_new(BATCHES, [row], connection)
    return batch


def pending_batches(connection: Connection, source: str = "") -> list[Batch]:
    """Batches recorded and not finished, oldest first: what a crash interrupted. Of one source, or of all."""
    query = select(BATCHES).where(BATCHES.c.state == "recorded").order_by(BATCHES.c.recorded_at, BATCHES.c.id)
    if source:
        query = query.where(BATCHES.c.source == source)
    return [
        Batch(row.source, tuple(msgspec.convert(row.objects, list[ObjectRef])), row.attempt)
        for row in connection.execute(query)
    ]


def finish_batch(connection: Connection, batch: Batch, reads: Sequence[Read]) -> None:
    """Mark a batch done and its objects seen; belongs in the transaction that writes what follows from it."""
    mark_seen(connection, batch.source, reads, batch.id)
    done = update(BATCHES).where(BATCHES.c.id == batch.id).values(state="done", objects=[], done_at=datetime.now(UTC))
    connection.execute(done)


def drop_batch(connection: Connection, batch: Batch) -> None:
    """Forget a recorded batch of which nothing entered the lake (its objects are gone, or were never readable)."""
    connection.execute(delete(BATCHES).where(BATCHES.c.id == batch.id, BATCHES.c.state == "recorded"))


def mark_seen(connection: Connection, source: str, reads: Sequence[Read], batch: str = "") -> None:
    """Remember objects as read, also those that hold no events (digests)."""
    now = datetime.now(UTC)
    rows = [_seen_row(source, read, batch, now) for read in reads]
    upsert(SEEN, rows, connection, keep=("seen_at",))


def _seen_row(source: str, read: Read, batch: str, now: datetime) -> dict[str, Any]:
    return {
        "key": key_of(source, read.object.uri, read.object.version),
        "folder": _folder_key(source, read.object.uri),
        "source": source,
        "uri": read.object.uri,
        "version": read.object.version,
        "sha256": read.sha256,
        "account": read.object.account,
        "region": read.object.region,
        "hour_at": read.object.hour_at,
        "delivered_at": read.object.delivered_at,
        "records": read.records,
        "unreadable": read.unreadable,
        "batch": batch,
        "seen_at": now,
    }


class Seen:
    """The objects of a source that were read: a container of (uri, version), however many there are.

    The first question about a folder reads what is known of that folder, at most `FOLDER_KEYS` objects; what is not
    among those is looked up on its own. A yes stays true, so nothing goes stale while listing goes on.
    """

    def __init__(self, ledger: Ledger, source: str) -> None:
        self._ledger = ledger
        self._source = source
        self._folders: OrderedDict[str, frozenset[str]] = OrderedDict()

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, tuple):
            return False
        uri, version = key
        hashed = key_of(self._source, uri, version)
        if hashed in self._folder(_folder_key(self._source, uri)):
            return True
        with self._ledger.read() as connection:
            return connection.scalar(select(SEEN.c.key).where(SEEN.c.key == hashed)) is not None

    def _folder(self, folder: str) -> frozenset[str]:
        if folder not in self._folders:
            query = select(SEEN.c.key).where(SEEN.c.folder == folder).limit(FOLDER_KEYS)
            with self._ledger.read() as connection:
                self._folders[folder] = frozenset(connection.scalars(query))
            if len(self._folders) > FOLDERS:
                self._folders.popitem(last=False)
        return self._folders[folder]


def _folder_key(source: str, uri: str) -> str:
    return key_of(source, uri.rpartition("/")[0])


def seen_objects(
    connection: Connection, source: str, account: str, region: str, since: datetime, until: datetime
) -> list[Read]:
    """What was read of one account and region with since ≤ hour < until: what digests are compared with."""
    query = select(SEEN).where(
        SEEN.c.source == source,
        SEEN.c.account == account,
        SEEN.c.region == region,
        SEEN.c.hour_at >= since,
        SEEN.c.hour_at < until,
    )
    return [_read(row) for row in connection.execute(query.order_by(SEEN.c.uri))]


def seen_since(connection: Connection, source: str, since: datetime) -> list[Read]:
    """What was read of all accounts and regions with hour ≥ since."""
    query = select(SEEN).where(SEEN.c.source == source, SEEN.c.hour_at >= since)
    return [_read(row) for row in connection.execute(query.order_by(SEEN.c.uri))]


def seen_object(connection: Connection, source: str, uri: str) -> list[Read]:
    """Every version of one object that was read."""
    query = select(SEEN).where(SEEN.c.folder == _folder_key(source, uri), SEEN.c.source == source, SEEN.c.uri == uri)
    return [_read(row) for row in connection.execute(query)]


def _read(row: Any) -> Read:
    found = ObjectRef(row.uri, row.version, 0, row.account, row.region, row.hour_at, row.delivered_at)
    return Read(found, row.records, row.unreadable, row.sha256)


def count_seen(connection: Connection, source: str) -> tuple[int, int, int]:
    """Objects, records and unreadable records read of a source."""
    sums = func.count(), func.coalesce(func.sum(SEEN.c.records), 0), func.coalesce(func.sum(SEEN.c.unreadable), 0)
    objects, records, unreadable = connection.execute(select(*sums).where(SEEN.c.source == source)).one()
    return int(objects), int(records), int(unreadable)
