"""The stream: resumes where one was, says what it could not tell, and ends with the session."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.portal.conftest import ONE, TWO
from tests.portal.serving import add_user

from nephoscope.portal import stream as streaming
from nephoscope.portal.auth.resolve import COOKIE, resolve
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.stream import Readers, step, told
from nephoscope.store.feed import forget_before, last_number, tell
from nephoscope.store.sessions import end_session, open_session


def caller(portal, *roles, accounts=("*",)):
    user = add_user(portal, f"Reader of {accounts}", *roles, accounts=accounts)
    with portal.ledger.write() as connection:
        secret, _ = open_session(connection, user.id, "password", portal.clock(), ip="", user_agent="")
    headers = [(b"cookie", f"{COOKIE}={secret}".encode())]
    scope = {"type": "http", "headers": headers, "method": "GET", "path": "/", "client": ("127.0.0.1", 1)}
    return resolve(portal, Request(scope), Response())


@pytest.fixture
def me(portal):
    return caller(portal, "viewer")


def said(parts):
    found = []
    for part in parts:
        lines = dict(line.split(": ", 1) for line in part.decode().strip().split("\n"))
        found.append((lines["event"], lines.get("id"), msgspec.json.decode(lines["data"])))
    return found


def test_one_goes_on_where_one_was_and_misses_nothing(portal, me):
    last, parts = step(me, (), 0)
    numbers = [int(number) for _, number, _ in said(parts)]

    assert numbers == list(range(1, last + 1))
    assert step(me, (), last) == (last, [])
    with portal.ledger.write() as connection:
        tell(connection, "run", [("r2", {"account": ONE})])
    assert [(event, body["key"]) for event, _, body in said(step(me, (), last)[1])] == [("run", "r2")]


def test_topics_and_scope_narrow_it(portal):
    scoped = caller(portal, "viewer", accounts=(TWO,))
    _, parts = step(scoped, (), 0)
    _, runs = step(caller(portal, "viewer"), ("run",), 0)

    assert parts
    assert {body["account"] for _, _, body in said(parts)} == {TWO}
    assert {event for event, _, _ in said(runs)} == {"run"}


def test_a_place_that_is_no_longer_kept_is_a_gap(portal, me, clock):
    with portal.ledger.write() as connection:
        forget_before(connection, clock() + timedelta(days=900))
        tell(connection, "run", [("r9", {})])
        last = last_number(connection)
    place, [gap] = step(me, (), 1)

    assert place == last
    assert said([gap])[0] == ("gap", str(last), {"from": 1, "to": last, "dropped": last - 1})


def test_who_is_too_slow_is_told_how_many_were_left_out(portal, me, monkeypatch):
    monkeypatch.setattr(streaming, "MOST_BEHIND", 3)
    place, [gap] = step(me, (), 0)

    assert said([gap])[0][2]["dropped"] == place > 3


def test_a_number_from_another_ledger_is_a_gap_too(me):
    assert said(step(me, (), 10_000)[1])[0][0] == "gap"


def collected(me, place, clock, until, most=20):
    async def read():
        found = []
        streaming.READERS.enter(me.user)
        async for part in told(me, (), place, clock):
            found.append(part)
            if until(part) or len(found) >= most:
                break
        return found

    return asyncio.run(read())


def test_it_says_that_it_lives_each_fifteen_seconds(me):
    now = [0.0]

    def clock():
        now[0] += 8
        return now[0]

    assert collected(me, None, clock, lambda part: part == b": ping\n\n")[-1] == b": ping\n\n"


def test_a_session_that_has_ended_ends_the_stream_within_a_minute(portal, me):
    now = [0.0]

    def clock():
        now[0] += 31
        return now[0]

    with portal.ledger.write() as connection:
        end_session(connection, me.session)
    assert b"event: end" in collected(me, None, clock, lambda part: b"event: end" in part)[-1]
    assert not me.is_still()
    assert not replace(me, scope=streaming_scope()).is_still()


def streaming_scope():
    from nephoscope.store.scope import Scope

    return Scope.of([])


def test_so_many_may_read_at_once():
    readers = Readers(most=3, most_each=2)
    readers.enter("a")
    readers.enter("a")
    with pytest.raises(ProblemError):
        readers.enter("a")
    readers.enter("b")
    with pytest.raises(ProblemError):
        readers.enter("c")
    readers.leave("a")
    readers.enter("c")


@pytest.mark.parametrize("headers", [{"Last-Event-ID": "x"}, {"Last-Event-ID": "9" * 25}])
def test_a_place_is_a_number(viewer, headers):
    assert viewer.request("GET", "/api/v1/stream", headers=headers).status_code == 422
    assert viewer.get("stream", topics="weather").status_code == 422
