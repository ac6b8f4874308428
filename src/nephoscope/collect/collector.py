"""From what a source announces to what the lake takes: fetch, group, decode. Effects belong to the caller.

The order that makes it exactly once, whatever moment a crash picks:
1. `fetched` brings objects here; one that cannot be had is a Gap and in no batch, so it is asked for again.
2. `grouped` makes batches. The caller records each (its objects and id) before anything of it is kept.
3. `work` decodes a batch into parts. Each part's token is the same at every replay; the lake drops what it has.
4. The caller inserts the parts, then, in one transaction, marks the objects seen and keeps what follows from them.
5. `Source.acknowledge` last: whoever announced an object twice only costs a look at the seen-set.
A batch recorded and not finished is fetched again by its objects and goes through 3 to 5 once more.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from nephoscope.collect.decode import no_garbage_collection
from nephoscope.collect.unzip import content
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from nephoscope.clouds import Clouds
    from nephoscope.collect.source import LogObject, Source
    from nephoscope.model.event import EventBatch

FETCHES = 8
SPOOL_BYTES = 4 << 20
GROUP_BYTES = 8 << 20
GROUP_OBJECTS = 500
PART_RECORDS = 20_000
NAMED = 3


@dataclass(frozen=True)
class Fetched:
    """An object and its bytes as stored, in memory or, if large, in a file that vanishes with it."""

    object: LogObject
    stored: BinaryIO


@dataclass(frozen=True)
class Part:
    """What one insert holds. token: for the lake's deduplication. inspected: what `inspect` said of each batch."""

    token: str
    table: pa.Table | None
    inspected: tuple[Any, ...]
    records: int


@dataclass(frozen=True)
class ObjectRead:
    """What came of one object. sha256: of its uncompressed content; empty if that could not be read to its end."""

    object: LogObject
    records: int
    unreadable: int
    sha256: str
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class Job:
    """A batch to decode. inspect: asked about every EventBatch (detection); with_table: whether the lake is fed."""

    source: type[Source]
    group: Sequence[Fetched]
    batch_id: str
    inspect: Callable[[EventBatch], Any] | None = None
    with_table: bool = True


@dataclass(frozen=True)
class Decoded:
    """A batch, decoded."""

    batch_id: str
    parts: tuple[Part, ...]
    reads: tuple[ObjectRead, ...]


def fetched(source: Source, clouds: Clouds, found: Iterable[LogObject | Gap]) -> Iterator[Fetched | Gap]:
    """Fetch objects, a few at once, in the order in which they are found."""
    waiting: deque[Future[Fetched | Gap] | Gap] = deque()
    rest = iter(found)
    try:
        with ThreadPoolExecutor(FETCHES) as pool:
            while True:
                for one in islice(rest, 2 * FETCHES - len(waiting)):
                    waiting.append(one if isinstance(one, Gap) else pool.submit(fetch, source, clouds, one))
                if not waiting:
                    return
                first = waiting.popleft()
                yield first if isinstance(first, Gap) else first.result()
    finally:
        _let_go(one.result() for one in waiting if not isinstance(one, Gap) and not one.exception())


def _let_go(fetched: Iterable[Fetched | Gap]) -> None:
    """Close what was fetched and is not wanted any more."""
    for one in fetched:
        if isinstance(one, Fetched):
            one.stored.close()


def fetch(source: Source, clouds: Clouds, log_object: LogObject) -> Fetched | Gap:
    """One object's bytes, or why they cannot be had."""
    try:
        with source.open(clouds, log_object) as stream:
            return Fetched(log_object, _spooled(stream))
    except (CloudError, SourceError) as error:
        permission = error.permission if isinstance(error, AccessDenied) else ""
        return Gap("object", log_object.uri, str(error), log_object.account, log_object.region, permission)


def _spooled(stream: BinaryIO) -> BinaryIO:
    """All of a stream, in memory or, if large, in a file."""
    held = stream.read(SPOOL_BYTES)
    if len(held) < SPOOL_BYTES:
        return io.BytesIO(held)
    spool = tempfile.TemporaryFile()  # noqa: SIM115  closed once it is decoded
    while held:
        spool.write(held)
        held = stream.read(SPOOL_BYTES)
    spool.seek(0)
    return cast("BinaryIO", spool)


def grouped(found: Iterable[Fetched | Gap]) -> Iterator[list[Fetched] | Gap]:
    """Merge small objects into batches; a large one is a batch of its own."""
    group: list[Fetched] = []
    size = 0
    try:
        for one in found:
            if isinstance(one, Gap):
                yield one
                continue
            bytes_here = one.stored.seek(0, io.SEEK_END)
            one.stored.seek(0)
            if group and (size + bytes_here > GROUP_BYTES or len(group) >= GROUP_OBJECTS):
                full, group, size = group, [], 0
                group.append(one)
                yield full
            else:
                group.append(one)
            size += bytes_here
        full, group = group, []
        if full:
            yield full
    finally:
        _let_go(group)


def batch_id(source: str, objects: Iterable[LogObject]) -> str:
    """A batch's id: of what it lists and nothing else."""
    parts = [source, *(part for one in objects for part in one.key)]
    return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def work(job: Job) -> Decoded:
    """Decode a batch. Raises nothing for what is wrong with an object: that is in its ObjectRead."""
    pending = _Pending(job)
    reads: list[ObjectRead] = []
    with no_garbage_collection():
        for one in job.group:
            reads.append(_read(job, one, pending))
        pending.flush()
    return Decoded(job.batch_id, tuple(pending.parts), tuple(reads))


@dataclass
class _Pending:
    """Tables that wait to fill a part."""

    job: Job
    parts: list[Part] = field(default_factory=list[Part])
    tables: list[Any] = field(default_factory=list[Any])
    inspected: list[Any] = field(default_factory=list[Any])
    records: int = 0

    def add(self, batch: EventBatch) -> None:
        if self.records and self.records + len(batch) > PART_RECORDS:
            self.flush()
        self.records += len(batch)
        if self.job.with_table and len(batch):
            from nephoscope.collect.table import table

            self.tables.append(table(batch, self.job.batch_id))
        if self.job.inspect is not None:
            self.inspected.append(self.job.inspect(batch))

    def flush(self) -> None:
        if self.records or self.inspected:
            token = f"{self.job.batch_id}-{len(self.parts)}"
            self.parts.append(Part(token, self._joined(), tuple(self.inspected), self.records))
        self.tables, self.inspected, self.records = [], [], 0

    def _joined(self) -> pa.Table | None:
        if not self.tables:
            return None
        from nephoscope.collect.table import joined

        return joined(self.tables)


class _Hashed(io.RawIOBase):
    """Uncompressed content, hashed as it is read."""

    def __init__(self, one: Fetched) -> None:
        one.stored.seek(0)
        self.blocks = content(one.stored, one.object.uri)
        self.digest = hashlib.sha256()
        self.is_whole = True

    def read(self, size: int = -1) -> bytes:
        try:
            block = next(self.blocks, b"")
        except SourceError:
            self.is_whole = False
            raise
        self.digest.update(block)
        return block

    def sha256(self) -> str:
        """Of all that there is; empty if it cannot be uncompressed to its end."""
        try:
            while self.is_whole and self.read():
                pass
        except SourceError:
            return ""
        return self.digest.hexdigest() if self.is_whole else ""


def _read(job: Job, one: Fetched, pending: _Pending) -> ObjectRead:
    """Decode one object into the parts that wait."""
    records = 0
    told = _Told(one.object)
    hashed = _Hashed(one)
    try:
        for batch in job.source.batches(cast("BinaryIO", hashed), one.object.uri):
            records += len(batch)
            told.listen(batch)
            pending.add(batch)
    except SourceError as error:
        told.gaps.append(told.gap(str(error)))
    except Exception as error:  # noqa: BLE001 - boundary: one object; what it does to us must not stop the others
        told.gaps.append(told.gap(f"reading failed: {type(error).__name__}: {error}"[:500]))
    sha256 = hashed.sha256()
    one.stored.close()
    return ObjectRead(one.object, records, len(told.unreadable), sha256, tuple(told.all()))


@dataclass
class _Told:
    """What the batches of one object say could not be seen as it was."""

    object: LogObject
    unreadable: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    adjusted: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    skipped: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    gaps: list[Gap] = field(default_factory=list[Gap])

    def listen(self, batch: EventBatch) -> None:
        self.unreadable += batch.unreadable
        self.adjusted += batch.adjusted
        self.skipped += batch.skipped

    def gap(self, cause: str, area: str = "object") -> Gap:
        return Gap(area, self.object.uri, cause, self.object.account, self.object.region)

    def all(self) -> list[Gap]:
        """One gap for each kind of trouble, naming its first records."""
        kinds = (
            (self.unreadable, "could not be read"),
            (self.adjusted, "were mended"),
            (self.skipped, "say that others are missing"),
        )
        causes = [f"{len(found)} records {what}: {_first(found)}" for found, what in kinds if found]
        return [*self.gaps, *([self.gap("; ".join(causes), "record")] if causes else [])]


def _first(found: list[tuple[int, str]]) -> str:
    named = [f"record {index}: {reason}" for index, reason in found[:NAMED]]
    return ", ".join([*named, "…"] if len(found) > NAMED else named)
