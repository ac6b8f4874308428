"""What triggers did, and when: for quiet periods, limits and "last fired"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from nephoscope.store.ledger import insert_new
from nephoscope.store.run_tables import FIRINGS
from nephoscope.store.state import drop_state, get_state, put_state

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Firing:
    """One time that a trigger acted. occasion: what tells it from others; number: of the change in the feed."""

    trigger: str
    occasion: str
    number: int
    outcome: str
    run: str
    at: datetime


def add_firing(connection: Connection, firing: Firing) -> None:
    """Keep that a trigger acted; the same change again is the same firing."""
    row = {"trigger_name": firing.trigger, "occasion": firing.occasion, "number": firing.number}
    insert_new(FIRINGS, [row | {"at": firing.at, "outcome": firing.outcome, "run": firing.run}], connection)


def last_firing(connection: Connection, trigger: str, occasion: str = "") -> datetime | None:
    """When a trigger last acted, on one occasion or on any; None if it never did."""
    query = select(func.max(FIRINGS.c.at)).where(FIRINGS.c.trigger_name == trigger)
    if occasion:
        query = query.where(FIRINGS.c.occasion == occasion)
    return connection.scalar(query)


def count_firings(connection: Connection, trigger: str, since: datetime) -> int:
    """How often a trigger has acted since a moment."""
    query = select(func.count()).where(FIRINGS.c.trigger_name == trigger, FIRINGS.c.at >= since)
    return int(connection.scalar(query) or 0)


def stand_still(connection: Connection, trigger: str, why: str, at: datetime | None = None) -> None:
    """Have a trigger do nothing more until somebody resets it."""
    put_state(connection, f"trigger/{trigger}", {"why": why, "at": (at or datetime.now(UTC)).isoformat()})


def stands_still(connection: Connection, trigger: str) -> str:
    """Why a trigger stands still; empty if it does not."""
    kept = get_state(connection, f"trigger/{trigger}")
    return kept["why"] if kept else ""


def reset_trigger(connection: Connection, trigger: str) -> None:
    """Let a trigger act again."""
    drop_state(connection, f"trigger/{trigger}")
