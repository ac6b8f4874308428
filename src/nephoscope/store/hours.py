"""How complete each hour of a trail is, with every change of that, and the heads of digest chains."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from nephoscope.model.coverage import Hour, HourState
from nephoscope.store.ledger import insert_new, upsert
from nephoscope.store.tables import CHAIN_HEADS, HOUR_CHANGES, HOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def put_hours(connection: Connection, hours: Sequence[Hour], at: datetime | None = None) -> list[Hour]:
    """Keep what is known of hours now; returns those whose state or reasons are new, which history keeps too."""
    now = at or datetime.now(UTC)
    latest = {_key(hour): hour for hour in hours}
    known = _known(connection, list(latest.values()))
    changed = [hour for key, hour in latest.items() if known.get(key) != (hour.state, hour.reasons)]
    upsert(HOURS, [_row(hour, now) for hour in changed], connection)
    history = [_row(hour, now) | {"previous": known.get(_key(hour), ("",))[0]} for hour in changed]
    insert_new(HOUR_CHANGES, history, connection)
    return changed


def _key(hour: Hour) -> tuple[str, str, str, datetime]:
    return (hour.source, hour.account, hour.region, hour.start_at)


def _known(connection: Connection, hours: list[Hour]) -> dict[Any, tuple[str, tuple[str, ...]]]:
    if not hours:
        return {}
    starts = [hour.start_at for hour in hours]
    query = select(HOURS).where(
        HOURS.c.source.in_({hour.source for hour in hours}), HOURS.c.start_at.between(min(starts), max(starts))
    )
    return {
        (row.source, row.account, row.region, row.start_at): (HourState(row.state), tuple(row.reasons))
        for row in connection.execute(query)
    }


def _row(hour: Hour, now: datetime) -> dict[str, Any]:
    return {
        "source": hour.source,
        "account": hour.account,
        "region": hour.region,
        "start_at": hour.start_at,
        "state": hour.state,
        "reasons": hour.reasons,
        "changed_at": now,
    }


def drop_hours_after(connection: Connection, source: str, moment: datetime) -> list[Hour]:
    """Forget what was said of hours that begin after a moment; returns it. Their history stays."""
    ahead = (HOURS.c.source == source, HOURS.c.start_at > moment)
    found = [_hour(row) for row in connection.execute(select(HOURS).where(*ahead))]
    if found:
        connection.execute(delete(HOURS).where(*ahead))
    return found


def list_hours(
    connection: Connection, since: datetime, until: datetime, *, source: str = "", account: str = ""
) -> list[Hour]:
    """Hours with since ≤ start < until, in order of source, account, region, start."""
    query = select(HOURS).where(HOURS.c.start_at >= since, HOURS.c.start_at < until)
    if source:
        query = query.where(HOURS.c.source == source)
    if account:
        query = query.where(HOURS.c.account == account)
    order = (HOURS.c.source, HOURS.c.account, HOURS.c.region, HOURS.c.start_at)
    return [_hour(row) for row in connection.execute(query.order_by(*order))]


def unsettled_hours(connection: Connection, source: str) -> list[Hour]:
    """Hours of a source that may still change by waiting: pending and late ones, oldest first."""
    states = (HourState.PENDING, HourState.LATE)
    query = select(HOURS).where(HOURS.c.source == source, HOURS.c.state.in_(states)).order_by(HOURS.c.start_at)
    return [_hour(row) for row in connection.execute(query)]


def hour_history(connection: Connection, hour: Hour) -> list[tuple[datetime, Hour]]:
    """Every state an hour had, and when it took it, oldest first."""
    query = select(HOUR_CHANGES).where(
        HOUR_CHANGES.c.source == hour.source,
        HOUR_CHANGES.c.account == hour.account,
        HOUR_CHANGES.c.region == hour.region,
        HOUR_CHANGES.c.start_at == hour.start_at,
    )
    return [(row.changed_at, _hour(row)) for row in connection.execute(query.order_by(HOUR_CHANGES.c.changed_at))]


def count_hours(connection: Connection) -> dict[str, int]:
    """How many hours are in each state."""
    query = select(HOURS.c.state, func.count()).group_by(HOURS.c.state).order_by(HOURS.c.state)
    return {state: int(count) for state, count in connection.execute(query)}


def _hour(row: Any) -> Hour:
    return Hour(row.source, row.account, row.region, row.start_at, HourState(row.state), tuple(row.reasons))


def put_chain_head(connection: Connection, source: str, account: str, region: str, trail: str, head: Any) -> None:
    """Keep the last verified digest of a chain (JSON: uri, signature, end time …)."""
    row = {
        "source": source,
        "account": account,
        "region": region,
        "trail": trail,
        "head": head,
        "updated_at": datetime.now(UTC),
    }
    upsert(CHAIN_HEADS, [row], connection)


def chain_heads(connection: Connection, source: str) -> dict[tuple[str, str, str], Any]:
    """The last verified digest of every chain of a source, by account, region and trail."""
    query = select(CHAIN_HEADS).where(CHAIN_HEADS.c.source == source)
    return {(row.account, row.region, row.trail): row.head for row in connection.execute(query)}
