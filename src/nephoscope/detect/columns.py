"""A batch's values as tests see them; a column is read once, and only if asked for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nephoscope.detect.dispatch import TEXT
from nephoscope.detect.terms import PLAIN, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from nephoscope.model.event import EventBatch

JSON_COLUMNS = frozenset(("api.request.data", "api.response.data", "unmapped", "raw_data"))
FEW = 10  # of a batch's rows one in so many is asked for: then the column is not read whole


class Undotted(frozenset[str]):
    """Every field that is not nested."""

    def __contains__(self, field: object) -> bool:
        return isinstance(field, str) and "." not in field


def cheap_fields(columns: Mapping[str, str]) -> Container[str]:
    """The fields that can be read by column without decoding JSON.

    columns: the log's field → OCSF column; none means that nesting is all that costs.
    """
    return {name for name, column in columns.items() if column not in JSON_COLUMNS} or Undotted()


def _normalised(values: Sequence[Any]) -> Sequence[Any]:
    return values if PLAIN.issuperset(map(type, values)) else list(map(normal, values))


class Columns:
    """One batch, normalised: text, numbers, None, UNSET, and tuples of them."""

    def __init__(self, batch: EventBatch, cheap: Container[str]) -> None:
        self.batch = batch
        self.cheap = cheap
        self._whole: dict[str, Sequence[Any]] = {}
        self._cells: dict[str, dict[int, Any]] = defaultdict(dict)

    def whole(self, field: str) -> Sequence[Any]:
        """A field of every row."""
        found = self._whole.get(field)
        if found is None:
            found = self._whole[field] = self._read(field)
        return found

    def _read(self, field: str) -> Sequence[Any]:
        if field == TEXT:
            return [self.batch.text(row) for row in range(len(self.batch))]
        return _normalised(self.batch.values(field))

    def some(self, field: str, rows: Sequence[int]) -> list[Any]:
        """A field of some rows."""
        column = self._whole.get(field)
        if column is None and self._is_read_whole(field, len(rows)):
            column = self.whole(field)
        if column is not None:
            return [column[row] for row in rows]
        cells = self._cells[field]
        new = [row for row in rows if row not in cells] if cells else rows
        if new:
            cells.update(zip(new, self._read_some(field, new), strict=True))
        return [cells[row] for row in rows]

    def _read_some(self, field: str, rows: Sequence[int]) -> Sequence[Any]:
        if field == TEXT:
            return [self.batch.text(row) for row in rows]
        return _normalised(self.batch.some(field, rows))

    def _is_read_whole(self, field: str, rows: int) -> bool:
        return not self.batch.reads_rows and field in self.cheap and FEW * rows > len(self.batch)

    def cell(self, field: str, row: int) -> Any:
        """A field of one row."""
        column = self._whole.get(field)
        if column is not None:
            return column[row]
        cells = self._cells[field]
        if row not in cells:
            cells[row] = normal(self.batch.value(field, row))
        return cells[row]

    def picker(self, fields: Sequence[str], rows: int) -> Callable[[int], tuple[Any, ...]]:
        """From a row to its values of several fields; `rows`: how many rows will be asked for."""
        if fields and all(field in self._whole or self._is_read_whole(field, rows) for field in fields):
            columns = [self.whole(field) for field in fields]
            return lambda row: tuple([column[row] for column in columns])
        pick = self.batch.picker(fields)

        def picked(row: int) -> tuple[Any, ...]:
            values = pick(row)
            return values if PLAIN.issuperset(map(type, values)) else tuple(map(normal, values))

        return picked
