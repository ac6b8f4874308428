"""Since when the resources of an account and type are watched: what was there already did not happen just now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

ALWAYS = "1970-01-01T00:00:00+00:00"
NOT_YET = ""


def begin_watching(connection: Connection, account: str, types: Iterable[str], known: Iterable[str]) -> None:
    """A pass over these types begins. known: those of which resources are on record, which are watched already."""
    kept = _kept(connection, account)
    on_record = set(known)
    new = {type_: ALWAYS if type_ in on_record else NOT_YET for type_ in types if type_ not in kept}
    if new:
        put_state(connection, _name(account), kept | new)


def watch_from(connection: Connection, account: str, types: Iterable[str], at: datetime) -> None:
    """A pass has read all of these types; what comes about from now on is new."""
    kept = _kept(connection, account)
    begun = {type_: at.isoformat() for type_ in types if kept.get(type_) == NOT_YET}
    if begun:
        put_state(connection, _name(account), kept | begun)


def was_there(connection: Connection, account: str, type_: str, at: datetime) -> bool:
    """Whether what was seen at a moment may have been there before watching began; never for what no pass reads."""
    since = _kept(connection, account).get(type_)
    return since is not None and (since == NOT_YET or at <= datetime.fromisoformat(since))


def is_watched(connection: Connection, account: str, type_: str) -> bool:
    """Whether a pass has read all resources of an account and type."""
    return _kept(connection, account).get(type_, NOT_YET) != NOT_YET


def _kept(connection: Connection, account: str) -> dict[str, str]:
    return get_state(connection, _name(account)) or {}


def _name(account: str) -> str:
    return f"watched/{account}"
