"""Where targets are, as far as it decides how urgent their vulnerabilities are: {what: (value, why)} by target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from nephoscope.store.ledger import upsert
from nephoscope.store.package_tables import SURROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

AT_ONCE = 500  # rows of one statement
Body = dict[str, tuple[str, str]]


def list_surroundings(connection: Connection) -> dict[str, Body]:
    """What is known of every target, by its key."""
    rows = connection.execute(select(SURROUNDINGS))
    return {row.key: {name: (said[0], said[1]) for name, said in row.body.items()} for row in rows}


def replace_surroundings(connection: Connection, known: Mapping[str, Body]) -> set[str]:
    """Keep what is known now in place of what was; answers the targets of which something else is known."""
    before = list_surroundings(connection)
    changed = {key for key in {*before, *known} if before.get(key) != known.get(key)}
    gone: Sequence[str] = sorted(changed - known.keys())
    rows = [{"key": key, "body": known[key]} for key in sorted(changed & known.keys())]
    for start in range(0, len(gone), AT_ONCE):
        part = gone[start : start + AT_ONCE]
        connection.execute(delete(SURROUNDINGS).where(SURROUNDINGS.c.key.in_(part)))
    for start in range(0, len(rows), AT_ONCE):
        upsert(SURROUNDINGS, rows[start : start + AT_ONCE], connection)
    return changed
