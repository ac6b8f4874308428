"""Where the rows of a list come from: the ledger, the lake, or memory; all alike to whoever pages, counts, exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Protocol

from nephoscope.model.finding import Severity
from nephoscope.model.query import And, Field, Node, Type, conjuncts, fields_of
from nephoscope.portal.query_rows import holds
from nephoscope.store import lake_lists, ledger_lists
from nephoscope.store.feed import last_number

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller
    from nephoscope.store.lake_lists import LakeList
    from nephoscope.store.ledger_lists import LedgerList, Sort

VALUES = 50
Counts = list[tuple[str, int]]


@dataclass(frozen=True)
class Rows:
    """A page as it was read. places: where each row stands in the order; shapes: as it is shown."""

    places: list[list[Any]]
    shapes: list[Any]


class Source(Protocol):
    """A list's rows. Everything it gives is within the caller's scope."""

    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Field]: ...
    @property
    def default_sort(self) -> str: ...
    def page(self, me: Caller, node: Node, sort: Sort, after: Sequence[Any] | None, limit: int) -> Rows: ...
    def count(self, me: Caller, node: Node) -> tuple[int, bool]: ...
    def facets(self, me: Caller, node: Node, names: Sequence[str]) -> dict[str, Counts]: ...


def without(node: Node, name: str) -> Node:
    """A query without the parts that ask about one field only: what a facet of that field counts under."""
    return And(tuple(part for part in conjuncts(node) if fields_of(part) != {name}))


@dataclass(frozen=True)
class LedgerSource:
    """Rows of the ledger. shown: rows as the API shows them, read in the same transaction."""

    listing: LedgerList
    shown: Callable[[Caller, Any, list[Any]], list[Any]]

    @property
    def name(self) -> str:
        return self.listing.name

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.listing.fields

    @property
    def default_sort(self) -> str:
        return self.listing.default_sort

    def page(self, me: Caller, node: Node, sort: Sort, after: Sequence[Any] | None, limit: int) -> Rows:
        """A page in order."""
        with me.portal.ledger.read() as connection:
            now = me.portal.clock()
            rows = ledger_lists.page(connection, self.listing, node, me.scope, now, sort=sort, after=after, limit=limit)
            places = [ledger_lists.place(self.listing, sort, row) for row in rows]
            return Rows(places, self.shown(me, connection, rows))

    def count(self, me: Caller, node: Node) -> tuple[int, bool]:
        """How many there are, and whether that is all; kept until something changes, or for a moment."""
        with me.portal.ledger.read() as connection:
            if (judged := self._judged(me, connection, node)) is not None:
                return sum(rows for _, rows, failed in judged if not failed), True
            key = ("count", self.name, node, me.scope, last_number(connection))
            return me.portal.cache.get(
                key, lambda: ledger_lists.count(connection, self.listing, node, me.scope, me.portal.clock()), 3.0
            )

    def facets(self, me: Caller, node: Node, names: Sequence[str]) -> dict[str, Counts]:
        """Counts by facet: those of the cube at once, the others one by one."""
        found: dict[str, Counts] = {}
        now = me.portal.clock()
        with me.portal.ledger.read() as connection:
            judged = self._judged(me, connection, node)
            for name in names:
                if judged is not None and name in self.listing.cube:
                    found[name] = _counted(judged, name)
                else:
                    rest = without(node, name)
                    found[name] = ledger_lists.values(connection, self.listing, rest, me.scope, now, name, VALUES + 1)
        return found

    def _judged(self, me: Caller, connection: Any, node: Node) -> list[Judged] | None:
        """Combinations of the cube's fields; None without a cube, or where there are too many of them.

        What the query asks of those fields is asked of combinations in memory, the rest of the ledger, once.
        """
        cube = frozenset(self.listing.cube)
        if not cube:
            return None
        parts = conjuncts(node)
        stored = And(tuple(part for part in parts if not fields_of(part) <= cube))
        asked = [part for part in parts if fields_of(part) <= cube]
        now = me.portal.clock()
        key = ("cube", self.name, stored, me.scope, last_number(connection))
        found = me.portal.cache.get(key, lambda: ledger_lists.cube(connection, self.listing, stored, me.scope, now))
        if len(found) >= ledger_lists.MOST_COMBINATIONS:
            return None
        return [
            (row, rows, [fields_of(part) for part in asked if not holds(part, row, self.fields, now)])
            for row, rows in found
        ]


Judged = tuple[Mapping[str, Any], int, list[frozenset[str]]]


def _counted(judged: Sequence[Judged], name: str) -> Counts:
    """A facet's values under what is asked of the other fields."""
    counter = Counter[str]()
    for row, rows, failed in judged:
        if all(fields == {name} for fields in failed):
            counter[_text(row[name])] += rows
    return most_common(counter)


def most_common(counter: Counter[str]) -> Counts:
    """Values by frequency, then by name; empty ones are left out."""
    ordered = sorted(
        ((value, count) for value, count in counter.items() if value), key=lambda each: (-each[1], each[0])
    )
    return ordered[: VALUES + 1]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class LakeSource:
    """Rows of the lake."""

    listing: LakeList
    shown: Callable[[Caller, list[dict[str, Any]]], list[Any]]

    @property
    def name(self) -> str:
        return self.listing.name

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.listing.fields

    @property
    def default_sort(self) -> str:
        return self.listing.default_sort

    def page(self, me: Caller, node: Node, sort: Sort, after: Sequence[Any] | None, limit: int) -> Rows:
        """A page in order."""
        now = me.portal.clock()
        rows = lake_lists.page(me.portal.lake, self.listing, node, me.scope, now, sort=sort, after=after, limit=limit)
        return Rows([lake_lists.place(self.listing, sort, row) for row in rows], self.shown(me, rows))

    def count(self, me: Caller, node: Node) -> tuple[int, bool]:
        """How many there are, and whether that is all; kept for a moment."""
        return me.portal.cache.get(
            ("count", self.name, node, me.scope),
            lambda: lake_lists.count(me.portal.lake, self.listing, node, me.scope, me.portal.clock()),
            5.0,
        )

    def facets(self, me: Caller, node: Node, names: Sequence[str]) -> dict[str, Counts]:
        """Counts by facet, kept for a moment."""
        return {name: self._facet(me, without(node, name), name) for name in names}

    def _facet(self, me: Caller, node: Node, name: str) -> Counts:
        lake, now = me.portal.lake, me.portal.clock()
        return me.portal.cache.get(
            ("facet", self.name, node, me.scope, name),
            lambda: lake_lists.values(lake, self.listing, node, me.scope, now, name, VALUES + 1),
        )


@dataclass(frozen=True)
class MemorySource:
    """Rows that the program holds itself. rows: of a caller, already within their scope. shape: of a row."""

    name: str
    fields: Mapping[str, Field]
    default_sort: str
    key: str
    rows: Callable[[Caller], Sequence[Mapping[str, Any]]]
    shape: type[Any]

    def page(self, me: Caller, node: Node, sort: Sort, after: Sequence[Any] | None, limit: int) -> Rows:
        """A page in order."""
        descends = [each for _, each in sort] + [sort[-1][1] if sort else False]

        def compared(one: Any, other: Any) -> int:
            return _compared(one[0], other[0], descends)

        placed = sorted(((self._place(row, sort), row) for row in self._matching(me, node)), key=cmp_to_key(compared))
        found = [each for each in placed if after is None or _compared(each[0], after, descends) > 0][:limit]
        shapes = [self.shape(**{name: row[name] for name in self.shape.model_fields}) for _, row in found]
        return Rows([place for place, _ in found], shapes)

    def count(self, me: Caller, node: Node) -> tuple[int, bool]:
        """How many there are."""
        return len(self._matching(me, node)), True

    def facets(self, me: Caller, node: Node, names: Sequence[str]) -> dict[str, Counts]:
        """Counts by facet."""
        found: dict[str, Counts] = {}
        for name in names:
            is_many = self.fields[name].is_many
            rows = self._matching(me, without(node, name))
            given = (value for row in rows for value in (row[name] if is_many else [row[name]]))
            found[name] = most_common(Counter(_text(value) for value in given if value is not None))
        return found

    def _matching(self, me: Caller, node: Node) -> list[Mapping[str, Any]]:
        now = me.portal.clock()
        return [row for row in self.rows(me) if holds(node, row, self.fields, now)]

    def _place(self, row: Mapping[str, Any], sort: Sort) -> list[Any]:
        return [*(_sortable(self.fields[name], row[name]) for name, _ in sort), row[self.key]]


def _sortable(field: Field, value: Any) -> Any:
    if field.type is Type.SEVERITY:
        return Severity(value).rank
    if value is None:
        return 0 if field.type is Type.NUMBER else ""
    return value.isoformat() if field.type is Type.TIME else value


def _compared(one: Sequence[Any], other: Sequence[Any], descends: Sequence[bool]) -> int:
    for mine, theirs, down in zip(one, other, descends, strict=True):
        if mine != theirs:
            return (-1 if mine < theirs else 1) * (-1 if down else 1)
    return 0
