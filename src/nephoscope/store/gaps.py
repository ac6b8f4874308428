"""What could not be seen, since when and why; an entry closes when the same thing is seen again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from nephoscope.model.coverage import Gap
from nephoscope.store.feed import tell
from nephoscope.store.ledger import upsert
from nephoscope.store.tables import GAPS, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

AT_ONCE = 5_000


@dataclass(frozen=True)
class OpenGap:
    """A gap and its history: since when, last when, how often; closed_at None while it is open."""

    gap: Gap
    since: datetime
    last_at: datetime
    times: int
    closed_at: datetime | None = None


def record_gaps(connection: Connection, gaps: Iterable[Gap], at: datetime | None = None) -> None:
    """Open gaps, or count them once more; one that was closed begins anew."""
    now = at or datetime.now(UTC)
    found = list(gaps)
    counted = Counter(gap.key for gap in found)
    latest = {gap.key: gap for gap in found}
    known = _known(connection, [key_of(*key) for key in latest])
    rows: list[dict[str, Any]] = []
    for key, gap in latest.items():
        since, times, closed_at = known.get(key_of(*key), (now, 0, None))
        is_new = closed_at is not None
        rows.append(
            {
                "key": key_of(*key),
                "area": gap.area,
                "subject": gap.subject,
                "account": gap.account,
                "region": gap.region,
                "cause": gap.cause,
                "permission": gap.permission,
                "since": now if is_new else since,
                "last_at": now,
                "times": counted[key] if is_new else times + counted[key],
                "closed_at": None,
            }
        )
    upsert(GAPS, rows, connection)
    _tell(connection, [row for row in rows if row["since"] == now], "open")


def _tell(connection: Connection, rows: Iterable[Mapping[Any, Any]], state: str) -> None:
    """Let the feed say what can no longer be seen, or can again."""
    said = ("area", "subject", "account", "region", "cause", "permission")
    tell(connection, "coverage", [(row["key"], {name: row[name] for name in said} | {"state": state}) for row in rows])


def _known(connection: Connection, keys: list[str]) -> dict[str, tuple[datetime, int, datetime | None]]:
    found = {}
    for start in range(0, len(keys), AT_ONCE):
        query = select(GAPS).where(GAPS.c.key.in_(keys[start : start + AT_ONCE]))
        found |= {row.key: (row.since, row.times, row.closed_at) for row in connection.execute(query)}
    return found


def close_gaps(connection: Connection, keys: Iterable[tuple[str, str, str, str]], at: datetime | None = None) -> int:
    """Close the gaps of these keys (`Gap.key`: area, subject, account, region): it was seen again. Returns how many."""
    return _close(connection, [key_of(*key) for key in keys], at)


def _close(connection: Connection, hashes: list[str], at: datetime | None) -> int:
    """Close those of these that are open."""
    closed = 0
    for start in range(0, len(hashes), AT_ONCE):
        wanted = (GAPS.c.key.in_(hashes[start : start + AT_ONCE]), GAPS.c.closed_at.is_(None))
        rows = connection.execute(select(GAPS).where(*wanted)).mappings().all()
        if rows:
            connection.execute(update(GAPS).where(*wanted).values(closed_at=at or datetime.now(UTC)))
            _tell(connection, rows, "closed")
        closed += len(rows)
    return closed


def close_others(
    connection: Connection, area: str, account: str, still: Iterable[Gap], at: datetime | None = None
) -> int:
    """Close an account's gaps of an area but for those that are still there: a full pass has just ended."""
    return _close_but(connection, [GAPS.c.area == area, GAPS.c.account == account], still, at)


def close_others_of(
    connection: Connection, area: str, name: str, still: Iterable[Gap], at: datetime | None = None
) -> int:
    """Close a source's gaps of an area (their subjects begin with `NAME: `) but for those that are still there."""
    return _close_but(
        connection, [GAPS.c.area == area, GAPS.c.subject.startswith(f"{name}: ", autoescape=True)], still, at
    )


def close_absent(connection: Connection, area: str, there: Iterable[str], at: datetime | None = None) -> int:
    """Close the gaps of an area about what is not there any more. there: the subjects that still are."""
    return _close_but(connection, [GAPS.c.area == area, GAPS.c.subject.not_in(list(there))], (), at)


def _close_but(connection: Connection, wanted: list[Any], still: Iterable[Gap], at: datetime | None) -> int:
    keep = {key_of(*gap.key) for gap in still}
    query = select(GAPS.c.key).where(*wanted, GAPS.c.closed_at.is_(None))
    return _close(connection, [key for key in connection.scalars(query) if key not in keep], at)


def list_gaps(connection: Connection, *, area: str = "", with_closed: bool = False, limit: int = 1000) -> list[OpenGap]:
    """Gaps, the latest first; open ones, or all."""
    query = select(GAPS).order_by(GAPS.c.last_at.desc(), GAPS.c.key).limit(limit)
    if area:
        query = query.where(GAPS.c.area == area)
    if not with_closed:
        query = query.where(GAPS.c.closed_at.is_(None))
    return [_open_gap(row) for row in connection.execute(query)]


def gaps_since(connection: Connection, since: datetime) -> list[OpenGap]:
    """Gaps that opened or closed since a moment, in order of their opening."""
    query = select(GAPS).where((GAPS.c.since >= since) | (GAPS.c.closed_at >= since)).order_by(GAPS.c.since, GAPS.c.key)
    return [_open_gap(row) for row in connection.execute(query)]


def _open_gap(row: Any) -> OpenGap:
    gap = Gap(row.area, row.subject, row.cause, row.account, row.region, row.permission)
    return OpenGap(gap, row.since, row.last_at, row.times, row.closed_at)


def count_gaps(connection: Connection) -> dict[str, int]:
    """How many gaps are open, by area."""
    query = select(GAPS.c.area, func.count()).where(GAPS.c.closed_at.is_(None)).group_by(GAPS.c.area)
    return {area: int(count) for area, count in connection.execute(query.order_by(GAPS.c.area))}
