"""Verdicts → SARIF, for code review tools.

Fail is a result; Unknown is one of kind "open": the question was asked and could not be answered. Pass and
NotApplicable are left out.
Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nephoscope.model.verdict import Fail, Unknown
from nephoscope.sarif import LEVELS, SCHEMA, SCORES, VERSION, run_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nephoscope.assess.check import Check, Verdict
    from nephoscope.model.coverage import Gap
    from nephoscope.model.item import Item

URL = re.compile(r"https://[^\s,;]+")


def sarif_log(judged: Iterable[tuple[Item, Check, Verdict]], gaps: Iterable[Gap]) -> dict[str, Any]:
    """A log with one run: what failed or could not be told, and what could not be read."""
    told = [(item, check, verdict) for item, check, verdict in judged if isinstance(verdict, Fail | Unknown)]
    checks = sorted({check.name: check for _, check, _ in told}.items())
    places = {name: place for place, (name, _) in enumerate(checks)}
    run = run_of([_rule(check) for _, check in checks], gaps)
    run["results"] = [_result(item, check, verdict, places[check.name]) for item, check, verdict in told]
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(check: Check) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": check.name,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why or check.title},
        "help": {"text": check.fix or check.title},
        "defaultConfiguration": {"level": LEVELS[check.severity]},
        "properties": {"security-severity": SCORES[check.severity], "tags": ["security"]},
    }
    source = URL.search(check.source)
    return rule | ({"helpUri": source.group().rstrip(".")} if source else {})


def _result(item: Item, check: Check, verdict: Fail | Unknown, rule: int) -> dict[str, Any]:
    """A result; one that is no failure has no level. Source: SARIF 2.1.0, 3.27.9 and 3.27.10."""
    failed = isinstance(verdict, Fail)
    return {
        "ruleId": check.name,
        "ruleIndex": rule,
        "kind": "fail" if failed else "open",
        "level": LEVELS[check.severity] if failed else "none",
        "message": {"text": f"{item.id}: {verdict.reason}"},
        "locations": [_location(item)],
        "partialFingerprints": {"check/v1": _fingerprint(item, check)},
    }


def _location(item: Item) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": item.id, "kind": "resource"}]}
    if item.place is not None:
        location["physicalLocation"] = {
            "artifactLocation": _artifact(item.place.file),
            "region": {"startLine": max(item.place.line, 1)},
        }
    return location


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _fingerprint(item: Item, check: Check) -> str:
    """What stays the same when lines move."""
    place = item.place.file if item.place else f"{item.account}/{item.region}"
    return hashlib.sha256("\0".join((check.name, place, item.type, item.id)).encode()).hexdigest()[:32]
