"""Deliveries: what is to be sent to whom, kept until it was.

A delivery is made in the transaction that moves its exporter's place in the feed, under an id made of what it tells;
so none is lost and none is made twice. Deliveries about one thing to one exporter are sent in the order of the feed.
One that was taken in hand and not ended is sent again when its time is over; the receiver can know it by its id.

States: waiting (to be sent when due) · collected (for a digest) · held (an escalation, if still open then) ·
parked (refused: until somebody retries or drops it) · sent · digested · replaced · cancelled · dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, or_, select, update

from nephoscope.store.export_tables import ACKNOWLEDGEMENTS, DELIVERIES
from nephoscope.store.ledger import insert_new, upsert
from nephoscope.store.tables import FINDINGS, key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

AT_ONCE = 1_000
CLAIM = timedelta(minutes=5)
ENDED = ("sent", "digested", "replaced", "cancelled", "dropped")
UNSENT = ("waiting", "parked")  # what those behind it, about the same thing, wait for
OPENING = ("opened", "reopened", "escalated")
_D = DELIVERIES.c


@dataclass(frozen=True)
class Delivery:
    """One thing for one exporter. subject: what it is about; number: its place in the feed; body: the notice."""

    id: str
    exporter: str
    route: str
    what: str
    subject: str
    title: str
    revision: int
    number: int
    state: str
    body: Mapping[str, Any]
    made_at: datetime
    due_at: datetime
    tries: int = 0
    claimed_by: str = ""
    claimed_until: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""


def delivery_id(exporter: str, route: str, subject: str, revision: int, what: str = "") -> str:
    """The same for the same thing told to the same exporter by the same route. what: of an escalation or a digest."""
    return key_of("delivery", exporter, route, subject, str(revision), what)


def put_deliveries(connection: Connection, made: Sequence[Delivery]) -> None:
    """Keep new deliveries; those that are there already stay as they are.

    One about a thing replaces waiting news of a mere change of it, and what waits about it goes no later than the new.
    """
    for each in made:
        mine = and_(_D.exporter == each.exporter, _D.subject == each.subject, _D.number < each.number)
        unsent = and_(mine, _D.state == "waiting", _D.claimed_until.is_(None))
        if each.state == "waiting" and each.what != "opened":
            older = update(DELIVERIES).where(unsent, _D.what == "changed", _D.tries == 0)
            connection.execute(older.values(state="replaced", ended_at=each.made_at))
            later = update(DELIVERIES).where(unsent, _D.due_at > each.due_at, _D.tries == 0)
            connection.execute(later.values(due_at=each.due_at))
    insert_new(DELIVERIES, [_row(each) for each in made], connection)


def cancel_held(connection: Connection, exporter: str, subject: str, at: datetime) -> None:
    """What was to be escalated of a thing that is over is not."""
    held = update(DELIVERIES).where(_D.exporter == exporter, _D.subject == subject, _D.state == "held")
    connection.execute(held.values(state="cancelled", ended_at=at))


def told_by(connection: Connection, exporter: str, subjects: Collection[str]) -> dict[str, set[str]]:
    """By which routes an exporter was told, or will be, that a thing is open, and not that it is over; by subject."""
    query = (
        select(_D.subject, _D.route, _D.what)
        .where(_D.exporter == exporter, _D.subject.in_(list(subjects)))
        .where(_D.what.in_((*OPENING, "resolved")), _D.state.not_in(("held", "cancelled", "dropped")))
        .order_by(_D.number, _D.made_at)
    )
    found: dict[str, set[str]] = {}
    for subject, route, what in connection.execute(query):
        routes = found.setdefault(subject, set())
        if what in OPENING:
            routes.add(route)
        else:
            routes.clear()
    return found


def last_sent_at(connection: Connection, exporter: str, route: str, subject: str) -> datetime | None:
    """When an exporter was last told of a thing by a route."""
    query = select(func.max(_D.ended_at)).where(_D.exporter == exporter, _D.route == route, _D.subject == subject)
    return connection.scalar(query.where(_D.state == "sent"))


def claim(connection: Connection, exporter: str, by: str, now: datetime, limit: int) -> list[Delivery]:
    """Take deliveries that are due in hand, the oldest first, and of each thing only the first that is unsent."""
    before = DELIVERIES.alias()
    is_behind = exists().where(
        before.c.exporter == _D.exporter,
        before.c.subject == _D.subject,
        before.c.number < _D.number,
        before.c.state.in_(UNSENT),
    )
    is_free = or_(_D.claimed_until.is_(None), _D.claimed_until <= now)
    query = (
        select(DELIVERIES)
        .where(_D.exporter == exporter, _D.state == "waiting", _D.due_at <= now, is_free, ~is_behind)
        .order_by(_D.number, _D.id)
        .limit(limit)
    )
    found = [_delivery(row) for row in connection.execute(query)]
    taken = update(DELIVERIES).where(_D.id.in_([each.id for each in found]))
    connection.execute(taken.values(claimed_by=by, claimed_until=now + CLAIM))
    return found


def release(connection: Connection, exporter: str, by: str) -> int:
    """Let go of what an earlier process of this name had in hand; returns how many."""
    mine = and_(_D.exporter == exporter, _D.claimed_by == by, _D.state == "waiting", _D.claimed_until.is_not(None))
    return connection.execute(update(DELIVERIES).where(mine).values(claimed_until=None, claimed_by="")).rowcount


def put_sent(connection: Connection, ids: Collection[str], at: datetime) -> None:
    """These were taken by their receiver."""
    done = update(DELIVERIES).where(_D.id.in_(list(ids)))
    connection.execute(done.values(state="sent", ended_at=at, claimed_until=None, error="", tries=_D.tries + 1))


def put_failed(connection: Connection, id_: str, why: str, due_at: datetime | None, *, is_refused: bool = True) -> None:
    """One was not taken: to be tried again at a time, or parked if there is none.

    is_refused: that counts as a try; a receiver that is down does not.
    """
    failed = update(DELIVERIES).where(_D.id == id_)
    values: dict[str, Any] = {"error": why[:1000], "claimed_until": None, "tries": _D.tries + int(is_refused)}
    values |= {"state": "parked"} if due_at is None else {"due_at": due_at}
    connection.execute(failed.values(**values))


def due_states(connection: Connection, exporter: str, now: datetime) -> set[str]:
    """In which states (waiting, collected, held) an exporter has something that is due."""
    query = select(_D.state).distinct().where(_D.exporter == exporter, _D.due_at <= now)
    return set(connection.scalars(query.where(_D.state.in_(("waiting", "collected", "held")))))


def due_of(connection: Connection, exporter: str, state: str, now: datetime) -> list[Delivery]:
    """What is collected or held and due, in order."""
    query = select(DELIVERIES).where(_D.exporter == exporter, _D.state == state, _D.due_at <= now)
    return [_delivery(row) for row in connection.execute(query.order_by(_D.number, _D.id).limit(AT_ONCE))]


def put_state_of(connection: Connection, ids: Iterable[str], state: str, at: datetime) -> None:
    """Set the state of deliveries; those that end do so at a moment."""
    wanted = list(ids)
    values: dict[str, Any] = {"state": state, "ended_at": at if state in ENDED else None}
    for start in range(0, len(wanted), AT_ONCE):
        connection.execute(update(DELIVERIES).where(_D.id.in_(wanted[start : start + AT_ONCE])).values(**values))


def release_held(connection: Connection, delivery: Delivery, body: Mapping[str, Any]) -> None:
    """An escalation's time has come: send it, saying how things stand now."""
    connection.execute(update(DELIVERIES).where(_D.id == delivery.id).values(state="waiting", body=dict(body)))


def retry(connection: Connection, ids: Collection[str], now: datetime) -> list[Delivery]:
    """Send parked deliveries again, from now; those that are not parked stay as they are. Returns what is retried."""
    found = [each for each in get_deliveries(connection, ids) if each.state == "parked"]
    again = update(DELIVERIES).where(_D.id.in_([each.id for each in found]))
    connection.execute(again.values(state="waiting", tries=0, due_at=now, claimed_until=None))
    return found


def drop(connection: Connection, ids: Collection[str], now: datetime) -> list[Delivery]:
    """Give up deliveries that are not sent; what waited behind them goes on. Returns them."""
    found = [each for each in get_deliveries(connection, ids) if each.state not in ENDED]
    put_state_of(connection, [each.id for each in found], "dropped", now)
    return found


def get_deliveries(connection: Connection, ids: Collection[str]) -> list[Delivery]:
    """Deliveries by id; those not known are left out."""
    query = select(DELIVERIES).where(_D.id.in_(list(ids))).order_by(_D.number, _D.id)
    return [_delivery(row) for row in connection.execute(query)]


def list_deliveries(
    connection: Connection,
    *,
    exporter: str = "",
    states: Collection[str] = (),
    subject: str = "",
    beginning: str = "",
    limit: int = 200,
) -> list[Delivery]:
    """Deliveries, the newest first. beginning: of the id."""
    wanted: list[ColumnElement[bool]] = []
    if exporter:
        wanted.append(_D.exporter == exporter)
    if states:
        wanted.append(_D.state.in_(list(states)))
    if subject:
        wanted.append(_D.subject == subject)
    if beginning:
        wanted.append(_D.id.startswith(beginning, autoescape=True))
    query = select(DELIVERIES).where(*wanted).order_by(_D.made_at.desc(), _D.number.desc(), _D.id).limit(limit)
    return [_delivery(row) for row in connection.execute(query)]


def count_deliveries(connection: Connection) -> dict[str, dict[str, int]]:
    """How many deliveries are in which state, by exporter."""
    query = select(_D.exporter, _D.state, func.count()).group_by(_D.exporter, _D.state).order_by(_D.exporter, _D.state)
    counts: dict[str, dict[str, int]] = {}
    for exporter, state, count in connection.execute(query):
        counts.setdefault(exporter, {})[state] = int(count)
    return counts


def forget_deliveries(connection: Connection, before: datetime) -> int:
    """Drop what ended before a moment, but for what is about findings that are still open; returns how many."""
    still_open = select(FINDINGS.c.uid).where(FINDINGS.c.status != "resolved")
    gone = delete(DELIVERIES).where(_D.state.in_(ENDED), _D.ended_at < before, _D.subject.not_in(still_open))
    return connection.execute(gone).rowcount


def acknowledge(connection: Connection, subject: str, by: str, at: datetime | None = None) -> None:
    """Somebody has a finding in hand: what was to be escalated of it is not."""
    now = at or datetime.now(UTC)
    upsert(ACKNOWLEDGEMENTS, [{"subject": subject, "acknowledged_by": by, "at": now}], connection)
    held = update(DELIVERIES).where(_D.subject == subject, _D.state == "held")
    connection.execute(held.values(state="cancelled", ended_at=now, error=f"acknowledged by {by}"))


def acknowledged_at(connection: Connection, subject: str) -> datetime | None:
    """When somebody last took a finding in hand."""
    return connection.scalar(select(ACKNOWLEDGEMENTS.c.at).where(ACKNOWLEDGEMENTS.c.subject == subject))


def _row(delivery: Delivery) -> dict[str, Any]:
    return {column.name: getattr(delivery, column.name) for column in DELIVERIES.columns}


def _delivery(row: Any) -> Delivery:
    return Delivery(**{column.name: getattr(row, column.name) for column in DELIVERIES.columns})
