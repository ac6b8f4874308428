"""The live stream: the feed's changes as server-sent events, each reader at its own pace.

A reader that falls further behind than `MOST_BEHIND`, or asks to go on behind what is no longer kept, gets an event
`gap` and goes on at what is newest. So a slow reader holds no memory here: what waits for it is the feed itself.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from nephoscope.portal.problems import ProblemError
from nephoscope.store.feed import changes_after, first_number, last_number

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller
    from nephoscope.store.feed import Change

TOPICS = ("finding", "item", "coverage", "event", "run", "schedule")
LOOK_S = 0.5
PING_S = 15.0
RECHECK_S = 60.0
MOST_BEHIND = 5_000
AT_ONCE = 200
RETRY_MS = 3_000
MOST_READERS = 100


@dataclass
class Readers:
    """How many read at once, of all and of one user."""

    most: int = MOST_READERS
    most_each: int = 20
    _now: dict[str, int] = field(default_factory=dict[str, int], init=False)

    def enter(self, user: str) -> None:
        """Count one in. Raises `too-many`."""
        if sum(self._now.values()) >= self.most or self._now.get(user, 0) >= self.most_each:
            raise ProblemError("too-many", "Too many streams are open", headers={"Retry-After": "5"})
        self._now[user] = self._now.get(user, 0) + 1

    def leave(self, user: str) -> None:
        """Count one out."""
        self._now[user] = self._now.get(user, 1) - 1
        if self._now[user] <= 0:
            del self._now[user]


READERS = Readers()


def stream(me: Caller, topics: str, after: int | None, last_event_id: str | None) -> StreamingResponse:
    """The answer that goes on until the reader leaves, or the session ends."""
    wanted = tuple(name.strip() for name in topics.split(",") if name.strip())
    if wrong := [name for name in wanted if name not in TOPICS]:
        raise ProblemError("bad-value", f"There is no topic {wrong[0][:50]}; there are {', '.join(TOPICS)}")
    place = after
    if last_event_id is not None:
        if not last_event_id.isdecimal() or len(last_event_id) > 18:
            raise ProblemError("bad-value", "Last-Event-ID is a number that the stream gave")
        place = int(last_event_id)
    READERS.enter(me.user)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(told(me, wanted, place), media_type="text/event-stream", headers=headers)


async def told(
    me: Caller, topics: tuple[str, ...], place: int | None, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[bytes]:
    """The stream's bytes."""
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        last_sent = last_checked = clock()
        number = await run_in_threadpool(_last, me) if place is None else place
        yield sent("ready", {"after": number}, number)
        while True:
            number, parts = await run_in_threadpool(step, me, topics, number)
            for part in parts:
                yield part
            now = clock()
            if parts:
                last_sent = now
            elif now - last_sent >= PING_S:
                yield b": ping\n\n"
                last_sent = now
            if now - last_checked >= RECHECK_S:
                if not await run_in_threadpool(me.is_still):
                    yield sent("end", {"why": "the session has ended, or its rights have changed"})
                    return
                last_checked = now
            if len(parts) < AT_ONCE:
                await asyncio.sleep(LOOK_S)
    finally:
        READERS.leave(me.user)


def _last(me: Caller) -> int:
    with me.portal.ledger.read() as connection:
        return last_number(connection)


def step(me: Caller, topics: tuple[str, ...], number: int) -> tuple[int, list[bytes]]:
    """What there is behind a place: the new place, and the events to send."""
    with me.portal.ledger.read() as connection:
        first, last = first_number(connection), last_number(connection)
        if number > last:
            return last, [gap(number, last, 0)]
        if number + 1 < first or last - number > MOST_BEHIND:
            return last, [gap(number, last, last - number)]
        changes = changes_after(connection, number, topics, AT_ONCE)
    parts = [sent(change.topic, _body(change), change.number) for change in changes if in_scope(me, change)]
    if len(changes) < AT_ONCE:
        return last, parts
    return changes[-1].number, parts


def in_scope(me: Caller, change: Change) -> bool:
    """Whether a change may be told: what names no account, to callers of all."""
    return me.scope.is_all or me.scope.holds(str(change.body.get("account") or ""))


def _body(change: Change) -> dict[str, Any]:
    return {"number": change.number, "topic": change.topic, "key": change.key, "at": change.made_at, **change.body}


def gap(number: int, last: int, dropped: int) -> bytes:
    """Changes that cannot be told: read the lists again."""
    return sent("gap", {"from": number, "to": last, "dropped": dropped}, last)


def sent(event: str, body: dict[str, Any], number: int | None = None) -> bytes:
    """One event; JSON holds no line's end."""
    place = f"id: {number}\n" if number is not None else ""
    return f"{place}event: {event}\ndata: ".encode() + msgspec.json.encode(body) + b"\n\n"
