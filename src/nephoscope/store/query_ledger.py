"""A list's query as conditions of the ledger: the columns are ours, every value is a bound parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, false, func, not_, or_, true

from nephoscope.model.finding import Severity
from nephoscope.model.query import And, Compare, Negated, Node, Op, Or, Type, Word, at, rank
from nephoscope.store.tables import storable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from nephoscope.model.query import Field

ESCAPE = "\\"


def condition(
    node: Node, fields: Mapping[str, Field], columns: Mapping[str, Any], words: Any, now: datetime
) -> ColumnElement[bool]:
    """A condition that is never NULL.

    columns: by field. words: the column that free words are looked for in, or a function from a text to a condition.
    """
    if isinstance(node, And):
        return and_(true(), *(condition(part, fields, columns, words, now) for part in node.parts))
    if isinstance(node, Or):
        return or_(false(), *(condition(part, fields, columns, words, now) for part in node.parts))
    if isinstance(node, Negated):
        return not_(condition(node.part, fields, columns, words, now))
    if isinstance(node, Word):
        return contains(words, node.text)
    return _compared(node, fields[node.field], columns[node.field], now)


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a text stands in a column, without regard to the case of ASCII letters."""
    return _like(column, f"%{escaped(text)}%")


def escaped(text: str) -> str:
    """A text as LIKE takes it literally."""
    return storable(text).replace(ESCAPE, ESCAPE * 2).replace("%", rf"{ESCAPE}%").replace("_", rf"{ESCAPE}_")


def _like(column: Any, pattern: str) -> ColumnElement[bool]:
    return func.coalesce(column, "").ilike(pattern, escape=ESCAPE)


def _compared(node: Compare, field: Field, column: Any, now: datetime) -> ColumnElement[bool]:
    if node.op is Op.SET:
        return and_(column.is_not(None), column != "") if field.type in (Type.TEXT, Type.WORD) else column.is_not(None)
    if node.op is Op.CONTAINS:
        return contains(column, str(node.value))
    if node.op is Op.LIKE and isinstance(node.value, tuple):
        return _like(column, "%".join(escaped(part) for part in node.value))
    value: Any = at(node.value, now)
    if field.type is Type.SEVERITY:
        column, value = ranked(column), rank(value)
    elif field.type is Type.BOOL:
        return func.coalesce(column, false()) if value else not_(func.coalesce(column, false()))
    return and_(column.is_not(None), _ordered(node.op, column, value))


def ranked(column: Any) -> Any:
    """A severity's place among the others."""
    if column.name == "severity" and "severity_rank" in column.table.c:
        return column.table.c.severity_rank
    return case({str(each): each.rank for each in Severity}, value=column, else_=0)


def _ordered(op: Op, column: Any, value: Any) -> ColumnElement[bool]:
    match op:
        case Op.LESS:
            return column < value
        case Op.AT_MOST:
            return column <= value
        case Op.MORE:
            return column > value
        case Op.AT_LEAST:
            return column >= value
        case _:
            return column == value
