"""From events to what inventory makes of them: which resources to read again, and who made a revision."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from nephoscope.inventory.attribute import attribute, authorship
from nephoscope.inventory.event_map import types_of
from nephoscope.inventory.record import name_of, time_of
from nephoscope.inventory.touched import touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from nephoscope.inventory.record import Event
    from nephoscope.model.event import EventBatch
    from nephoscope.model.item import Item
    from nephoscope.store.items import Revision

Key = tuple[str, str, str, str]
JSON_COLUMNS = ("api.request.data", "api.response.data")
SOURCE = "aws_cloudtrail"
# What tells which resources a record touches: those alike in all of it touch the same.
TOLD_BY = (
    "eventSource",
    "eventName",
    "readOnly",
    "awsRegion",
    "recipientAccountId",
    "userIdentity.accountId",
    "userIdentity.type",
    "requestParameters",
    "responseElements",
    "resources",
)


class Touch(NamedTuple):
    """A resource that a write event may have changed: (account, region, type, id), and when, by the provider's clock.

    at: to the second; None where no event says.
    """

    key: Key
    at: datetime | None = None


def written(batch: EventBatch) -> list[Touch]:
    """The resources that a batch's write events may have changed, each with the latest of them."""
    if batch.source != SOURCE:
        return []
    fields = ("readOnly", "errorCode", "eventSource", "eventName")
    read_only, errors, sources, names = (batch.values(field) for field in fields)
    rows = [
        row for row, (only, error) in enumerate(zip(read_only, errors, strict=True)) if only is not True and not error
    ]
    writes = [row for row in rows if types_of(str(sources[row]), str(names[row]))]
    alike: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row, *told in zip(writes, *(batch.keys(field, writes) for field in TOLD_BY), strict=True):
        alike[tuple(told)].append(row)
    latest: dict[Key, datetime | None] = {}
    for rows in alike.values():
        at = _latest([time_of({"eventTime": time}) for time in batch.some("eventTime", rows)])
        for key in touched(batch.record(rows[0])):
            latest[key] = _latest([at, latest.get(key, at)])
    return [Touch(key, at) for key, at in latest.items()]


def _latest(times: Sequence[datetime | None]) -> datetime | None:
    """The latest of times; None if any is not known."""
    known = [at for at in times if at is not None]
    return max(known) if len(known) == len(times) else None


def restored(row: Mapping[str, Any], columns: Mapping[str, str]) -> Event:
    """A record as far as the lake's columns hold it. columns: the log's field → column."""
    record: Event = {}
    for path, column in columns.items():
        value = row.get(column)
        if value is None:
            continue
        *parents, last = path.split(".")
        place = record
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = msgspec.json.decode(value) if column in JSON_COLUMNS else _plain(value)
    return record


def _plain(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value


def authored(revisions: Sequence[Revision], before: Mapping[Key, Revision], events: Iterable[Event]) -> list[Revision]:
    """Revisions with who made them, where the write events since tell.

    before: the last revision of what was known. events: write events of the revisions' accounts.
    """
    by_type: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        for type_ in types_of(str(event.get("eventSource", "")), name_of(event)):
            by_type[type_].append(event)
    return [_authored(revision, before.get(revision.item.key), by_type[revision.item.type]) for revision in revisions]


def _authored(revision: Revision, last: Revision | None, events: Sequence[Event]) -> Revision:
    if not events:
        return revision
    earlier: Item | None = None if last is None or last.is_deleted else last.item
    later = None if revision.is_deleted else revision.item
    explained = _explained(last)
    return replace(revision, attribution=authorship(attribute(earlier, later, events, explained)))


def _explained(last: Revision | None) -> frozenset[str]:
    """The events that made the revision before."""
    if last is None:
        return frozenset()
    return frozenset(
        {str(last.attribution.get("event_uid", ""))}
        | {str(change["event_uid"]) for change in last.attribution.get("changes", ())}
    )


def unnamed(revision: Revision) -> int:
    """How many of a revision's changes no event is named for yet; one at least where nobody is named at all."""
    if not revision.attribution:
        return max(1, len(revision.changed))
    return sum(not change["event_uid"] for change in revision.attribution.get("changes", ()))
