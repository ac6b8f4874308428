"""What is kept no longer: whole months of events, superseded revisions, and rows of the ledger, in bounded steps.

Every step may be repeated, and stands by itself: a kill between two leaves what the next run goes on with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, delete, func, select

from nephoscope.model.finding import Status
from nephoscope.store.tables import BATCHES, FINDING_HISTORY, FINDINGS, GAPS, SEEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Column, Connection

    from nephoscope.store.lake import Lake, LakeReader
    from nephoscope.store.ledger import Ledger

AT_ONCE = 2_000  # rows of one transaction
MONTHS = (
    "SELECT DISTINCT partition FROM system.parts WHERE active AND database = currentDatabase() "
    "AND table = {table:String} AND toUInt32OrZero(partition) < {month:UInt32} AND toUInt32OrZero(partition) > 0"
)
BEFORE = "account = {account:String} AND captured_at < {before:DateTime64(3, 'UTC')}"
# Of an item's revisions before a moment the last holds at that moment; the others were superseded before it.
SUPERSEDED = (
    f"{BEFORE} AND (account, region, type, id, captured_at) NOT IN (SELECT account, region, type, id, max(captured_at) "
    f"FROM TABLE WHERE {BEFORE} GROUP BY account, region, type, id)"
)
# An end goes after all that it ended: what was deleted must not seem to be there, whenever a kill comes.
ENDS = (
    f"{BEFORE} AND is_deleted AND (account, region, type, id) IN (SELECT account, region, type, id "
    f"FROM TABLE WHERE {BEFORE} GROUP BY account, region, type, id HAVING min(captured_at) = max(captured_at))"
)
ACCOUNTS = (
    "SELECT DISTINCT account FROM TABLE WHERE captured_at < {before:DateTime64(3, 'UTC')} "
    "ORDER BY account SETTINGS final = 0"
)


def drop_months(lake: Lake, before: datetime) -> Iterator[int]:
    """Drop the events of whole months that ended before a moment, a month at a time; yields how many partitions."""
    month = before.year * 100 + before.month
    for node in lake.nodes():
        table = node.local("events")
        for row in node.rows(MONTHS, {"table": table, "month": month}):
            node.command(f"ALTER TABLE {table} DROP PARTITION {int(row['partition'])}")
            yield 1


def drop_revisions(lake: Lake, before: datetime) -> Iterator[int]:
    """Delete revisions that no longer held at a moment, and ends of items before it; yields how many, by account.

    What was at the moment, and since, can be asked for as before; the current revision is kept however old it is.
    """
    for node in lake.nodes():
        table = node.local("items")
        for row in node.rows(ACCOUNTS.replace("TABLE", table), {"before": before}):
            asked = {"before": before, "account": row["account"]}
            for where in (SUPERSEDED.replace("TABLE", table), ENDS.replace("TABLE", table)):
                [old] = node.rows(f"SELECT count() AS n FROM {table} WHERE {where} SETTINGS final = 0", asked)
                if old["n"]:
                    node.command(f"DELETE FROM {table} WHERE {where}", asked)
                    yield int(old["n"])


def drop_seen(ledger: Ledger, source: str, before: datetime, at_once: int = AT_ONCE) -> Iterator[int]:
    """Forget objects of a source that were read before a moment; yields how many a transaction took."""
    old = (SEEN.c.source == source, SEEN.c.seen_at < before)
    yield from _drop(ledger, SEEN.c.key, *old, at_once=at_once)


def drop_batches(ledger: Ledger, source: str, before: datetime) -> Iterator[int]:
    """Forget a source's batches that were done before a moment; yields how many a transaction took."""
    done = (BATCHES.c.source == source, BATCHES.c.state == "done", BATCHES.c.done_at < before)
    yield from _drop(ledger, BATCHES.c.id, *done)


def drop_gaps(ledger: Ledger, before: datetime) -> Iterator[int]:
    """Forget gaps that closed before a moment; yields how many a transaction took."""
    yield from _drop(ledger, GAPS.c.key, GAPS.c.closed_at < before)


def drop_findings(ledger: Ledger, before: datetime) -> Iterator[int]:
    """Forget findings that were resolved before a moment, with their history; yields how many a transaction took."""
    resolved = (FINDINGS.c.status == Status.RESOLVED, FINDINGS.c.resolved_at < before)
    yield from _drop(ledger, FINDINGS.c.uid, *resolved, also=FINDING_HISTORY.c.uid)


def _drop(
    ledger: Ledger,
    key: Column[Any],
    *where: ColumnElement[bool],
    also: Column[Any] | None = None,
    at_once: int = AT_ONCE,
) -> Iterator[int]:
    while True:
        with ledger.read() as connection:  # nobody who writes waits for the search
            keys = list(connection.scalars(select(key).where(*where).limit(at_once)))
        if not keys:
            return
        with ledger.write() as connection:
            still = list(connection.scalars(select(key).where(key.in_(keys), *where)))
            if also is not None:
                connection.execute(delete(also.table).where(also.in_(still)))
            connection.execute(delete(key.table).where(key.in_(still)))
        yield len(still)


def kept_in_ledger(connection: Connection) -> dict[str, tuple[int, datetime | None]]:
    """How many rows there are of what grows, and the oldest one's time."""
    asked = {"log objects": SEEN.c.seen_at, "batches": BATCHES.c.recorded_at, "findings": FINDINGS.c.first_seen_at}
    found = {
        name: connection.execute(select(func.count(), func.min(column)).select_from(column.table)).one()
        for name, column in asked.items()
    }
    return {name: (int(count), oldest) for name, (count, oldest) in found.items()}


def kept_in_lake(lake: LakeReader) -> dict[str, tuple[int, datetime | None]]:
    """How many events and revisions there are, and the oldest one's time."""
    asked = {"events": "time", "items": "captured_at"}
    found = {
        name: lake.rows(f"SELECT count() AS n, min({column}) AS oldest FROM {name}")[0]
        for name, column in asked.items()
    }
    return {name: (int(row["n"]), row["oldest"] if row["n"] else None) for name, row in found.items()}
