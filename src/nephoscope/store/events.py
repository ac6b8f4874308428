"""Events in the lake: what happened, in OCSF columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import StoreError
from nephoscope.model.event import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pyarrow as pa

    from nephoscope.store.lake import Lake, LakeReader

NAMES = tuple(column.name for column in COLUMNS)
WORDS = 250  # ClickHouse searches for up to 255 at once


def insert_events(lake: Lake, events: pa.Table, batch: str) -> None:
    """Add a batch once, however often it is called with this batch id.

    events: columns named as `model.event.COLUMNS`; a column that is left out takes its type's default.
    """
    unknown = set(events.column_names) - set(NAMES)
    if unknown:
        raise StoreError(f"Batch {batch} has columns that events do not have: {', '.join(sorted(unknown))}")
    lake.insert("events", events, batch)


def span_of(events: pa.Table) -> tuple[datetime | None, datetime | None]:
    """Between which moments a table's events happened; None where it has none."""
    import pyarrow.compute as pc

    found = pc.min_max(events.column("time"))  # pyright: ignore[reportAttributeAccessIssue]
    return found["min"].as_py(), found["max"].as_py()


def events_of_batch(
    lake: LakeReader, batch: str, account: str, since: datetime, until: datetime, operations: Sequence[str]
) -> list[dict[str, Any]]:
    """A batch's events of one account and of these API operations; since, until: between which they happened."""
    return lake.rows(
        "SELECT * EXCEPT (raw_data, unmapped) FROM events WHERE `cloud.account.uid` = {account:String} "
        "AND time >= {since:DateTime64(3, 'UTC')} AND time <= {until:DateTime64(3, 'UTC')} "
        "AND `origin.batch` = {batch:String} AND `api.operation` IN {operations:Array(String)} "
        "ORDER BY time, `metadata.uid`",
        {"account": account, "since": since, "until": until, "batch": batch, "operations": list(operations)},
    )


def count_events(lake: LakeReader, source: str = "") -> int:
    """How many events are kept, duplicates collapsed; of one source, or of all."""
    [row] = lake.rows(
        "SELECT count() AS n FROM events WHERE {source:String} = '' OR `metadata.log_name` = {source:String}",
        {"source": source},
    )
    return int(row["n"])


def events_between(
    lake: LakeReader, since: datetime, until: datetime, account: str = "", limit: int = 1000
) -> list[dict[str, Any]]:
    """Events with since ≤ time < until, newest first."""
    return lake.rows(
        "SELECT * FROM events WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')} "
        "AND ({account:String} = '' OR `cloud.account.uid` = {account:String}) "
        "ORDER BY time DESC, `metadata.uid` LIMIT {limit:UInt32}",
        {"since": since, "until": until, "account": account, "limit": limit},
    )


@dataclass(frozen=True)
class Writes:
    """Which write events: of a log and an account, since a moment.

    services: of the APIs called, as the first part of their names. words: of which request or answer holds one; empty
    for any. columns: what is wanted of them.
    """

    source: str
    account: str
    since: datetime
    services: Sequence[str]
    words: Sequence[str] = ()
    columns: Sequence[str] = NAMES


def write_events(lake: LakeReader, wanted: Writes, limit: int = 20_000) -> list[dict[str, Any]]:
    """The events that succeeded in changing something, oldest first; beyond the limit the latest are given."""
    columns = ", ".join(f"`{name}`" for name in NAMES if name in wanted.columns)
    words = wanted.words if len(wanted.words) <= WORDS else ()
    said = "concat(ifNull(`api.request.data`, ''), ' ', ifNull(`api.response.data`, ''))"
    narrowed = f"AND multiSearchAny({said}, {{words:Array(String)}}) " if words else ""
    rows = lake.rows(
        f"SELECT {columns} FROM events WHERE `metadata.log_name` = {{source:String}} "
        "AND `cloud.account.uid` = {account:String} AND time >= {since:DateTime64(3, 'UTC')} "
        "AND splitByChar('.', ifNull(`api.service.name`, ''))[1] IN {services:Array(String)} "
        f"AND (is_read_only = false OR is_read_only IS NULL) AND `api.response.error` IS NULL {narrowed}"
        "ORDER BY time DESC, `metadata.uid` LIMIT {limit:UInt32}",
        {
            "source": wanted.source,
            "account": wanted.account,
            "since": wanted.since,
            "services": list(wanted.services),
            "words": list(words),
            "limit": limit,
        },
    )
    return rows[::-1]


def events_by_uid(lake: LakeReader, account: str, uids: list[str]) -> list[dict[str, Any]]:
    """Events of one account by their own ids."""
    return lake.rows(
        "SELECT * FROM events WHERE `cloud.account.uid` = {account:String} AND `metadata.uid` IN {uids:Array(String)} "
        "ORDER BY time, `metadata.uid`",
        {"account": account, "uids": uids},
    )


def events_of_operations(
    lake: LakeReader, since: datetime, operations: Sequence[str], limit: int = 100_000
) -> list[dict[str, Any]]:
    """Events of these API operations since a moment, oldest first."""
    return lake.rows(
        "SELECT * EXCEPT (raw_data, unmapped) FROM events WHERE time >= {since:DateTime64(3, 'UTC')} "
        "AND `api.operation` IN {operations:Array(String)} ORDER BY time, `metadata.uid` LIMIT {limit:UInt32}",
        {"since": since, "operations": list(operations), "limit": limit},
    )
