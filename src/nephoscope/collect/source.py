"""A source: our reader of one log source. A new one is one file in `sources/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, ClassVar

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from datetime import datetime

    from nephoscope.clouds import Clouds
    from nephoscope.model.event import EventBatch, LogSource


@dataclass(frozen=True)
class LogObject:
    """Something that holds records and never changes: a log file, a page of an API, a part of an append blob.

    uri: where it lies; with `version` (ETag or the like) it is what the seen-set remembers. account, region, hour_at:
    of its records, where the name tells. delivered_at: when the provider wrote it.
    """

    uri: str
    version: str = ""
    size_bytes: int = 0
    account: str = ""
    region: str = ""
    hour_at: datetime | None = None
    delivered_at: datetime | None = None


class Source(ABC):
    """Our reader of one log source; dataclass fields are its settings, keys of `[sources.NAME]`."""

    name: ClassVar[str]
    log_source: ClassVar[LogSource]
    permissions: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[dict[str, str]]  # the log's field, as Sigma rules name it → OCSF column

    @abstractmethod
    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject]:
        """Yield each object that is not in `seen` ({(uri, version)}), oldest first as far as names tell."""

    @abstractmethod
    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        """The object's bytes as stored (gz or plain)."""

    @classmethod
    @abstractmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[EventBatch]:
        """Decode an object, in bounded memory; needs no settings, so that files on disk are read by the same code.

        Raises SourceError after the last batch that could be read; records that cannot be read on their own are
        in the batch's `unreadable`.
        """
