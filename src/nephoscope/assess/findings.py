"""Verdicts → findings: every Fail is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.model.finding import Finding, Kind, ResourceRef
from nephoscope.model.verdict import Fail, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from nephoscope.assess.check import Check
    from nephoscope.model.item import Item


def findings(item: Item, verdicts: Iterable[tuple[Check, Verdict]], at: datetime) -> list[Finding]:
    """One finding per Fail; its uid is the same at every judging of the same resource.

    at: when it was judged.
    """
    return [_finding(item, check, verdict.reason, at) for check, verdict in verdicts if isinstance(verdict, Fail)]


def _finding(item: Item, check: Check, reason: str, at: datetime) -> Finding:
    return Finding(
        kind=Kind.COMPLIANCE,
        rule=check.name,
        title=check.title,
        severity=check.severity,
        subject=item.key,
        time=at,
        reason=reason,
        resource=ResourceRef(type=item.type, id=item.id, account=item.account, region=item.region),
        detail={"why": check.why, "fix": check.fix, "source": check.source, **_place(item)},
    )


def _place(item: Item) -> dict[str, object]:
    if item.place is None:
        return {}
    return {"file": item.place.file, "line": item.place.line, "address": item.place.address}
