"""Tables by name: found by their folder, collected with bounds, told whole, as a difference, or with a cause."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from nephoscope.agent import tables
from nephoscope.agent.canonical import Row, canonical, digest_of, ordered
from nephoscope.agent.host import Host, Unreadable, shown

MOST_ROWS = 50_000
MOST_BYTES = 16 << 20
MOST_TEXT = 4096
MOST_ITEMS = 1000


def names() -> list[str]:
    """All tables, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(tables.__path__))


def collect(host: Host, name: str) -> list[str]:
    """A table's rows as sorted canonical JSON, cut to bounds. Raises Unreadable with the cause, whatever it was."""
    if name not in names():
        raise Unreadable(name, "there is no such table")
    try:
        found = importlib.import_module("%s.%s" % (tables.__name__, name)).rows(host)
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - boundary: one table; the others go on
        raise Unreadable(name, "%s: %s" % (type(error).__name__, error)) from error
    if len(found) > MOST_ROWS:
        raise Unreadable(name, "has %d rows, more than %d" % (len(found), MOST_ROWS))
    lines = ordered(_bounded(row) for row in found)
    size = sum(map(len, lines))
    if size > MOST_BYTES:
        raise Unreadable(name, "holds %d bytes, more than %d" % (size, MOST_BYTES))
    return lines


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        text = shown(value)
        return text if len(text) <= MOST_TEXT else "%s… [%d characters cut]" % (text[:MOST_TEXT], len(text) - MOST_TEXT)
    if isinstance(value, dict):
        return {_bounded(str(key)): _bounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        cut = [_bounded(each) for each in value[:MOST_ITEMS]]
        return cut + (["… [%d more]" % (len(value) - MOST_ITEMS)] if len(value) > MOST_ITEMS else [])
    return value


def record(name: str, at: int, lines: list[str], before: list[str] | None) -> str:
    """A table as a record: whole without a look before, else the difference, empty lists where nothing changed.

    lines, before: what `collect` gave now and at the look that the gateway has. Returns JSON text.
    """
    head: Row = {"kind": "table", "name": name, "at": at, "digest": digest_of(lines)}
    if before is None:
        return _with(head, {"rows": lines})
    had, has = set(before), set(lines)
    added = [line for line in lines if line not in had]
    removed = [line for line in before if line not in has]
    if len(added) + len(removed) > len(lines):
        return _with(head, {"rows": lines})
    head["base"] = digest_of(before)
    return _with(head, {"added": added, "removed": removed})


def _with(head: Row, lists: dict[str, list[str]]) -> str:
    """The record's JSON, its rows put in as they are rather than parsed and written again."""
    rest = "".join(',"%s":[%s]' % (key, ",".join(lines)) for key, lines in lists.items())
    return canonical(head)[:-1] + rest + "}"


def unread(name: str, at: int, cause: str) -> str:
    """A table that could not be read, as a record."""
    return canonical({"kind": "table", "name": name, "at": at, "cause": shown(cause)})
