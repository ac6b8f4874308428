"""Batches for whoever asks a few fields of every record and the others of a few records only, as detection does."""

from __future__ import annotations

import typing
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct

from nephoscope.collect.batch import JsonBatch
from nephoscope.collect.layout import Layout, Rows, loads
from nephoscope.collect.structs import inner_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Tree = dict[str, "Tree"]


def narrowed(layout: Layout, fields: Iterable[str]) -> Layout:
    """A layout whose struct holds these fields, and the time, only."""
    paths = [path for name in (layout.time, *fields) if (path := layout.step(name).path)]
    return replace(layout, record=_kept(layout.record, _tree(paths)), wide=layout)


def _tree(paths: Iterable[tuple[str, ...]]) -> Tree:
    tree: Tree = {}
    for path in paths:
        at = tree
        for name in path:
            at = at.setdefault(name, {})
    return tree


def _kept(kind: type[Struct], tree: Tree) -> type[Struct]:
    kept = [one for one in msgspec.structs.fields(kind) if one.name in tree]
    fields = [(one.name, _kept_type(one.type, tree[one.name]), one.default) for one in kept]
    names = {one.name: one.encode_name for one in kept}
    return msgspec.defstruct(kind.__name__, fields, rename=names, gc=False)


def _kept_type(kind: Any, tree: Tree) -> Any:
    inner = inner_struct(kind)
    if inner is None:
        return kind
    others = (one for one in typing.get_args(kind) if one is not inner)
    return typing.Union[(_kept(inner, tree), *others)]  # noqa: UP007


class NarrowBatch(JsonBatch):
    """Records of a narrowed layout; a row that is asked for any other field is decoded whole, once."""

    reads_rows = True

    def __init__(
        self, layout: Layout, origin: str, rows: Rows, first: int, unreadable: Sequence[tuple[int, str]] = ()
    ) -> None:
        super().__init__(layout, origin, rows, first, unreadable)
        self._wide_layout = layout.wide or layout
        known = Rows([None] * len(rows), rows.chunk, rows.start, dict(rows.odd), rows.notes)
        self._wide = JsonBatch(self._wide_layout, origin, known, first, unreadable)

    def _struct(self, row: int) -> Any:
        """A row's whole struct; an empty one if no struct fits, and then the row is odd."""
        rows = self._wide.rows
        found = rows.structs[row]
        if found is None:
            try:
                found = self._wide_layout.one.decode(rows.text(row))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                rows.odd[row] = loads(rows.text(row))
                found = self._wide_layout.record()
            rows.structs[row] = found
        return found

    def values(self, field: str) -> Sequence[Any]:
        if self.layout.step(field).path:
            return super().values(field)
        return [self.value(field, row) for row in range(len(self))]

    def value(self, field: str, row: int) -> Any:
        step = self.layout.step(field)
        return self.look(step, row) if step.path else self.some(field, (row,))[0]

    def some(self, field: str, rows: Sequence[int]) -> Sequence[Any]:
        step = self._wide_layout.step(field)
        found: list[Any] = [self._struct(row) for row in rows]
        if step.is_typed and self._wide.rows.odd.keys().isdisjoint(rows):
            for name in step.path:
                found = [getattr(holder, name, UNSET) for holder in found]
            return found
        return [self._wide.look(step, row) for row in rows]

    def record(self, row: int) -> dict[str, Any]:
        return self._wide.record(row)

    def picker(self, fields: Sequence[str]) -> Callable[[int], tuple[Any, ...]]:
        steps = [self._wide_layout.step(name) for name in fields]
        if len(steps) < 2 or not all(step.is_typed for step in steps):
            return super().picker(fields)
        pick = picker(tuple(step.path for step in steps))
        odd, slow = self._wide.rows.odd, super().picker(fields)

        def picked(row: int) -> tuple[Any, ...]:
            struct = self._struct(row)
            return slow(row) if row in odd else pick(struct)

        return picked

    def filled(self) -> dict[str, Sequence[Any]]:
        return self._whole(range(len(self))).filled()

    def only(self, row: int) -> JsonBatch:
        return self._whole([row])

    def _whole(self, rows: Sequence[int]) -> JsonBatch:
        """Some rows as the wide layout has them."""
        found, _ = self._wide_layout.singly([bytes(self.rows.text(row)) for row in rows], self.first)
        return JsonBatch(self._wide_layout, self.origin, found, self.index(rows[0]) if rows else self.first)


@lru_cache(maxsize=1_000)
def picker(paths: tuple[tuple[str, ...], ...]) -> Callable[[Any], tuple[Any, ...]]:
    """From a struct to the attributes at paths, two or more; UNSET below a struct that is not there."""
    flat = _flat(_tree(paths))
    found = list(_leaves(_tree(paths)))
    arranged = itemgetter(*(found.index(path) for path in paths))
    return lambda struct: arranged(flat(struct))


def _leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield from ((*path, name) for name, below in tree.items() if not below)
    for name, below in tree.items():
        if below:
            yield from _leaves(below, (*path, name))


def _flat(tree: Tree) -> Callable[[Any], tuple[Any, ...]]:
    """From a struct to all of a tree's attributes, in the order of `_leaves`."""
    names = [name for name, below in tree.items() if not below]
    own = attrgetter(*names) if len(names) > 1 else lambda holder: tuple([getattr(holder, name) for name in names])
    deeper = [
        (attrgetter(name), _flat(below), (UNSET,) * len(list(_leaves(below)))) for name, below in tree.items() if below
    ]
    if not deeper:
        return own

    def found(holder: Any) -> tuple[Any, ...]:
        values = own(holder)
        for get, inner, blank in deeper:
            values += inner(below) if (below := get(holder)) else blank
        return values

    return found
