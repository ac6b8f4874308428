"""Logs of Linux hosts: syslog, the journal, auditd."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from msgspec import UNSET, Struct, UnsetType

from nephoscope.collect.activity import AUTHENTICATION, FAILURE, LOGON, SUCCESS, UNKNOWN
from nephoscope.collect.batch import JsonBatch
from nephoscope.collect.host_lines import JOURNAL, fields_of
from nephoscope.collect.layout import Layout
from nephoscope.collect.source import LogObject, Source
from nephoscope.collect.unzip import LIMITS, content
from nephoscope.model.errors import ConfigError, SourceError
from nephoscope.model.event import LogSource

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from nephoscope.clouds import Clouds

BATCH_LINES = 20_000
SEARCH_FILES = 100_000
OUTCOMES = {"success": SUCCESS, "failure": FAILURE}
Text = str | UnsetType | None


class Host(Struct, gc=False):
    """Whose log it is, as far as it is known; id: of the host with an agent."""

    id: Text = UNSET
    name: Text = UNSET
    instance: Text = UNSET
    account: Text = UNSET
    region: Text = UNSET


class Record(Struct, gc=False):
    """One line, read; `collect/host_lines.py` says what stands where. Fields of audit records are not typed."""

    index: int = 0
    event_time: Text = UNSET
    event_uid: Text = UNSET
    host: Host | UnsetType = UNSET
    log: Text = UNSET
    service: Text = UNSET
    program: Text = UNSET
    pid: Text = UNSET
    message: Text = UNSET
    line: Text = UNSET
    user: Text = UNSET
    src_ip: Text = UNSET
    outcome: Text = UNSET
    command: Text = UNSET


class Lines(Struct):
    """Lines as a host's agent told them. log: their file's path, or `journald`; at: when they were read, Unix seconds.

    uid: of these lines; offset_s: of the host's local time to UTC.
    """

    lines: list[str]
    uid: str
    log: str
    at: float
    host: dict[str, str] = {}
    offset_s: float = 0


class Told(Struct):
    """Lines in a file of JSON lines, under a key that no log of anybody else has."""

    nephoscope_lines: Lines


TOLD = msgspec.json.Decoder(Told)
OPENING = b'{"nephoscope_lines":'


def derive(batch: JsonBatch) -> dict[str, list[Any]]:
    """The columns that a line's fields only imply."""
    outcomes = [OUTCOMES.get(value, UNKNOWN) for value in batch.values("outcome")]
    is_sign_in = batch.log_source.service == "sshd"
    signs = [is_sign_in and outcome != UNKNOWN for outcome in outcomes]
    instances, ids = batch.values("host.instance"), batch.values("host.id")
    return {
        "class_uid": [AUTHENTICATION if sign else 0 for sign in signs],
        "activity_id": [LOGON if sign else 0 for sign in signs],
        "status_id": outcomes,
        "resource_uids": [
            [str(one or other)] if one or other else [] for one, other in zip(instances, ids, strict=True)
        ],
    }


LAYOUT = Layout(
    source="linux_log",
    log_source=LogSource(product="linux"),
    record=Record,
    columns={
        "event_time": "time",
        "event_uid": "metadata.uid",
        "host.account": "cloud.account.uid",
        "host.region": "cloud.region",
        "program": "api.service.name",
        "user": "actor.user.uid",
        "src_ip": "src_endpoint.ip",
        "service": "event_code",
    },
    time="event_time",
    derive=derive,
    keeps_raw=True,
)


class LineBatch(JsonBatch):
    """Lines of one service; each record says its place in the object."""

    def index(self, row: int) -> int:
        return self.rows.structs[row].index


@dataclass(frozen=True)
class LinuxLog(Source):
    """Log files of Linux hosts in a folder, as a syslog server or rotation leaves them: plain or gz.

    folder: where they lie, folders below it too. settled_s: a file is read once nothing was written to it for so long;
    one that grows afterwards is read again, and its lines known by what they say.
    Hosts with an agent need no such source: their lines come by themselves.
    Source: https://www.rfc-editor.org/rfc/rfc5424, https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html
    """

    folder: str = ""
    settled_s: int = 3600

    name = LAYOUT.source
    log_source = LAYOUT.log_source
    permissions = ("files:read:folder",)
    columns = LAYOUT.columns

    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject]:
        if not self.folder:
            raise ConfigError("sources: linux_log needs a folder")
        before = time.time() - self.settled_s
        for path in islice(sorted(Path(self.folder).rglob("*")), SEARCH_FILES):
            if path.is_symlink() or not path.is_file():
                continue
            known = path.stat()
            one = LogObject(str(path), f"{known.st_size}-{known.st_mtime_ns}", known.st_size)
            if known.st_mtime <= before and one.key not in seen:
                yield one

    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        try:
            return Path(log_object.uri).open("rb")
        except OSError as error:
            raise SourceError(log_object.uri, f"cannot be read: {error.strerror}") from error

    @classmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[LineBatch]:
        unreadable: list[tuple[int, str]] = []
        records = _records(stream, origin, unreadable)
        while some := list(islice(records, BATCH_LINES)):
            services: dict[str, list[bytes]] = {}
            for record in some:
                services.setdefault(record["service"], []).append(msgspec.json.encode(record))
            for service, texts in services.items():
                yield _batch(origin, service, texts, unreadable)
                unreadable = []
        if unreadable:
            yield _batch(origin, "", [], unreadable)


def _batch(origin: str, service: str, texts: list[bytes], unreadable: list[tuple[int, str]]) -> LineBatch:
    layout = replace(LAYOUT, log_source=LogSource(product="linux", service=service))
    rows = layout.rows(b"\n".join(texts), lines=True) or layout.singly(texts, 0)[0]
    return LineBatch(layout, origin, rows, 0, unreadable)


def _records(stream: BinaryIO, origin: str, unreadable: list[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    """A record of each line, those that hosts told and those that stand as they were logged."""
    index, now, head = 0, datetime.now(UTC), b""
    for text in _texts(stream, origin):
        if text.startswith(OPENING):
            try:
                told = TOLD.decode(text).nephoscope_lines
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
                unreadable.append((index, f"is not as hosts tell lines: {error}"[:300]))
                index += 1
                continue
            at = datetime.fromtimestamp(told.at, UTC)
            for number, line in enumerate(told.lines):
                found = fields_of(line, told.log, at, int(told.offset_s))
                place = {"log": told.log, "host": told.host, "event_uid": f"{told.uid}:{number}", "index": index}
                yield found | place
                index += 1
        elif text.strip():
            line = text.decode("utf-8", "backslashreplace")
            head = head or hashlib.sha256(text).digest()
            uid = hashlib.sha256(b"%s%d %s" % (head, index, text)).hexdigest()[:32]
            log = JOURNAL if text.startswith(b"{") else origin
            yield fields_of(line, log, now) | {"log": origin, "event_uid": uid, "index": index}
            index += 1


def _texts(stream: BinaryIO, origin: str) -> Iterator[bytes]:
    """Lines, without their ends; raises SourceError at one that is too long."""
    held = b""
    for block in content(stream, origin):
        *lines, held = (held + block).split(b"\n")
        yield from lines
        if len(held) > LIMITS.record_bytes:
            raise SourceError(origin, f"a line is larger than {LIMITS.record_bytes} bytes")
    if held:
        yield held
