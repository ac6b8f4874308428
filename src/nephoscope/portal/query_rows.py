"""A query evaluated on rows in memory: for lists that lie in no store, for facets, and as the stores' oracle."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from nephoscope.model.query import And, Compare, Field, Negated, Node, Op, Or, Type, Word, at, rank

Row = Mapping[str, Any]
ORDERS: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.EQUALS: operator.eq,
    Op.LESS: operator.lt,
    Op.AT_MOST: operator.le,
    Op.MORE: operator.gt,
    Op.AT_LEAST: operator.ge,
}


def holds(node: Node, row: Row, fields: Mapping[str, Field], now: datetime) -> bool:
    """Whether a query holds of a row; free words are looked for in `search`, else in every text that it has."""
    if isinstance(node, And):
        return all(holds(part, row, fields, now) for part in node.parts)
    if isinstance(node, Or):
        return any(holds(part, row, fields, now) for part in node.parts)
    if isinstance(node, Negated):
        return not holds(node.part, row, fields, now)
    if isinstance(node, Word):
        return folded(node.text) in folded(searched(row))
    return _compared(node, row.get(node.field), fields[node.field], now)


def searched(row: Row) -> str:
    """The text of a row that free words are looked for in."""
    if "search" in row:
        return str(row["search"])
    return "\n".join(str(value) for value in row.values() if isinstance(value, str))


def folded(text: str) -> str:
    """Without regard to the case of ASCII letters, as every store can compare."""
    return "".join(chr(ord(each) + 32) if "A" <= each <= "Z" else each for each in text)


def _compared(node: Compare, found: Any, field: Field, now: datetime) -> bool:
    if field.is_many:
        values = list(found or ())
        if node.op is Op.SET:
            return bool(values)
        return any(_one(node, value, field, now) for value in values)
    return _one(node, found, field, now)


def _one(node: Compare, found: Any, field: Field, now: datetime) -> bool:
    if node.op is Op.SET:
        return found is not None and found != ""
    if found is None:
        return False
    if node.op is Op.CONTAINS:
        return folded(str(node.value)) in folded(str(found))
    if node.op is Op.LIKE and isinstance(node.value, tuple):
        return is_like(folded(str(found)), [folded(part) for part in node.value])
    wanted: Any = at(node.value, now)
    if field.type is Type.SEVERITY:
        return ORDERS[node.op](rank(found), rank(wanted))
    return ORDERS[node.op](found, wanted)


def is_like(text: str, parts: list[str]) -> bool:
    """Whether a whole text is these parts with anything between neighbours."""
    first, *middle, last = parts
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True
