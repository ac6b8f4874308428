"""Attempts to sign in: counted before they are judged, given back where they were right; who fails has to wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nephoscope.portal.problems import ProblemError
from nephoscope.store.sessions import count_attempt, forgive_attempts, give_back_attempt

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FREE_OF_PAIR = 3
FREE_OF_USER = 30
FREE_OF_ADDRESS = 20


def counted(me: Caller, name: str = "") -> None:
    """Count an attempt: of the address, and of a name where one is said. Raises `too-many` after failures."""
    free = {_address(me): FREE_OF_ADDRESS}
    if name:
        free |= dict(zip(_named(me, name), (FREE_OF_PAIR, FREE_OF_USER), strict=True))
    now = me.portal.clock()
    with me.portal.ledger.write() as connection:
        wait = max(count_attempt(connection, key, n, now) for key, n in free.items())
    if wait:
        raise ProblemError("too-many", headers={"Retry-After": str(int(wait) + 1)})


def was_right(connection: Connection, me: Caller, name: str = "") -> None:
    """Forget failures under a name; of the address only this attempt, for others may share it."""
    if name:
        forgive_attempts(connection, *_named(me, name))
    give_back_attempt(connection, _address(me))


def paced(me: Caller) -> None:
    """Let an address that did not sign in begin something, so many times a minute. Raises `too-many`."""
    if wait := me.portal.pace.wait_s(me.ip, time.monotonic()):
        raise ProblemError("too-many", headers={"Retry-After": str(wait)})


def _address(me: Caller) -> str:
    return f"address {me.ip}"


def _named(me: Caller, name: str) -> tuple[str, str]:
    return f"pair {name[:200]} {me.ip}", f"user {name[:200]}"
