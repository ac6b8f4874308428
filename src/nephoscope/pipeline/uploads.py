"""Hosts ─ uploads ─► tables, packages, log lines, findings and gaps: each batch once, all of it in one transaction.

The mark of how far a host's batches were taken moves in the transaction that keeps what they hold; a batch that comes
again changes nothing. Packages go on by the arrow of `vulnerabilities`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any

from nephoscope.fleet.batches import (
    BaselineRecord,
    CheckRecord,
    Decision,
    DriftRecord,
    GapRecord,
    Heartbeat,
    LogRecord,
    Mark,
    TableRecord,
    Upload,
    gunzip,
    judge,
    parse_upload,
)
from nephoscope.fleet.policy import etag_of
from nephoscope.fleet.tables import BadTable, applied, is_whole
from nephoscope.keep import Decided, keep_decided
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import HostRefused
from nephoscope.model.finding import Finding, Kind, Severity
from nephoscope.model.package import Package
from nephoscope.pipeline.fleet import AREA, not_waiting, resource_of
from nephoscope.pipeline.host_logs import keep_lines
from nephoscope.pipeline.integrity import take_baseline, take_change
from nephoscope.store.fleet import TAMPERED, HostTable, get_table, put_host, put_table
from nephoscope.store.packages import Target, put_look, untell_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence, Sized

    from sqlalchemy import Connection

    from nephoscope.fleet.batches import Header, Record
    from nephoscope.fleet.requests import Signed
    from nephoscope.pipeline.fleet import Asked, Fleet
    from nephoscope.pipeline.integrity import Drifted
    from nephoscope.store.fleet import Host

PACKAGES, OS = "packages", "os"
CLONE = "host_key_is_used_once"
CLONED = "two hosts use one key: a batch does not follow the one before it; enrol both anew"
CLOCK_S = 5  # an agent's clock that is no further off is right
ENDED = "the check passes, or its question no longer arises"
MOST = 1_000  # findings of a batch, and gaps
MOST_CHANGES = 20_000  # of files
PARTS = ("ecosystem", "name", "version")
MORE_PARTS = ("source", "source_version", "arch", "purl", "module")


@dataclass
class Outcome:
    """What follows from a batch, as its records are gone through. asked, logs: what a policy asks for.

    lines: of logs, to be kept. sights: what was seen, and why not. changes: of files, so far.
    """

    host: Host
    now: datetime
    asked: Collection[str] = ()
    logs: Collection[str] = ()
    found: dict[str, Finding] = field(default_factory=dict[str, Finding])
    ended: dict[str, str] = field(default_factory=dict[str, str])
    gaps: list[Gap] = field(default_factory=list[Gap])
    closed: list[Gap] = field(default_factory=list[Gap])
    resend: list[str] = field(default_factory=list[str])
    lines: list[LogRecord] = field(default_factory=list[LogRecord])
    sights: dict[str, str] = field(default_factory=dict[str, str])
    changes: int = 0

    @property
    def many(self) -> Mapping[str, Sized]:
        """What there can be too much of, by what it is."""
        return {"findings": self.found, "ends": self.ended, "gaps": self.gaps, "ends of gaps": self.closed}

    def at(self, seconds: int) -> datetime:
        """A record's time, which is not later than now whatever its host's clock says."""
        return min(datetime.fromtimestamp(seconds, UTC), self.now)

    def add(self, finding: Finding) -> None:
        """A finding that stands; of several with one uid the last."""
        self.found[finding.uid] = finding

    def gap(self, what: str, cause: str = "") -> Gap:
        """A gap of this host's."""
        return Gap(AREA, f"{self.host.id}: {what}", cause, self.host.account, self.host.region)

    def sees(self, what: str, cause: str) -> None:
        """Open a gap where there is a cause, close it where there is none; what a batch says last of one holds."""
        self.sights[what] = cause

    def settle(self) -> None:
        """Turn what was seen into gaps that open and close."""
        for what, cause in self.sights.items():
            (self.gaps if cause else self.closed).append(self.gap(what, cause))
        self.sights.clear()


def upload(fleet: Fleet, asked: Asked) -> dict[str, Any]:
    """Take a batch; answers how far the host's batches were taken. Raises HostRefused."""
    signed, _ = fleet.sender(asked)
    batch = parse_upload(gunzip(asked.body))
    if batch.header.agent != signed.agent:
        raise HostRefused("unreadable", "the batch is of another agent than signed it")
    sha256 = hashlib.sha256(asked.body).hexdigest()
    answer: dict[str, Any] = {}

    def decide(connection: Connection) -> Decided:
        return _decided(fleet, signed, batch, sha256, connection, answer)

    keep_decided(fleet.stores, decide)
    if "acknowledged" not in answer:
        raise HostRefused("clone", CLONED)
    return answer


def _decided(
    fleet: Fleet, signed: Signed, batch: Upload, sha256: str, connection: Connection, answer: dict[str, Any]
) -> Decided:
    host, header = not_waiting(fleet.admit(connection, signed)), batch.header
    outcome = Outcome(host, fleet.clock(), fleet.demands.tables, fleet.demands.logs)
    decision = judge(Mark(host.sequence, host.batch_sha256), header, sha256)
    if decision is Decision.CLONE:
        put_host(connection, replace(host, state=TAMPERED, cause=CLONED))
        return Decided([_clone(outcome, header)], at=outcome.now)
    if decision is not Decision.REPEAT:
        if decision is Decision.SKIP:
            lost = f"batches {host.sequence + 1} to {header.sequence - 1}"
            outcome.gaps.append(outcome.gap(lost, f"{lost} of this host never came, or were forgotten here"))
        seen = _take(connection, outcome, batch)
        put_host(connection, replace(seen, boot=header.boot, sequence=header.sequence, batch_sha256=sha256))
    answer["acknowledged"], answer["time"] = header.sequence, int(outcome.now.timestamp())
    answer["policy"] = etag_of(fleet.policy_of(connection, host))
    answer["resend"] = outcome.resend
    return Decided(list(outcome.found.values()), outcome.ended, outcome.gaps, outcome.closed, outcome.now)


def _clone(outcome: Outcome, header: Header) -> Finding:
    host = outcome.host
    return Finding(
        Kind.INTEGRITY,
        CLONE,
        f"Two hosts use the key of {host.hostname or host.id}",
        Severity.HIGH,
        (host.id,),
        outcome.now,
        reason=CLONED,
        resource=resource_of(host),
        detail={"host": host.id, "taken": host.sequence, "told": header.sequence, "boot": header.boot},
    )


def _take(connection: Connection, outcome: Outcome, batch: Upload) -> Host:
    """Keep what a batch holds; answers its host as it is now."""
    host = replace(outcome.host, last_seen_at=outcome.now)
    for record in batch.records:
        if isinstance(record, Heartbeat):
            host = _beat(outcome, host, record)
        elif isinstance(record, TableRecord):
            _table(connection, outcome, record)
        elif isinstance(record, DriftRecord):
            _change(connection, outcome, host, record)
        elif isinstance(record, BaselineRecord):
            outcome.sees(f"files {record.path}", record.cause)
            if record.sha256:
                _follows(outcome, take_baseline(connection, host, record, outcome.now))
        else:
            _told(outcome, record)
    if batch.lost:
        cause = f"{batch.lost} of a batch could not be read: {'; '.join(batch.unread)}"[:2000]
        outcome.gaps.append(outcome.gap(f"records of batch {batch.header.sequence}", cause))
    keep_lines(connection, outcome.host, batch.header.sequence, outcome.lines, outcome.now)
    _bound(outcome, batch.header.sequence)
    return host


def _bound(outcome: Outcome, sequence: int) -> None:
    """Keep so many findings and gaps of a batch and no more, so that one host cannot drown the others; and say so."""
    outcome.settle()
    over = [f"{len(each) - MOST} {name}" for name, each in outcome.many.items() if len(each) > MOST]
    outcome.found = dict(islice(outcome.found.items(), MOST))
    outcome.ended = dict(islice(outcome.ended.items(), MOST))
    del outcome.gaps[MOST:], outcome.closed[MOST:]
    if outcome.changes > MOST_CHANGES:
        over.append(f"{outcome.changes - MOST_CHANGES} changes of files (of more than {MOST_CHANGES})")
    if over:
        cause = f"a batch led to more than {MOST} of a kind, not kept: {', '.join(over)}"
        outcome.gaps.append(outcome.gap(f"flood in batch {sequence}", cause))


def _beat(outcome: Outcome, host: Host, record: Heartbeat) -> Host:
    names = [name for name in record.__struct_fields__ if name != "agent_version"]
    if abs(record.clock_offset_s) <= CLOCK_S:
        outcome.closed.append(outcome.gap("clock"))
    facts = {name: getattr(record, name) for name in names}
    return replace(host, facts=facts, agent_version=record.agent_version or host.agent_version)


def _table(connection: Connection, outcome: Outcome, record: TableRecord) -> None:
    """Keep a table; one that was not read keeps its rows, one whose base is another is asked for whole."""
    host, at = outcome.host, outcome.at(record.at)
    if record.name not in outcome.asked:
        outcome.gaps.append(outcome.gap("tables", f"{record.name} and perhaps others came that no policy asks for"))
        return
    before = get_table(connection, host.id, record.name)
    rows: Sequence[Mapping[str, Any]] = before.rows if before else []
    if record.cause is not None:
        digest, cause = before.digest if before else "", record.cause or "it was not read"
        put_table(connection, HostTable(host.id, record.name, digest, rows, at, cause))
        outcome.sees(f"table {record.name}", cause)
        if record.name == PACKAGES:
            put_look(connection, _target(host), [], "agent", at, cause)
        return
    try:
        if not is_whole(record) and (before is None or before.digest != record.base):
            raise BadTable("the table before is another than this difference is of")
        rows = applied(record, rows)
    except BadTable as error:
        outcome.sees(f"table {record.name}", str(error))
        outcome.resend += [record.name] if record.name not in outcome.resend else []
        return
    put_table(connection, HostTable(host.id, record.name, record.digest or "", rows, at))
    outcome.sees(f"table {record.name}", "")
    if record.name == PACKAGES:
        _packages(connection, outcome, rows, at)
    if record.name == OS and before and _kernel(before.rows) != _kernel(rows):
        untell_targets(connection, [_target(host).key])  # its findings say which kernel runs


def _kernel(rows: Sequence[Mapping[str, Any]]) -> object:
    return rows[0].get("kernel") if rows else None


def _packages(connection: Connection, outcome: Outcome, rows: Sequence[Mapping[str, Any]], at: datetime) -> None:
    found = [package for row in rows if (package := package_of(row))]
    lost = len(rows) - len(found)
    cause = f"{lost} rows name no ecosystem, name and version" if lost else ""
    outcome.sees("rows of packages", cause)
    put_look(connection, _target(outcome.host), found, "agent", at, cause)


def package_of(row: Mapping[str, Any]) -> Package | None:
    """A package from a table's row; None where the row names none."""
    parts = [row.get(name) for name in PARTS]
    if not all(isinstance(part, str) and part for part in parts):
        return None
    return Package(*map(str, parts), **{name: str(row.get(name) or "") for name in MORE_PARTS})


def _target(host: Host) -> Target:
    resource = resource_of(host)
    return Target(resource.type, resource.id, resource.account, resource.region, host.hostname)


def _told(outcome: Outcome, record: Record) -> None:
    """What a record that keeps no state leads to."""
    if isinstance(record, CheckRecord):
        _check(outcome, record)
    elif isinstance(record, GapRecord):
        many = "" if record.records is None else f" ({record.records} records)"
        outcome.gaps.append(outcome.gap(record.what, f"{record.cause}{many}"))
    elif isinstance(record, LogRecord) and is_asked(outcome.logs, record.source):
        outcome.lines.append(record)
    elif isinstance(record, LogRecord):
        cause = f"lines of {record.source} came that no policy asks for; they are not kept"
        outcome.gaps.append(outcome.gap(f"log {record.source}", cause))


def is_asked(logs: Collection[str], source: str) -> bool:
    """Whether a log is one of those that a policy asks for."""
    return any(fnmatchcase(source, log) for log in logs)


def _change(connection: Connection, outcome: Outcome, host: Host, record: DriftRecord) -> None:
    """Keep a change of a file; beyond so many of a batch they are counted, and told with the flood."""
    outcome.changes += 1
    if outcome.changes <= MOST_CHANGES:
        _follows(outcome, take_change(connection, host, record, outcome.now))


def _follows(outcome: Outcome, drifted: Drifted) -> None:
    if drifted.found is not None:
        outcome.add(drifted.found)
        outcome.ended.pop(drifted.found.uid, None)
    elif drifted.ended:
        outcome.found.pop(drifted.ended, None)
        outcome.ended[drifted.ended] = drifted.why


def _check(outcome: Outcome, record: CheckRecord) -> None:
    """A check that fails is a finding until it passes, or its question no longer arises; an unknown one is a gap."""
    host, words = outcome.host, record.name.replace("_", " ")
    finding = Finding(
        Kind.COMPLIANCE,
        record.name,
        f"{words[:1].upper()}{words[1:]}",
        Severity.MEDIUM,
        (host.id,),
        outcome.now,  # not the record's time: an end that was told meanwhile would be later
        reason=record.reason,
        resource=resource_of(host),
        detail={"host": host.id, "looked_at": outcome.at(record.at).isoformat()},
    )
    unknown = record.result == "unknown"
    outcome.sees(f"check {record.name}", (record.reason or "unknown") if unknown else "")
    if record.result == "fail":
        outcome.add(finding)
        outcome.ended.pop(finding.uid, None)
    elif not unknown:
        outcome.found.pop(finding.uid, None)
        outcome.ended[finding.uid] = ENDED
