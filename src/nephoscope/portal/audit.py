"""What somebody did, kept in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.store.audit import Entry, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller


def entry_of(me: Caller, action: str, about: str, detail: Mapping[str, Any], outcome: str) -> Entry:
    """A caller's deed as the log keeps it."""
    return Entry(me.user, me.name, me.way, me.ip, action, about, outcome, dict(detail))


def note(
    connection: Connection,
    me: Caller,
    action: str,
    about: str = "",
    detail: Mapping[str, Any] | None = None,
    outcome: str = "done",
) -> None:
    """Keep it in the transaction that does it."""
    record(connection, entry_of(me, action, about, detail or {}, outcome), me.portal.clock())


def noted(
    me: Caller, action: str, about: str = "", detail: Mapping[str, Any] | None = None, outcome: str = "done"
) -> None:
    """Keep it by itself."""
    with me.portal.ledger.write() as connection:
        note(connection, me, action, about, detail, outcome)
