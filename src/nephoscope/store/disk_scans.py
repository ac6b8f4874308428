"""Scans of disks as the ledger keeps them: noted before anything is made in a cloud, forgotten when nothing is left.

Whoever holds a scan works on it alone; who does not say in time that he still does has lost it, as one that was killed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from nephoscope.store.package_tables import DISK_SCANS
from nephoscope.store.packages import Target
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

MARK = "nephoscope"
INSTALLATION = "installation"


@dataclass(frozen=True)
class DiskScan:
    """A scan that has begun. token: what everything that it makes bears.

    is_kept: what was found is kept, so that only cleaning up is left. is_granted: a grant on a key may be there.
    """

    token: str
    target: Target
    made_at: datetime
    holder: str
    held_until: datetime
    is_kept: bool = False
    is_granted: bool = False


def prefix_of(connection: Connection) -> str:
    """What the tokens of this ledger's scans begin with; others may scan the same account."""
    found = get_state(connection, INSTALLATION)
    if found is None:
        found = uuid4().hex[:12]
        put_state(connection, INSTALLATION, found)
    return f"{MARK}-{found}-"


def take_scan(
    connection: Connection, target: Target, holder: str, now: datetime, until: datetime
) -> tuple[DiskScan, bool]:
    """The scan of a target: the one that was begun and that nobody works on, or a new one.

    Answers it and whether it is the holder's now; one that another holds is not.
    """
    row = connection.execute(select(DISK_SCANS).where(DISK_SCANS.c.target == target.key)).first()
    if row is None:
        made = DiskScan(prefix_of(connection) + uuid4().hex, target, now, holder, until)
        connection.execute(insert(DISK_SCANS), _row(made))
        return made, True
    found = _scan(row)
    if found.holder != holder and found.held_until > now:
        return found, False
    connection.execute(
        update(DISK_SCANS).where(DISK_SCANS.c.token == found.token).values(holder=holder, held_until=until)
    )
    return replace(found, holder=holder, held_until=until), True


def hold_scan(connection: Connection, scan: DiskScan, until: datetime) -> bool:
    """Say that it is still worked on; False if it is another's by now."""
    mine = (DISK_SCANS.c.token == scan.token) & (DISK_SCANS.c.holder == scan.holder)
    return connection.execute(update(DISK_SCANS).where(mine).values(held_until=until)).rowcount == 1


def mark_granted(connection: Connection, scan: DiskScan) -> None:
    """Note, before it is made, that a grant may be there."""
    connection.execute(update(DISK_SCANS).where(DISK_SCANS.c.token == scan.token).values(is_granted=1))


def mark_kept(connection: Connection, scan: DiskScan) -> None:
    """Note, with what was found, that it is kept."""
    connection.execute(update(DISK_SCANS).where(DISK_SCANS.c.token == scan.token).values(is_kept=1))


def end_scan(connection: Connection, scan: DiskScan) -> None:
    """Forget it: nothing of it is left in the cloud."""
    connection.execute(delete(DISK_SCANS).where(DISK_SCANS.c.token == scan.token))


def list_scans(connection: Connection) -> list[DiskScan]:
    """All that have begun and are not cleaned up, the oldest first."""
    query = select(DISK_SCANS).order_by(DISK_SCANS.c.made_at, DISK_SCANS.c.token)
    return [_scan(row) for row in connection.execute(query)]


def get_scan(connection: Connection, token: str) -> DiskScan | None:
    """A scan as it is now."""
    row = connection.execute(select(DISK_SCANS).where(DISK_SCANS.c.token == token)).first()
    return _scan(row) if row else None


def _row(scan: DiskScan) -> dict[str, object]:
    target = scan.target
    named = {name: getattr(target, name) for name in ("type", "id", "account", "region", "name")}
    own = {name: getattr(scan, name) for name in ("token", "made_at", "holder", "held_until")}
    return {"target": target.key, "is_kept": int(scan.is_kept), "is_granted": int(scan.is_granted)} | named | own


def _scan(row: object) -> DiskScan:
    target = Target(*(getattr(row, name) for name in ("type", "id", "account", "region", "name")))
    token, made_at, holder, until = (getattr(row, name) for name in ("token", "made_at", "holder", "held_until"))
    is_kept, is_granted = (bool(getattr(row, name)) for name in ("is_kept", "is_granted"))
    return DiskScan(token, target, made_at, holder, until, is_kept, is_granted)
