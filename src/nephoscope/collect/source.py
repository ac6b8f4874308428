"""A source: our reader of one log source. A new one is one file in `sources/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from nephoscope.clouds import Clouds
    from nephoscope.model.coverage import Gap
    from nephoscope.model.event import EventBatch, LogSource


@dataclass(frozen=True)
class LogObject:
    """Something that holds records and never changes: a log file, a page of an API, a part of an append blob.

    uri: where it lies; with `version` (ETag or the like) it is what the seen-set remembers. account, region, hour_at:
    of its records, where the name tells. delivered_at: when the provider wrote it. receipt: what tells a queue that
    the object was taken.
    """

    uri: str
    version: str = ""
    size_bytes: int = 0
    account: str = ""
    region: str = ""
    hour_at: datetime | None = None
    delivered_at: datetime | None = None
    receipt: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.uri, self.version)


class Source(ABC):
    """Our reader of one log source; dataclass fields are its settings, keys of `[sources.NAME]`."""

    name: ClassVar[str]
    log_source: ClassVar[LogSource]
    permissions: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[Mapping[str, str]]  # the log's field, as Sigma rules name it → OCSF column

    @property
    def is_announced(self) -> bool:
        """Whether `objects` itself waits until something new is announced, so that it may be asked again at once."""
        return False

    @property
    def reach_days(self) -> int | None:
        """How many days back a listing may name objects; None: without end, so that none may be forgotten."""
        return None

    @abstractmethod
    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        """Yield each object that is not in `seen` ({(uri, version)}), oldest first as far as names tell.

        What of it could not be listed is a Gap; the rest goes on.
        """

    def backlog(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        """Yield objects not in `seen` of which no announcement may come: older ones, and those whose message was lost.

        Asked for at the start and each hour, by a thread of its own; only sources that wait for announcements have any.
        """
        return iter(())

    def since(self, days: int) -> Source:
        """The source, looking back so many days more: as long as nobody read it."""
        return self

    @abstractmethod
    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        """The object's bytes as stored (gz or plain). Raises CloudError or SourceError, also while they are read."""

    def probe(self, clouds: Clouds) -> Gap | None:
        """What keeps the source from being read, found by reading a little of it; None if nothing does.

        Raises CloudError, SourceError and ConfigError as `open` does. Keeps nothing, and takes nothing from a queue.
        """
        found = next(self.objects(clouds, ()), None)
        if not isinstance(found, LogObject):
            return found
        with self.open(clouds, found) as stream:
            stream.read(1)
        return None

    def acknowledge(self, clouds: Clouds, log_objects: Sequence[LogObject]) -> None:  # noqa: B027  few need to
        """Tell whoever announced these objects that they are kept now. Raises CloudError; repeating does no harm."""

    @classmethod
    @abstractmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[EventBatch]:
        """Decode an object, in bounded memory; needs no settings, so that files on disk are read by the same code.

        Raises SourceError after the last batch that could be read; records that cannot be read on their own are
        in the batch's `unreadable`.
        """

    @classmethod
    def batches_for(cls, fields: Iterable[str]) -> Callable[[BinaryIO, str], Iterator[EventBatch]]:
        """`batches` for whoever asks these fields of every record, and others of a few records only."""
        return cls.batches
