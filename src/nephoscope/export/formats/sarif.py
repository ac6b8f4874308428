"""SARIF: one run, a result for each finding; waived ones are suppressed, resolved ones pass.

Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nephoscope.export.message import advice
from nephoscope.model.finding import Status
from nephoscope.sarif import LEVELS, SCHEMA, SCORES, VERSION, run_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.export.format import Report
    from nephoscope.store.findings import StoredFinding


def sarif(findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]:
    """A log whose results come first, so that they need not be held; what could not be seen is a notification."""
    rules: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    yield f'{{"$schema": "{SCHEMA}", "version": "{VERSION}", "runs": [{{"results": ['.encode()
    for number, stored in enumerate(findings):
        rule = stored.finding.rule
        rules.setdefault(rule, _rule(stored))
        result = _result(stored, places.setdefault(rule, len(places)))
        yield (b",\n" if number else b"\n") + json.dumps(result).encode()
    yield b"\n], " + json.dumps(run_of(list(rules.values()), report.gaps)).encode()[1:-1] + b"}]}\n"


def _rule(stored: StoredFinding) -> dict[str, Any]:
    finding = stored.finding
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.title or finding.rule},
        "help": {"text": advice(stored) or finding.title or finding.rule},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"security-severity": SCORES[finding.severity], "tags": ["security", *finding.tags]},
    }


def _result(stored: StoredFinding, rule: int) -> dict[str, Any]:
    finding = stored.finding
    is_over = stored.status is Status.RESOLVED
    where = "/".join(filter(None, (finding.resource.account, finding.resource.region, finding.resource.id)))
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "kind": "pass" if is_over else "fail",
        "level": "none" if is_over else LEVELS[finding.severity],
        "message": {"text": f"{finding.title}: {finding.reason}" if finding.reason else finding.title or "-"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": where or "unknown", "kind": "resource"}]}],
        "partialFingerprints": {"findingUid/v1": stored.uid},
        "properties": {"firstSeen": stored.first_seen_at.isoformat(), "lastSeen": stored.last_seen_at.isoformat()},
    }
    if stored.status is Status.WAIVED:
        suppression = {"kind": "external", "status": "accepted", "justification": f"waiver {stored.waiver}"}
        result["suppressions"] = [suppression]
    return result
