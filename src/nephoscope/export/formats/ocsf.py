"""OCSF: one event a line, Detection or Compliance Finding of OCSF 1.6.

Source: https://schema.ocsf.io/1.6.0/classes/detection_finding, https://schema.ocsf.io/1.6.0/classes/compliance_finding
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope import __version__
from nephoscope.export.message import advice
from nephoscope.model.finding import Kind, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from nephoscope.export.format import Report
    from nephoscope.store.findings import StoredFinding

CATEGORY = 2
DETECTION, COMPLIANCE = 2004, 2003
CLASSES = {DETECTION: "Detection Finding", COMPLIANCE: "Compliance Finding"}
SEVERITIES = {
    Severity.INFORMATIONAL: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
STATUSES = {Status.OPEN: (1, "New"), Status.WAIVED: (3, "Suppressed"), Status.RESOLVED: (4, "Resolved")}
ACTIVITIES = {1: "Create", 2: "Update", 3: "Close"}
VERDICTS = {Status.OPEN: (3, "Fail"), Status.WAIVED: (3, "Fail"), Status.RESOLVED: (1, "Pass")}
TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
PROVIDERS = {"AWS": "AWS", "Azure": "Azure", "Microsoft": "Azure", "Google": "GCP", "GitHub": "GitHub"}


def ocsf(findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]:
    """One OCSF event a line."""
    for stored in findings:
        yield msgspec.json.encode(event(stored)) + b"\n"


def event(stored: StoredFinding) -> dict[str, Any]:
    """A finding as an OCSF event: its class by its kind, its activity by where it is in its life."""
    finding = stored.finding
    class_uid = COMPLIANCE if finding.kind is Kind.COMPLIANCE else DETECTION
    activity = 3 if stored.status is not Status.OPEN else 1 if stored.revision == 1 else 2
    severity_id, severity = SEVERITIES[finding.severity]
    status_id, status = STATUSES[stored.status]
    found: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": ACTIVITIES[activity],
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": class_uid,
        "class_name": CLASSES[class_uid],
        "type_uid": class_uid * 100 + activity,
        "type_name": f"{CLASSES[class_uid]}: {ACTIVITIES[activity]}",
        "time": millis(stored.last_seen_at),
        "start_time": millis(stored.first_seen_at),
        "end_time": millis(stored.last_seen_at),
        "count": stored.occurrences,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": f"{finding.title}: {finding.reason}" if finding.reason else finding.title,
        "metadata": _metadata(stored),
        "finding_info": _info(stored),
        "resources": [_resource(stored)],
        "cloud": _cloud(stored),
        "unmapped": {"change": dict(stored.change), "waiver": stored.waiver, "revision": stored.revision},
    }
    return found | (_compliance(stored) if class_uid == COMPLIANCE else _detection(stored)) | _remediation(stored)


def millis(moment: datetime) -> int:
    """OCSF's time: whole milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def _metadata(stored: StoredFinding) -> dict[str, Any]:
    return {
        "version": "1.6.0",
        "uid": f"{stored.uid}/{stored.revision}",
        "profiles": ["cloud"],
        "product": {"name": "Nephoscope", "vendor_name": "Nephoscope", "version": __version__},
    }


def _info(stored: StoredFinding) -> dict[str, Any]:
    finding = stored.finding
    techniques = [found[1].upper() for tag in finding.tags if (found := TECHNIQUE.fullmatch(tag))]
    events = [
        {"uid": each.uid or f"{each.object}#{each.index}", "type_uid": 0, "desc": f"{each.object} record {each.index}"}
        for each in finding.events
    ]
    info: dict[str, Any] = {
        "uid": stored.uid,
        "title": finding.title,
        "desc": finding.reason,
        "types": [str(finding.kind)],
        "analytic": {"uid": finding.rule, "name": finding.title, "type_id": 1, "type": "Rule"},
        "created_time": millis(stored.first_seen_at),
        "first_seen_time": millis(stored.first_seen_at),
        "last_seen_time": millis(stored.last_seen_at),
        "related_events": events,
    }
    return info | ({"attacks": [{"technique": {"uid": each}} for each in techniques]} if techniques else {})


def _resource(stored: StoredFinding) -> dict[str, Any]:
    resource = stored.finding.resource
    named = {"uid": resource.id, "name": resource.id, "type": resource.type, "region": resource.region}
    return {name: value for name, value in named.items() if value} or {"name": "unknown"}


def _cloud(stored: StoredFinding) -> dict[str, Any]:
    resource = stored.finding.resource
    cloud: dict[str, Any] = {"provider": PROVIDERS.get(resource.type.partition("::")[0], "Unknown")}
    if resource.region:
        cloud["region"] = resource.region
    return cloud | ({"account": {"uid": resource.account}} if resource.account else {})


def _compliance(stored: StoredFinding) -> dict[str, Any]:
    status_id, status = VERDICTS[stored.status]
    finding = stored.finding
    check = {"uid": finding.rule, "name": finding.title, "status_id": status_id, "status": status}
    return {
        "compliance": {
            "standards": ["Nephoscope checks"],
            "control": finding.rule,
            "status_id": status_id,
            "status": status,
            "status_detail": finding.reason,
            "checks": [check],
        }
    }


def _detection(stored: StoredFinding) -> dict[str, Any]:
    actor = stored.finding.actor
    found: dict[str, Any] = {"is_alert": stored.status is Status.OPEN, "confidence_id": 0}
    if actor is None:
        return found
    user = {"uid": actor.uid, "name": actor.name or actor.uid, "type": actor.type, "credential_uid": actor.credential}
    evidence: dict[str, Any] = {"actor": {"user": {name: value for name, value in user.items() if value}}}
    if actor.ip:
        evidence["src_endpoint"] = {"ip": actor.ip}
    return found | {"evidences": [evidence]}


def _remediation(stored: StoredFinding) -> dict[str, Any]:
    fix = advice(stored)
    return {"remediation": {"desc": fix}} if fix else {}
