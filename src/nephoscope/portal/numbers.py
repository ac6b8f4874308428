"""The overview and coverage in numbers; kept for a moment, so that many who look cost as much as one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.model.finding import Severity
from nephoscope.portal.listing import parsed
from nephoscope.portal.lists.waivers import SOURCE as WAIVERS
from nephoscope.portal.shapes.coverage import Coverage, Incident, Overview
from nephoscope.portal.stage import incidents
from nephoscope.store.counts import (
    count_by,
    count_findings_where,
    gap_counts,
    hour_counts,
    open_by_age,
    summed,
    verdict_counts,
    waiting_runs,
)
from nephoscope.store.lake_facts import change_counts, event_counts, item_counts
from nephoscope.store.tables import FINDINGS, GAPS

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

DAY = timedelta(days=1)
KEPT_S = 3.0
QUERIES = {
    "findings_open": "status:open",
    "findings_new": "first_seen_at:>-24h",
    "findings_resolved": "resolved_at:>-24h",
    "changes": "captured_at:>-24h",
    "events": "time:>-24h",
    "waivers_proposed": "state:proposed",
    "coverage.gaps": "state:open",
}


def coverage(me: Caller) -> Coverage:
    """What is seen in scope, and what is not."""
    return me.portal.cache.get(("coverage", me.scope), lambda: _coverage(me), KEPT_S)


def _coverage(me: Caller) -> Coverage:
    now = me.portal.clock()
    items = item_counts(me.portal.lake, me.scope)
    events = event_counts(me.portal.lake, me.scope, now - DAY)
    with me.portal.ledger.read() as connection:
        gaps = gap_counts(connection, me.scope, GAPS.c.area)
        hours = summed(hour_counts(connection, me.scope).values())
        verdicts = summed(verdict_counts(connection, me.scope).values())
    last = max((each[2] for each in events.values() if each[2]), default=None)
    return Coverage(
        gaps=gaps,
        hours=hours,
        items=sum(count for count, _ in items.values()),
        verdicts=verdicts,
        accounts=len({*items, *events} - {""}),
        events=sum(count for count, _, _ in events.values()),
        last_event_at=last,
        lag_s=max(0.0, (now - last).total_seconds()) if last else None,
    )


def overview(me: Caller) -> Overview:
    """The first page."""
    numbers = me.portal.cache.get(("overview", me.scope), lambda: _overview(me), KEPT_S)
    shown = [Incident(**each) for each in incidents(me)]
    proposed = WAIVERS.count(me, parsed(WAIVERS, "state:proposed"))[0]
    return Overview(
        now=me.portal.clock(),
        coverage=coverage(me),
        queries=QUERIES,
        incidents=shown,
        waivers_proposed=proposed,
        **numbers,
    )


def _overview(me: Caller) -> dict[str, Any]:
    since = me.portal.clock() - DAY
    changes = change_counts(me.portal.lake, me.scope, since)
    events = event_counts(me.portal.lake, me.scope, since)
    with me.portal.ledger.read() as connection:
        found = count_by(connection, FINDINGS.c.severity, me.scope, FINDINGS.c.status == "open")
        return {
            "findings_open": {str(each): found.get(str(each), 0) for each in reversed(Severity)},
            "findings_by_age": open_by_age(connection, me.scope, me.portal.clock()),
            "findings_new": count_findings_where(connection, me.scope, FINDINGS.c.first_seen_at > since),
            "findings_resolved": count_findings_where(connection, me.scope, FINDINGS.c.resolved_at > since),
            "runs_waiting": waiting_runs(connection, me.scope),
            "changes": changes,
            "events": sum(late for _, late, _ in events.values()),
        }
