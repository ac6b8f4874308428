"""What people say of findings: notes, and that they have seen one and deal with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, select, update

from nephoscope.store.feed import tell
from nephoscope.store.portal_tables import FINDING_NOTES
from nephoscope.store.tables import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

AT_ONCE = 1_000


@dataclass(frozen=True)
class Note:
    """kind: note, acknowledged, unacknowledged."""

    by: str
    at: datetime
    kind: str
    text: str


def acknowledge(connection: Connection, uids: Sequence[str], by: str, text: str, at: datetime) -> None:
    """Say that somebody deals with findings; it holds until it is taken back, or the finding opens again."""
    _set(connection, uids, {"acknowledged_by": by, "acknowledged_at": at})
    _say(connection, uids, "acknowledged", by, text, at)


def unacknowledge(connection: Connection, uids: Sequence[str], by: str, text: str, at: datetime) -> None:
    """Take it back."""
    _set(connection, uids, {"acknowledged_by": "", "acknowledged_at": None})
    _say(connection, uids, "unacknowledged", by, text, at)


def add_note(connection: Connection, uid: str, by: str, text: str, at: datetime) -> None:
    """Say something of a finding."""
    _say(connection, [uid], "note", by, text, at)


def notes_of(connection: Connection, uid: str) -> list[Note]:
    """What was said of a finding, oldest first."""
    query = select(FINDING_NOTES).where(FINDING_NOTES.c.finding == uid)
    rows = connection.execute(query.order_by(FINDING_NOTES.c.made_at, FINDING_NOTES.c.id))
    return [Note(row.by_name, row.made_at, row.kind, row.text) for row in rows]


def _set(connection: Connection, uids: Sequence[str], values: dict[str, object]) -> None:
    for start in range(0, len(uids), AT_ONCE):
        connection.execute(update(FINDINGS).where(FINDINGS.c.uid.in_(uids[start : start + AT_ONCE])).values(**values))


def _say(connection: Connection, uids: Sequence[str], kind: str, by: str, text: str, at: datetime) -> None:
    rows = [
        {"id": uuid4().hex, "finding": uid, "kind": kind, "by_name": by, "made_at": at, "text": text} for uid in uids
    ]
    if not rows:
        return
    connection.execute(insert(FINDING_NOTES), rows)
    places = dict(iter(_accounts(connection, uids)))
    said = {"note": kind, "by": by}
    tell(connection, "finding", [(uid, {"uid": uid, "account": places.get(uid, ""), **said}) for uid in uids])


def _accounts(connection: Connection, uids: Sequence[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for start in range(0, len(uids), AT_ONCE):
        query = select(FINDINGS.c.uid, FINDINGS.c.account).where(FINDINGS.c.uid.in_(uids[start : start + AT_ONCE]))
        found += [(row.uid, row.account) for row in connection.execute(query)]
    return found
