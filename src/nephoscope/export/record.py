"""A finding as one JSON object: what files of JSON lines and machines that receive notices hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.export.message import advice

if TYPE_CHECKING:
    from nephoscope.export.notice import Notice
    from nephoscope.store.findings import StoredFinding


def record(stored: StoredFinding) -> dict[str, Any]:
    """A stored finding: flat, in the model's names, with its actor, events and change whole."""
    finding = stored.finding
    return {
        "uid": stored.uid,
        "kind": str(finding.kind),
        "rule": finding.rule,
        "title": finding.title,
        "severity": str(finding.severity),
        "status": str(stored.status),
        "reason": finding.reason,
        "fix": advice(stored),
        "first_seen_at": stored.first_seen_at,
        "last_seen_at": stored.last_seen_at,
        "occurrences": stored.occurrences,
        "account": finding.resource.account,
        "region": finding.resource.region,
        "resource_type": finding.resource.type,
        "resource_id": finding.resource.id,
        "actor": str(finding.actor) if finding.actor else "",
        "actor_detail": finding.actor,
        "events": finding.events,
        "tags": finding.tags,
        "change": stored.change,
        "waiver": stored.waiver,
        "resolved_at": stored.resolved_at,
        "resolved_why": stored.resolved_why,
        "revision": stored.revision,
    }


def notice_record(notice: Notice) -> dict[str, Any]:
    """A notice: what became of a finding, and the finding; of a digest, each of its notices."""
    told = {
        "id": notice.id,
        "what": notice.what,
        "at": notice.at,
        "why": notice.why,
        "previous_status": notice.previous,
        "route": notice.route,
        "owner": notice.owner,
        "topic": notice.topic,
    }
    if notice.others:
        return told | {"notices": [notice_record(each) for each in notice.others]}
    return told | {"finding": record(notice.stored)}
