"""Files of hosts as the ledger keeps them: changes that stand or ended, baselines, approvals of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  dataclasses' fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from nephoscope.store.integrity_tables import CHANGE_APPROVALS, HOST_BASELINES, HOST_CHANGES
from nephoscope.store.ledger import upsert
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

AT_ONCE = 500


@dataclass(frozen=True)
class FileChange:
    """A path of a host that is not as its baseline has it. change: of path and what lies there now, on any host.

    class_, explanation, trust: as the agent explains it. ended_at: when it was again as it was.
    """

    host: str
    path: str
    class_: str
    severity: str
    change: str
    is_explained: bool
    first_at: datetime
    at: datetime
    watched: str = ""
    explanation: str = ""
    trust: str = ""
    package: str = ""
    sha256: str = ""
    ended_at: datetime | None = None

    @property
    def key(self) -> str:
        return key_of(self.host, self.path)


@dataclass(frozen=True)
class FileBaseline:
    """What a watched path of a host is compared with. sha256: of the one that holds here; told_sha256: as last told.

    oldest_hash_at: since when every part was read whole; None where that is not known.
    """

    host: str
    path: str
    root: str
    sha256: str
    told_sha256: str
    entries: int
    adopted_at: datetime
    looked_at: datetime
    unseen: int = 0
    explained: int = 0
    unexplained: int = 0
    oldest_hash_at: datetime | None = None

    @property
    def is_replaced(self) -> bool:
        """Whether the host compares with another baseline than holds here."""
        return self.told_sha256 != self.sha256


@dataclass(frozen=True)
class FileApproval:
    """That a change is as it should be, on every host."""

    change: str
    path: str
    why: str
    by_whom: str
    at: datetime


def put_change(connection: Connection, change: FileChange) -> None:
    """Keep a change, in the place of what was told of its path before."""
    row = {name: getattr(change, name) for name in FileChange.__dataclass_fields__ if name != "class_"}
    row |= {"key": change.key, "class": change.class_, "is_explained": int(change.is_explained)}
    upsert(HOST_CHANGES, [row], connection)


def get_change(connection: Connection, host: str, path: str) -> FileChange | None:
    """What was told last of a path."""
    row = connection.execute(select(HOST_CHANGES).where(HOST_CHANGES.c.key == key_of(host, path))).one_or_none()
    return _change(row) if row else None


def list_changes(connection: Connection, host: str = "", *, with_ended: bool = False) -> list[FileChange]:
    """Changes, latest first; of one host, or of all."""
    query = select(HOST_CHANGES).order_by(HOST_CHANGES.c.at.desc(), HOST_CHANGES.c.key)
    query = query.where(HOST_CHANGES.c.host == host) if host else query
    query = query if with_ended else query.where(HOST_CHANGES.c.ended_at.is_(None))
    return [_change(row) for row in connection.execute(query)]


def changes_of(connection: Connection, ids: Iterable[str]) -> list[FileChange]:
    """What stands of changes, on every host that has them."""
    wanted, found = list(ids), list[FileChange]()
    for at in range(0, len(wanted), AT_ONCE):
        some = HOST_CHANGES.c.change.in_(wanted[at : at + AT_ONCE]) & HOST_CHANGES.c.ended_at.is_(None)
        found += [_change(row) for row in connection.execute(select(HOST_CHANGES).where(some))]
    return found


def _change(row: Any) -> FileChange:
    told: dict[str, Any] = {name: getattr(row, name.rstrip("_")) for name in FileChange.__dataclass_fields__}
    told["is_explained"] = bool(told["is_explained"])
    return FileChange(**told)


def put_file_baseline(connection: Connection, baseline: FileBaseline) -> None:
    """Keep what a look at a watched path told."""
    row = {name: getattr(baseline, name) for name in FileBaseline.__dataclass_fields__}
    upsert(HOST_BASELINES, [row | {"key": key_of(baseline.host, baseline.path)}], connection)


def list_file_baselines(connection: Connection, host: str = "", path: str = "") -> list[FileBaseline]:
    """Baselines by host and path; of one host or all, of one path or all."""
    query = select(HOST_BASELINES).order_by(HOST_BASELINES.c.host, HOST_BASELINES.c.path)
    query = query.where(HOST_BASELINES.c.host == host) if host else query
    query = query.where(HOST_BASELINES.c.path == path) if path else query
    names = list(FileBaseline.__dataclass_fields__)
    return [FileBaseline(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]


def put_approval(connection: Connection, approval: FileApproval) -> None:
    """Keep an approval; the latest of one change holds."""
    upsert(
        CHANGE_APPROVALS, [{name: getattr(approval, name) for name in FileApproval.__dataclass_fields__}], connection
    )


def get_approval(connection: Connection, change: str) -> FileApproval | None:
    """Who approved a change."""
    row = connection.execute(select(CHANGE_APPROVALS).where(CHANGE_APPROVALS.c.change == change)).one_or_none()
    return _approval(row) if row else None


def _approval(row: Any) -> FileApproval:
    return FileApproval(*(getattr(row, name) for name in FileApproval.__dataclass_fields__))


def list_approvals(connection: Connection) -> list[FileApproval]:
    """Every approval, latest first."""
    rows = connection.execute(
        select(CHANGE_APPROVALS).order_by(CHANGE_APPROVALS.c.at.desc(), CHANGE_APPROVALS.c.change)
    )
    return [_approval(row) for row in rows]


def drop_approval(connection: Connection, change: str) -> bool:
    """Take an approval back; answers whether there was one."""
    return connection.execute(delete(CHANGE_APPROVALS).where(CHANGE_APPROVALS.c.change == change)).rowcount > 0
