"""An upload: its header, its records, and whether it is the one that has to come next.

An upload is gzip of JSON lines. Every upload names the digest of the one before it as it was sent, so that two agents
with one key cannot both go on for long, and nothing can be left out or put in without being noticed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from nephoscope.model.errors import HostRefused

MOST_BYTES = 4 << 20  # as sent
MOST_UNZIPPED = 64 << 20
MOST_RECORDS = 200_000
MOST_UNREAD = 20  # records whose fault is told

Seconds = Annotated[int, Meta(ge=0, lt=1 << 35)]
Count = Annotated[int, Meta(ge=0, lt=1 << 53)]
Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
DigestIfAny = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$", max_length=64)]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=100)]
Path = Annotated[str, Meta(min_length=1, max_length=8192)]
Words = Annotated[str, Meta(max_length=8192)]
Rows = Annotated[list[dict[str, Any]], Meta(max_length=100_000)]


class Header(Struct, frozen=True):
    """The first line. previous: SHA-256 of the batch before as sent, empty before the first."""

    agent: Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
    boot: Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
    sequence: Annotated[int, Meta(ge=1, lt=1 << 53)]
    previous: DigestIfAny
    sent_at: Annotated[str, Meta(max_length=40)] = ""
    monotonic_s: Number = 0


class Heartbeat(Struct, frozen=True, tag_field="kind", tag="heartbeat"):
    """The agent is there, and how it fares. policy: the ETag of the one it keeps to."""

    at: Seconds
    uptime_s: Number = 0
    agent_version: Annotated[str, Meta(max_length=100)] = ""
    resident_kb: Count = 0
    cpu_s: Number = 0
    spool_records: Count = 0
    spool_bytes: Count = 0
    policy: Annotated[str, Meta(max_length=64)] = ""
    policy_version: Count = 0
    clock_offset_s: Number = 0


class TableRecord(Struct, frozen=True, tag_field="kind", tag="table"):
    """A table: whole by rows, as a difference by base, added and removed, or not read, by cause."""

    name: Name
    at: Seconds
    rows: Rows | None = None
    base: Digest | None = None
    added: Rows | None = None
    removed: Rows | None = None
    digest: Digest | None = None
    cause: Words | None = None


class LogRecord(Struct, frozen=True, tag_field="kind", tag="log"):
    """Lines of a log, in order. offset_s: of the host's local time to UTC."""

    source: Path
    at: Seconds
    lines: Annotated[list[str], Meta(max_length=100_000)]
    first_offset: Count | str | None = None
    file: Words = ""
    offset_s: Annotated[int, Meta(ge=-86_400, le=86_400)] = 0


class DriftRecord(Struct, frozen=True, tag_field="kind", tag="drift"):
    """A path that is not as it was."""

    at: Seconds
    path: Path
    class_: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]*$", max_length=100)] = msgspec.field(name="class")
    explanation: Words = ""
    severity_hint: Annotated[str, Meta(max_length=20)] = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    watched: Words = ""
    change: Annotated[str, Meta(pattern="^([0-9a-f]{32})?$", max_length=32)] = ""
    sha256: DigestIfAny = ""
    trust: Annotated[str, Meta(max_length=40)] = ""
    package: Annotated[str, Meta(max_length=400)] = ""


class BaselineRecord(Struct, frozen=True, tag_field="kind", tag="baseline"):
    """A look at a watched path: with which baseline it was compared, and what came of it.

    cause: why it saw or told not all; without a sha256 it saw nothing.
    """

    at: Seconds
    path: Path
    root: DigestIfAny = ""
    sha256: DigestIfAny = ""
    cause: Words = ""
    entries: Count = 0
    unseen_count: Count = 0
    explained: Count = 0
    unexplained: Count = 0
    oldest_hash_at: Seconds = 0


class CheckRecord(Struct, frozen=True, tag_field="kind", tag="check"):
    """What a check of the host's configuration found."""

    name: Name
    at: Seconds
    result: Literal["pass", "fail", "unknown", "not_applicable"]
    reason: Words = ""


class GapRecord(Struct, frozen=True, tag_field="kind", tag="gap"):
    """What the agent could not see, or lost."""

    at: Seconds
    what: Literal["log", "table", "drift", "check", "spool", "clock"]
    cause: Words
    records: Count | None = None
    since: Seconds | None = None
    until: Seconds | None = None


Record = Heartbeat | TableRecord | LogRecord | DriftRecord | BaselineRecord | CheckRecord | GapRecord
HEADER = msgspec.json.Decoder(Header)
RECORD = msgspec.json.Decoder(Record)


@dataclass(frozen=True)
class Upload:
    """unread: `record N: why` of the first records that could not be read; lost: how many there were of them."""

    header: Header
    records: tuple[Record, ...]
    unread: tuple[str, ...] = ()
    lost: int = 0


def gunzip(body: bytes, most: int = MOST_UNZIPPED) -> bytes:
    """What gzip holds. Raises HostRefused for what is none, is cut short, or holds more than `most` bytes."""
    member = zlib.decompressobj(wbits=31)
    try:
        content = member.decompress(body, most + 1)
    except zlib.error as error:
        raise HostRefused("unreadable", f"the upload is not gzip: {error}") from None
    if len(content) > most:
        raise HostRefused("too-large", f"the upload holds more than {most} bytes")
    if not member.eof or member.unused_data:
        raise HostRefused("unreadable", "the upload is not one whole gzip member")
    return content


def parse_upload(content: bytes) -> Upload:
    """An upload's lines. A record that cannot be read is told, the others are taken. Raises HostRefused."""
    first, *lines = content.split(b"\n")
    if len(lines) > MOST_RECORDS:
        raise HostRefused("too-large", f"the upload holds more than {MOST_RECORDS} records")
    try:
        header = HEADER.decode(first)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise HostRefused("unreadable", f"the upload's header cannot be read: {error}") from None
    records, unread = list[Record](), list[str]()
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            records.append(RECORD.decode(line))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            unread.append(f"record {number}: {str(error)[:300]}")
    return Upload(header, tuple(records), tuple(unread[:MOST_UNREAD]), len(unread))


@dataclass(frozen=True)
class Mark:
    """The last batch that was taken: its sequence and its SHA-256 as sent."""

    sequence: int = 0
    sha256: str = ""


class Decision(StrEnum):
    """What an upload is. REPEAT: taken already; SKIP: batches before it are lost; CLONE: of another chain."""

    NEXT = "next"
    REPEAT = "repeat"
    SKIP = "skip"
    CLONE = "clone"


def judge(mark: Mark, header: Header, sha256: str) -> Decision:
    """Which of them a batch is, by what was taken last. sha256: of the batch as sent."""
    if header.sequence == mark.sequence:
        return Decision.REPEAT if sha256 == mark.sha256 else Decision.CLONE
    if header.sequence < mark.sequence:
        return Decision.CLONE
    if header.sequence == mark.sequence + 1:
        return Decision.NEXT if header.previous == mark.sha256 else Decision.CLONE
    return Decision.SKIP
