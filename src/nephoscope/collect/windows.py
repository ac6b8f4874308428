"""An API that keeps events → objects: windows of time, each read once soon and once late, so that none is missed.

A window's address says all that its answer depends on, so a replay reads the same records. What both readings hold has
one id, and is kept once.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from nephoscope.collect.source import LogObject
from nephoscope.model.errors import ConfigError, SourceError
from nephoscope.model.event import moment

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

DAY_S = 86_400
FORM = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Windows:
    """How time is cut. lookback_s: how far back a first run goes. settle_s: a window is read so long after its end."""

    width_s: int = 300
    lookback_s: int = 86_400
    settle_s: tuple[int, ...] = (60, 3600)

    def __post_init__(self) -> None:
        if self.width_s <= 0:
            raise ConfigError(f"window_s is {self.width_s}: a window of time has at least one second")

    def objects(
        self, address: str, now: datetime, seen: Container[tuple[str, str]], account: str = ""
    ) -> Iterator[LogObject]:
        """The windows that may be read now and were not, oldest first; of one due twice only the last reading."""
        at = int(now.timestamp() - self.lookback_s) // self.width_s * self.width_s
        while at + self.width_s + self.settle_s[0] <= now.timestamp():
            due = [settle for settle in self.settle_s if at + self.width_s + settle <= now.timestamp()]
            start_at, end_at = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(at + self.width_s, UTC)
            uri = f"{address}?{urlencode({'from': start_at.strftime(FORM), 'until': end_at.strftime(FORM)})}"
            one = LogObject(uri, str(len(due)), account=account, hour_at=start_at, delivered_at=end_at)
            if one.key not in seen:
                yield one
            at += self.width_s


def window_of(log_object: LogObject) -> tuple[datetime, datetime]:
    """The time that an object stands for: from, until (not included)."""
    asked = parse_qs(urlsplit(log_object.uri).query)
    start_at, end_at = (moment(asked.get(name, [""])[0]) for name in ("from", "until"))
    if start_at is None or end_at is None:
        raise SourceError(log_object.uri, "names no window of time")
    return start_at, end_at


class Lines(io.RawIOBase):
    """Records that come in pages, as a file of JSON lines."""

    def __init__(self, pages: Iterable[list[msgspec.Raw]]) -> None:
        self._pages = iter(pages)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            page = next(self._pages, None)
            if page is None:
                return 0
            self._rest = b"".join(_line(record) for record in page)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def lines(pages: Iterable[list[msgspec.Raw]]) -> BinaryIO:
    """A file that reads pages as it is read."""
    return cast("BinaryIO", io.BufferedReader(Lines(pages), 1 << 20))


def _line(record: msgspec.Raw) -> bytes:
    text = bytes(record)
    return (msgspec.json.format(text, indent=-1) if b"\n" in text else text) + b"\n"


def within(records: list[msgspec.Raw], window: tuple[datetime, datetime], *fields: str) -> list[msgspec.Raw]:
    """Records whose first usable time is in a window, or that have none."""
    start_at, end_at = window
    kept: list[msgspec.Raw] = []
    for record in records:
        try:
            found = msgspec.json.decode(record, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            kept.append(record)
            continue
        at = next((at for field in fields if (at := moment(found.get(field))) is not None), None)
        if at is None or start_at <= at < end_at:
            kept.append(record)
    return kept


def page_of(body: bytes, uri: str, kind: Any) -> Any:
    """A page's JSON as a type. Raises SourceError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(uri, f"a page is not as the API documents it: {error}") from error
