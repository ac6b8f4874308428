"""A host's tables: put together from what is told of them, and proven by their digest.

A table's digest is the SHA-256 of the canonical JSON of its rows, sorted by their own; canonical JSON has sorted keys,
no spaces, and nothing but ASCII. A row that is there twice counts once.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nephoscope.fleet.batches import TableRecord

Row = dict[str, Any]
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


class BadTable(ValueError):
    """What is told of a table does not make the table whose digest it names."""


def canonical(value: object) -> str:
    """A value's canonical JSON."""
    return ENCODER.encode(value)


def digest_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """A table's digest. Raises BadTable for rows that are nested too deeply."""
    return _digest(_lines(rows))


def _lines(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    try:
        return {canonical(row) for row in rows}
    except RecursionError:
        raise BadTable("its rows are nested too deeply") from None


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256(f"[{','.join(sorted(lines))}]".encode()).hexdigest()


def is_whole(record: TableRecord) -> bool:
    """Whether a record holds all of the table's rows."""
    return record.rows is not None


def applied(record: TableRecord, base: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The table's rows after a record that has no cause, each once, in order. Raises BadTable.

    base: the rows before, whose digest the record's base is, where it tells a difference.
    """
    if record.rows is not None:
        lines = _lines(record.rows)
    elif record.added is not None and record.removed is not None:
        lines = (_lines(base) - _lines(record.removed)) | _lines(record.added)
    else:
        raise BadTable("it has neither rows nor a difference nor a cause")
    if _digest(lines) != record.digest:
        raise BadTable("its rows are not those of its digest")
    return [json.loads(line) for line in sorted(lines)]
