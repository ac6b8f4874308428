"""Findings as lines: JSON for tools, a few lines of text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from nephoscope.cli.output import json_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from nephoscope.model.finding import Finding

COLOURS = {"critical": "bright_red", "high": "red", "medium": "yellow", "low": "cyan", "informational": "white"}


def rendered(findings: Iterable[Finding], *, as_json: bool) -> str:
    """All lines of findings; text has colours, which `typer.echo` leaves out where they are not wanted."""
    return "".join([json_line(row_of(one)) if as_json else text_of(one) for one in findings])


def row_of(finding: Finding) -> dict[str, Any]:
    """A finding as the line that other tools read; `file` is empty where it comes of no record."""
    from nephoscope.model.finding import EventRef

    last = finding.events[-1] if finding.events else EventRef("", None, "", "", -1)
    actor = finding.actor
    row: dict[str, Any] = {
        "rule_id": finding.rule,
        "rule_title": finding.title,
        "severity": finding.severity,
        "time": stamp(finding.time),
        "event_uid": last.uid,
        "actor": str(actor) if actor else "",
        "file": last.object,
        "index": last.index,
        "uid": finding.uid,
        "operation": last.operation,
        "account": finding.resource.account,
        "region": finding.resource.region,
        "ip": actor.ip if actor else "",
        "user_agent": actor.user_agent if actor else "",
        "credential": actor.credential if actor else "",
        "resource": finding.resource.id,
        "reason": finding.reason,
        "tags": finding.tags,
        "detail": finding.detail,
    }
    if len(finding.events) > 1:
        row["events"] = [
            {"event_uid": event.uid, "time": stamp(event.time), "file": event.object, "index": event.index}
            for event in finding.events
        ]
    return row


def stamp(time: datetime | None) -> str:
    """A moment as ISO 8601 in UTC; milliseconds only if there are any."""
    if time is None:
        return ""
    precise = "milliseconds" if time.microsecond else "seconds"
    return time.isoformat(timespec=precise).replace("+00:00", "Z")


def text_of(finding: Finding) -> str:
    """Three lines for people: what and when, who and to what, where the record lies."""
    last = finding.events[-1]
    severity = typer.style(f"{finding.severity:13}", fg=COLOURS[finding.severity])
    parts = [str(finding.actor or ""), finding.actor.ip if finding.actor else "", last.operation, finding.resource.id]
    reason = f"  {finding.reason}" if finding.reason else ""
    return (
        f"{severity} {stamp(finding.time)}  {printable(finding.title)}\n"
        f"{'':14}{printable('  '.join(filter(None, parts)))}\n"
        f"{'':14}{printable(f'{last.object}#{last.index}{reason}')}\n"
    )
