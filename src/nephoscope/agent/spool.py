"""What is to be sent, kept on disk until it is acknowledged: records, where each file was read to, sealed batches.

What is read and how far it was read are written in one transaction, so that a crash neither loses nor doubles. A batch
is sealed once, before it is first sent, and sent again as the same bytes; its records leave in the transaction that
seals it, and it leaves in the one that notes the acknowledgement. Each is on the disk before the next step is taken.

Bounded: where a record does not fit, the least valuable are dropped first (log, then table, then drift and check),
oldest first, and what was dropped is counted and told as a gap in the next batch.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple

from nephoscope.agent.canonical import canonical, sha256

CLASSES = {
    "heartbeat": 0,
    "gap": 0,
    "drift": 1,
    "baseline": 1,
    "check": 1,
    "table": 2,
    "log": 3,
}  # the highest is dropped first
LIMIT_BYTES = 256 << 20
BATCH_BYTES = 2 << 20  # of text; gzip makes it a tenth
SCHEMA = """
CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, class INTEGER, at INTEGER, bytes INTEGER, text TEXT);
CREATE INDEX IF NOT EXISTS by_class ON record (class, id);
CREATE TABLE IF NOT EXISTS batch (sequence INTEGER PRIMARY KEY, sha256 TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB);
CREATE TABLE IF NOT EXISTS dropped (what TEXT PRIMARY KEY, cause TEXT, records INTEGER, since INTEGER, until INTEGER);
"""
DROPPED = {
    "heartbeat": "spool",
    "gap": "spool",
    "baseline": "drift",
}  # what a gap says of kinds that are no `what` of the protocol


class SpoolError(Exception):
    """The spool cannot be read or written; full: because the disk is."""

    def __init__(self, cause: str, full: bool = False) -> None:
        super().__init__(cause)
        self.full = full


class Batch(NamedTuple):
    """A sealed batch, as it is sent."""

    sequence: int
    sha256: str
    body: bytes


class Spool:
    """The file. path: in a folder that only we may read; limit_bytes: of records that wait."""

    def __init__(self, path: str, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path = path
        self.limit_bytes = limit_bytes
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10, cached_statements=16)
            for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-512", "auto_vacuum=INCREMENTAL"):
                self._db.execute("PRAGMA " + setting).fetchall()
            self._db.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise SpoolError("%s: %s" % (path, error)) from error
        self._waiting = self._one("SELECT coalesce(sum(bytes), 0) FROM record") or 0

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises SpoolError if it could not be written; then nothing was."""
        waiting = self._waiting
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            self._waiting = waiting
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise SpoolError("%s: %s" % (self.path, error), "full" in str(error)) from error
            raise

    def add(self, kind: str, at: int, text: str) -> None:
        """Keep a record, inside a transaction; less valuable ones make room, or it is dropped and counted itself.

        kind: as in the protocol; at: Unix seconds; text: one line of JSON.
        """
        size = len(text.encode())
        rank = CLASSES[kind]
        if not self._make_room(size, rank, at):
            self.count_dropped(kind, "the spool is full", 1, at, at)
            return
        self._db.execute("INSERT INTO record (class, at, bytes, text) VALUES (?, ?, ?, ?)", (rank, at, size, text))
        self._waiting += size

    def _make_room(self, size: int, rank: int, at: int) -> bool:
        if size > self.limit_bytes:
            return False
        while self._waiting + size > self.limit_bytes:
            found = self._db.execute(
                "SELECT id, bytes, at, text FROM record WHERE class >= ? ORDER BY class DESC, id LIMIT 1", (rank,)
            ).fetchone()
            if found is None:
                return False
            number, freed, since, text = found
            self._db.execute("DELETE FROM record WHERE id = ?", (number,))
            self._waiting -= freed
            self.count_dropped(_kind(text), "the spool is full", 1, since, at)
        return True

    def count_dropped(self, kind: str, cause: str, records: int, since: int, until: int) -> None:
        """Count what was lost, inside a transaction; it is told with the next batch."""
        what = DROPPED.get(kind, kind)
        self._db.execute(
            "INSERT INTO dropped VALUES (?, ?, ?, ?, ?) ON CONFLICT (what) DO UPDATE SET"
            " records = records + excluded.records, since = min(since, excluded.since),"
            " until = max(until, excluded.until)",
            (what, cause, records, since, until),
        )

    def get(self, name: str) -> bytes | None:
        """A kept value."""
        found = self._db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def names(self, prefix: str) -> list[str]:
        """The names of kept values that begin so."""
        rows = self._db.execute("SELECT name FROM kept WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))
        return [row[0] for row in rows]

    def keep(self, name: str, value: bytes | None) -> None:
        """Keep a value beside the records, inside a transaction; None forgets it."""
        if value is None:
            self._db.execute("DELETE FROM kept WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def next_batch(self, header: dict[str, Any], now: int, most_bytes: int = BATCH_BYTES) -> Batch | None:
        """The batch that is to be sent: the sealed one, or one sealed now from what waits; None if nothing does.

        header: what the protocol's first line holds beside `sequence` and `previous`. Raises SpoolError.
        """
        sealed = self._db.execute("SELECT sequence, sha256, body FROM batch ORDER BY sequence LIMIT 1").fetchone()
        if sealed:
            return Batch(*sealed)
        if not self._one("SELECT EXISTS (SELECT 1 FROM record) OR EXISTS (SELECT 1 FROM dropped)"):
            return None
        with self.transaction():
            gaps = self._gaps(now)
            numbers, texts, size = [], [], 0
            for number, length, text in self._db.execute("SELECT id, bytes, text FROM record ORDER BY id"):
                if texts and size + length > most_bytes:
                    break
                numbers.append(number)
                texts.append(text)
                size += length
            batch = self._seal(header, gaps + texts)
            if numbers:
                self._db.execute("DELETE FROM record WHERE id <= ?", (numbers[-1],))
            self._db.execute("DELETE FROM dropped")
            self._waiting -= size
        return batch

    def _seal(self, header: dict[str, Any], texts: list[str]) -> Batch:
        sequence, previous = self.last()
        first = canonical(dict(header, sequence=sequence + 1, previous=previous))
        body = gzip_of("\n".join([first, *texts, ""]).encode())
        batch = Batch(sequence + 1, sha256(body), body)
        self._db.execute("INSERT INTO batch VALUES (?, ?, ?)", batch)
        self.keep("last", ("%d %s" % (batch.sequence, batch.sha256)).encode())
        return batch

    def is_sealed(self) -> bool:
        """Whether a batch waits for its acknowledgement."""
        return bool(self._one("SELECT count(*) FROM batch"))

    def last(self) -> Any:
        """(sequence, sha256) of the batch sealed last; (0, "") before the first."""
        sequence, _, digest = (self.get("last") or b"0 ").decode().partition(" ")
        return int(sequence), digest

    def _gaps(self, now: int) -> list[str]:
        rows = self._db.execute("SELECT what, cause, records, since, until FROM dropped ORDER BY what").fetchall()
        return [gap(now, what, cause, records, since, until) for what, cause, records, since, until in rows]

    def acknowledge(self, sequence: int) -> None:
        """Forget the batches up to this one. Raises SpoolError."""
        with self.transaction():
            self._db.execute("DELETE FROM batch WHERE sequence <= ?", (sequence,))
        self._db.execute("PRAGMA incremental_vacuum(256)").fetchall()

    def refuse(self, batch: Batch, cause: str, now: int) -> None:
        """Drop a batch that the gateway will never take, and count its records. Raises SpoolError."""
        records = zlib.decompress(batch.body, 31).count(b"\n") - 1
        with self.transaction():
            self._db.execute("DELETE FROM batch WHERE sequence = ?", (batch.sequence,))
            self.count_dropped("gap", "the gateway refused batch %d: %s" % (batch.sequence, cause), records, now, now)

    def follow(self, chain: str) -> None:
        """Go on with a chain of batches; another than before begins at one, with whole tables. Raises SpoolError.

        chain: the id of the agent's first key since enrolment. Batches of the chain before count as lost.
        """
        if self.get("chain") == chain.encode():
            return
        with self.transaction():
            lost = self._one("SELECT count(*) FROM batch")
            if lost:
                self.count_dropped("gap", "%d batches of the enrolment before were not acknowledged" % lost, lost, 0, 0)
            self._db.execute("DELETE FROM batch")
            self._db.execute("DELETE FROM kept WHERE name = 'last' OR substr(name, 1, 6) = 'table:'")
            self.keep("chain", chain.encode())

    def size(self) -> Any:
        """(records, bytes) that wait, those in sealed batches left out."""
        return self._one("SELECT count(*) FROM record") or 0, self._waiting

    def _one(self, query: str) -> Any:
        return self._db.execute(query).fetchone()[0]


def gap(at: int, what: str, cause: str, records: int | None, since: int, until: int) -> str:
    """A gap, as a record."""
    told = {"kind": "gap", "at": at, "what": what, "cause": cause, "records": records, "since": since, "until": until}
    return canonical(told)


def gzip_of(data: bytes) -> bytes:
    """Data as gzip, without a name or a time."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _kind(text: str) -> str:
    """A record's kind, from text that `canonical` or `facts.record` wrote."""
    for kind in CLASSES:
        if '"kind":"%s"' % kind in text[:4096]:
            return kind
    return "gap"
