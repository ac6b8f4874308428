"""Batches whose records are mostly alike: columns are made of the kinds of records there are, and taken by record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from nephoscope.collect.batch import JsonBatch
from nephoscope.collect.layout import Rows
from nephoscope.collect.leftover import both, left_of, mended

if TYPE_CHECKING:
    from collections.abc import Iterator

WORTH = 2  # records of a kind, on average, from which grouping pays


class Taken(Sequence[Any]):
    """A column: the values of the kinds, and each record's kind."""

    def __init__(self, values: Sequence[Any], kinds: Sequence[int]) -> None:
        self.values = values
        self.kinds = kinds

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, row: Any) -> Any:
        return (
            [self.values[kind] for kind in self.kinds[row]] if isinstance(row, slice) else self.values[self.kinds[row]]
        )

    def __iter__(self) -> Iterator[Any]:
        return map(self.values.__getitem__, self.kinds)


class _Numbers(dict[Any, int]):
    """Keys numbered in the order of their coming."""

    def __missing__(self, key: Any) -> int:
        self[key] = found = len(self)
        return found


class GroupedBatch(JsonBatch):
    """Records of a layout that names what varies, each with a struct that fits."""

    @cached_property
    def _kinds(self) -> tuple[JsonBatch, list[int]] | None:
        """One record of each kind, and each record's kind; None where nearly every record is of its own."""
        structs = self.rows.structs
        if self.rows.odd or not structs:
            return None
        numbers = _Numbers()
        kinds = list(map(numbers.__getitem__, map(attrgetter(*self.layout.alike), structs)))
        if len(numbers) * WORTH > len(kinds):
            return None
        firsts = dict(zip(reversed(kinds), reversed(structs), strict=True))
        found = Rows([firsts[kind] for kind in range(len(numbers))], complete=True)
        return JsonBatch(self.layout, self.origin, found, self.first), kinds

    def typed(self, path: tuple[str, ...]) -> Sequence[Any]:
        known = self._columns.get(path)
        if known is not None:
            return known
        if path[0] not in self.layout.alike or self._kinds is None:
            return super().typed(path)
        batch, kinds = self._kinds
        found = self._columns[path] = list(map(batch.typed(path).__getitem__, kinds))
        return found

    def filled(self) -> dict[str, Sequence[Any]]:
        if self._kinds is None:
            return super().filled()
        batch, kinds = self._kinds
        batch.spread()
        alike = self.layout.alike
        found: dict[str, Sequence[Any]] = {}
        for name, column in self.columns.items():
            is_alike = self.layout.step(name).path[0] in alike
            found[column] = Taken(batch.values_for(name), kinds) if is_alike else self.values_for(name)
        found |= {column: Taken(values, kinds) for column, values in self.layout.derive(batch).items()}
        found["unmapped"] = self._leftover(batch, kinds)
        return found | self._of_each()

    def _leftover(self, batch: JsonBatch, kinds: list[int]) -> Sequence[Any]:
        names = self.layout.record.__struct_fields__
        shared = left_of(batch, self.layout.alike)
        own = left_of(self, [name for name in names if name not in self.layout.alike])
        if self.rows.complete and own.count(UNSET) == len(own):
            return Taken(shared, kinds)
        found = list(map(shared.__getitem__, kinds))
        for row, text in enumerate(own):
            if text is not UNSET:
                found[row] = both(found[row], text)
        return mended(self, found)
