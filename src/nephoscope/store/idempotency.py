"""Answers of actions, kept for a day under the caller's key, so that a retry does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from nephoscope.store.portal_tables import IDEMPOTENCY

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Answered:
    """What was answered. digest: of the request."""

    digest: str
    body: str


def known_answer(connection: Connection, key: str) -> Answered | None:
    """The answer that was given under a key; None for a new one."""
    row = connection.execute(select(IDEMPOTENCY).where(IDEMPOTENCY.c.key == key)).one_or_none()
    return Answered(row.digest, row.body) if row else None


def keep_answer(connection: Connection, key: str, digest: str, body: str, at: datetime) -> None:
    """Keep an answer, in the transaction of what it answers; those of yesterday are forgotten."""
    connection.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.made_at < at - KEPT))
    row = {"key": key, "digest": digest, "status": 200, "body": body, "made_at": at}
    connection.execute(insert(IDEMPOTENCY), row)
