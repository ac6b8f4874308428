"""Hosts ─ changes of files ─► findings: explained ones are kept, others are findings until they end or are approved.

A change is known by its path and what lies there now, so that one approval holds for a fleet. The baseline that holds
is the one that was told first: a host that compares with another one, without our having accepted it, is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nephoscope.agent.drift import END
from nephoscope.agent.explain import EXPLAINED, Class
from nephoscope.model.finding import Finding, Kind, Severity
from nephoscope.pipeline.fleet import resource_of
from nephoscope.store.fleet import get_host
from nephoscope.store.integrity import (
    FileApproval,
    FileBaseline,
    FileChange,
    changes_of,
    drop_approval,
    get_approval,
    get_change,
    list_file_baselines,
    put_approval,
    put_change,
    put_file_baseline,
)
from nephoscope.store.tables import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.fleet.batches import BaselineRecord, DriftRecord
    from nephoscope.store.fleet import Host

CHANGED = "host_file_changed"
REPLACED = "host_baseline_was_replaced"
MOST_DETAIL = 16_384
ENDED = "the path is as its baseline has it"
EXPLAINED_NOW = "the change is explained: {}"
APPROVAL = "approval"
AGAIN = "the host compares with the accepted baseline"


@dataclass(frozen=True)
class Drifted:
    """What follows from a record: a finding that stands, or the uid of one that ended, and why."""

    found: Finding | None = None
    ended: str = ""
    why: str = ""


def take_change(connection: Connection, host: Host, record: DriftRecord, at: datetime) -> Drifted:
    """Keep what a host told of a path. at: when it was told, so that no end that was told before is later."""
    before = get_change(connection, host.id, record.path)
    if record.class_ == END:
        if before is None:
            return Drifted()
        put_change(connection, replace(before, at=at, ended_at=at))
        return Drifted(ended=_finding(before, host).uid, why=ENDED)
    approval = get_approval(connection, record.change) if record.change else None
    change = FileChange(
        host=host.id,
        path=record.path,
        class_=record.class_,
        severity=record.severity_hint if record.severity_hint in set(Severity) else Severity.MEDIUM,
        change=record.change,
        is_explained=record.class_ in EXPLAINED,
        first_at=before.first_at if before and before.ended_at is None else at,
        at=at,
        watched=record.watched,
        explanation=record.explanation,
        trust=record.trust,
        package=record.package,
        sha256=record.sha256,
    )
    if approval and change.class_ != Class.UNREADABLE:
        change = _approved(change)
    put_change(connection, change)
    finding = _finding(change, host, _small(record.before), _small(record.after))
    if change.is_explained:
        why = _why(approval) if change.trust == APPROVAL else EXPLAINED_NOW.format(change.explanation)
        return Drifted(ended=finding.uid, why=why)
    return Drifted(found=finding)


def _approved(change: FileChange) -> FileChange:
    return change if change.is_explained else replace(change, is_explained=True, trust=APPROVAL)


def _why(approval: FileApproval | None) -> str:
    return f"approved by {approval.by_whom} on {approval.at:%Y-%m-%d}: {approval.why}" if approval else "approved"


def _finding(
    change: FileChange,
    host: Host,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Finding:
    return Finding(
        Kind.INTEGRITY,
        CHANGED,
        f"{change.path} is not as it was",
        Severity(change.severity),
        (host.id, change.path),
        change.at,
        reason=f"{change.class_}: {change.explanation}",
        resource=resource_of(host),
        detail={
            "host": host.id, "path": change.path, "class": change.class_, "change": change.change,
            "sha256": change.sha256, "package": change.package, "trust": change.trust, "before": before, "after": after,
        },
    )  # fmt: skip


def _small(said: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What is said of a path, if it is short enough for a finding."""
    size = len(to_json(said))
    return said if size <= MOST_DETAIL else {"cut": f"{size} bytes were told, more than {MOST_DETAIL}"}


def take_baseline(connection: Connection, host: Host, record: BaselineRecord, at: datetime) -> Drifted:
    """Keep what a look at a watched path told; a finding where its baseline is another than the one that holds."""
    [known] = list_file_baselines(connection, host.id, record.path) or [None]
    oldest = at.fromtimestamp(record.oldest_hash_at, at.tzinfo) if record.oldest_hash_at else None
    baseline = FileBaseline(
        host.id,
        record.path,
        known.root if known else record.root,
        known.sha256 if known else record.sha256,
        record.sha256,
        record.entries,
        known.adopted_at if known else at,
        at,
        record.unseen_count,
        record.explained,
        record.unexplained,
        min(oldest, at) if oldest else None,
    )
    put_file_baseline(connection, baseline)
    finding = _replaced(baseline, host)
    if baseline.is_replaced:
        return Drifted(found=finding)
    return Drifted(ended=finding.uid, why=AGAIN) if known and known.is_replaced else Drifted()


def _replaced(baseline: FileBaseline, host: Host) -> Finding:
    return Finding(
        Kind.INTEGRITY,
        REPLACED,
        f"The baseline of {baseline.path} was replaced on the host",
        Severity.HIGH,
        (host.id, baseline.path),
        baseline.looked_at,
        reason="the host compares its files with another baseline than the one that was accepted here",
        resource=resource_of(host),
        detail={
            "host": host.id, "path": baseline.path, "accepted": baseline.sha256, "told": baseline.told_sha256,
        },
    )  # fmt: skip


def accept_baseline(connection: Connection, host: Host, path: str, at: datetime) -> Drifted | None:
    """Let the baseline that a host told last hold from now on; None where there is none, or it holds already."""
    [known] = list_file_baselines(connection, host.id, path) or [None]
    if known is None or not known.is_replaced:
        return None
    put_file_baseline(connection, replace(known, sha256=known.told_sha256, adopted_at=at))
    return Drifted(ended=_replaced(known, host).uid, why="the new baseline was accepted")


def approve_changes(connection: Connection, ids: Sequence[str], why: str, by: str, at: datetime) -> dict[str, str]:
    """Approve changes on every host that has them; answers {uid of a finding that ended: why}."""
    ended: dict[str, str] = {}
    for change in changes_of(connection, ids):
        if change.is_explained or change.class_ == Class.UNREADABLE:
            continue
        approval = FileApproval(change.change, change.path, why, by, at)
        put_approval(connection, approval)
        put_change(connection, _approved(change))
        host = get_host(connection, change.host)
        if host is not None:
            ended[_finding(change, host).uid] = _why(approval)
    return ended


def withdraw_approval(connection: Connection, change: str, at: datetime) -> list[Finding] | None:
    """Take an approval back: what it explained is a finding again. None where there was none."""
    if not drop_approval(connection, change):
        return None
    found: list[Finding] = []
    for each in changes_of(connection, [change]):
        host = get_host(connection, each.host)
        if each.trust == APPROVAL and host is not None:
            bare = replace(each, is_explained=False, trust="", at=at)
            put_change(connection, bare)
            found.append(_finding(bare, host))
    return found
