"""A change in the feed → the values that a condition over its topic may ask about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nephoscope.respond import facts
from nephoscope.store.events import events_of_batch
from nephoscope.store.finding_list import open_around
from nephoscope.store.findings import get_findings
from nephoscope.store.items import latest_revisions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.store.feed import Change
    from nephoscope.store.lake import LakeReader


def values_of(
    connection: Connection, lake: LakeReader, change: Change, operations: Sequence[str], *, asks_around: bool = False
) -> Iterator[dict[str, Any]]:
    """What a change is to a condition on its topic. operations: the API operations of the events that are asked for.

    asks_around: whether it asks what else is open of a finding's resource.
    """
    if change.topic == "finding":
        stored = get_findings(connection, [change.key]).get(change.key)
        if stored is not None:
            body = change.body
            previous, why = body.get("previous_status", ""), body.get("why", "")
            found = open_around(connection, stored.finding.resource) if asks_around else ()
            around = [(each.finding, each.first_seen_at) for each in found]
            told = (body["status"], previous, why, stored.occurrences)
            yield facts.of_finding(stored.finding, *told, around, change.made_at)
    elif change.topic == "item":
        yield facts.of_item(change.body, _configuration(lake, change.body))
    elif change.topic == "coverage":
        yield facts.of_coverage(change.body, change.made_at)
    elif change.topic == "event" and "first_at" in change.body:
        first, last = (datetime.fromisoformat(change.body[name]) for name in ("first_at", "last_at"))
        events = events_of_batch(lake, change.key, change.body["account"], first, last, operations)
        yield from map(facts.of_event, events)


def _configuration(lake: LakeReader, body: Mapping[str, Any]) -> Any:
    key = (body["account"], body["region"], body["type"], body["id"])
    return next((each[0].item.configuration for each in latest_revisions(lake, [key]).values()), {})
