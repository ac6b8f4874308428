"""Lists of the ledger: filtered by a query within a scope, paged by key, counted, and counted by facet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from nephoscope.model.query import fields_of
from nephoscope.store.query_ledger import condition, ranked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from nephoscope.model.query import Field, Node
    from nephoscope.store.scope import Scope

MOST_COUNTED = 100_000
MOST_COMBINATIONS = 50_000
MOST_READ = 1_000_000_000

Sort = tuple[tuple[str, bool], ...]  # (field, is descending)


@dataclass(frozen=True)
class LedgerList:
    """A list that lies in one table (or selectable).

    columns: of the fields. key: what tells rows apart; the last part of every order. account: the column that scope
    holds of; None where only callers of all accounts come. words: the column of free words. cube: fields of few values
    that are counted together, in the order of an index; raw: the column that stands for a field there; covered: other
    fields that the index holds too.
    """

    name: str
    source: Any
    fields: Mapping[str, Field]
    columns: Mapping[str, Any]
    key: tuple[Any, ...]
    account: Any
    words: Any
    default_sort: str
    cube: tuple[str, ...] = ()
    only: tuple[Any, ...] = field(default=())
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])
    covered: frozenset[str] = frozenset()


def matching(listing: LedgerList, node: Node, scope: Scope, now: datetime) -> ColumnElement[bool]:
    """The rows of a query within a scope."""
    return and_(_within(listing, scope), condition(node, listing.fields, listing.columns, listing.words, now))


def _within(listing: LedgerList, scope: Scope) -> ColumnElement[bool]:
    from sqlalchemy import false, true

    if listing.account is None:
        return and_(true() if scope.is_all else false(), *listing.only)
    return and_(scope.condition(listing.account), *listing.only)


def page(
    connection: Connection,
    listing: LedgerList,
    node: Node,
    scope: Scope,
    now: datetime,
    *,
    sort: Sort,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Any]:
    """Rows in order of `sort`, then key; after: `place` of the last row of the page before."""
    orders = _orders(listing, sort)
    query = select(listing.source).where(matching(listing, node, scope, now))
    if after is not None:
        query = query.where(_past(orders, after))
    ordered = (column.desc() if descends else column.asc() for column, descends in orders)
    return list(connection.execute(query.order_by(*ordered).limit(limit)))


def place(listing: LedgerList, sort: Sort, row: Any) -> list[Any]:
    """Where a row stands in an order: the values that `page` goes on after."""
    values = row._mapping
    sorted_by = [values[_sorted_column(listing.columns[name]).name] for name, _ in sort]
    return [*sorted_by, *(values[column.name] for column in listing.key)]


def _orders(listing: LedgerList, sort: Sort) -> list[tuple[Any, bool]]:
    orders = [(_sorted_column(listing.columns[name]), descends) for name, descends in sort]
    last = sort[-1][1] if sort else False
    return [*orders, *((column, last) for column in listing.key)]


def _sorted_column(column: Any) -> Any:
    return ranked(column) if column.name == "severity" else column


def _past(orders: Sequence[tuple[Any, bool]], after: Sequence[Any]) -> ColumnElement[bool]:
    """Behind a place: by the first column that differs. The outer bound lets an index be entered there."""
    (column, descends), value = orders[0], after[0]
    beyond = column < value if descends else column > value
    if len(orders) == 1:
        return beyond
    reached = column <= value if descends else column >= value
    return and_(reached, or_(beyond, and_(column == value, _past(orders[1:], after[1:]))))


def count(connection: Connection, listing: LedgerList, node: Node, scope: Scope, now: datetime) -> tuple[int, bool]:
    """How many rows there are, and whether that is all of them: counting ends at a hundred thousand."""
    some = select(listing.key[0]).where(matching(listing, node, scope, now)).limit(MOST_COUNTED + 1).subquery()
    found = int(connection.scalar(select(func.count()).select_from(some)) or 0)
    return min(found, MOST_COUNTED), found <= MOST_COUNTED


def cube(connection: Connection, listing: LedgerList, node: Node, scope: Scope, now: datetime) -> list[tuple[Any, int]]:
    """How many rows have which combination of the cube's fields."""
    columns = [listing.raw.get(name, listing.columns[name]) for name in listing.cube]
    where = matching(listing, node, scope, now)
    if not fields_of(node) <= {*listing.cube, *listing.covered}:
        # Rows have to be read: in the table's order, not hither and thither in the index's.
        columns = list(select(*columns).where(where).limit(MOST_READ).subquery().c)
        query = select(*columns, func.count()).group_by(*columns)
    else:
        query = select(*columns, func.count()).where(where).group_by(*columns)
    rows = connection.execute(query.limit(MOST_COMBINATIONS))
    return [(_combination(listing, values), int(rows)) for *values, rows in rows]


def _combination(listing: LedgerList, values: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(listing.cube, values, strict=True))
    return found | {name: bool(found[name]) for name in listing.raw}


def values(
    connection: Connection, listing: LedgerList, node: Node, scope: Scope, now: datetime, name: str, limit: int
) -> list[tuple[str, int]]:
    """The most frequent values of a field, with how many rows have each."""
    column = listing.columns[name]
    query = select(column, func.count()).where(matching(listing, node, scope, now)).group_by(column)
    found = connection.execute(query.order_by(func.count().desc(), column).limit(limit))
    return [(str(value), int(rows)) for value, rows in found if value not in (None, "")]
