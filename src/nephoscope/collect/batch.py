"""A batch of JSON records, read by column: typed structs for what is asked often, the text for the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import astuple, fields

from nephoscope.collect.layout import Layout, Rows, Step, loads, lowered
from nephoscope.collect.leftover import as_column, leftover
from nephoscope.collect.structs import inner_struct, is_all_unset
from nephoscope.model.event import EventBatch, moment

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAMP = re.compile(r"_(\d{8}T\d{4}(?:\d\d)?Z)_")
PLAIN_TIMES = re.compile(r"(?:20\d\d-[01]\d-[0-3]\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ(?:,|\Z))+")
KEPT = 2_000


class JsonBatch(EventBatch):
    """Records of one source's layout; rows lie one after the other in their object, save unreadable ones between."""

    def __init__(
        self, layout: Layout, origin: str, rows: Rows, first: int, unreadable: Sequence[tuple[int, str]] = ()
    ) -> None:
        self.layout = layout
        self.source = layout.source
        self.log_source = layout.log_source
        self.columns = layout.columns
        self.origin = origin
        self.rows = rows
        self.first = first
        self.unreadable = list(unreadable)
        self._columns: dict[tuple[str, ...], Sequence[Any]] = {}
        self._lowered: dict[int, Any] = {}
        self._parsed: dict[tuple[str, int], Any] = {}

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _indices(self) -> Sequence[int]:
        lost = {index for index, _ in self.unreadable}
        last = self.first + len(self) + len(lost)
        return [index for index in range(self.first, last) if index not in lost] if lost else range(self.first, last)

    def index(self, row: int) -> int:
        return self._indices[row]

    def values(self, field: str) -> Sequence[Any]:
        step = self.layout.step(field)
        if not step.is_typed:
            return [self.look(step, row) for row in range(len(self))]
        found = self.typed(step.path)
        if not self.rows.odd:
            return found
        return [self.look(step, row) if row in self.rows.odd else value for row, value in enumerate(found)]

    def typed(self, path: tuple[str, ...]) -> Sequence[Any]:
        """A struct's attribute, or one of a struct in it, of every row."""
        found = self._columns.get(path)
        if found is None:
            name = path[-1]
            holders = self.typed(path[:-1]) if len(path) > 1 else self.rows.structs
            try:
                found = list(map(attrgetter(name), holders))
            except AttributeError:
                found = [UNSET if holder is UNSET else getattr(holder, name, UNSET) for holder in holders]
            self._columns[path] = found
        return found

    def spread(self) -> None:
        """Take every struct apart in one go: quicker than `typed` where nearly all columns are asked for."""
        self._spread(self.layout.record, (), self.rows.structs)

    def _spread(self, kind: type[Struct], path: tuple[str, ...], holders: Sequence[Any]) -> None:
        """Columns of a struct's fields, and of those within it; a record without the struct has none of them."""
        there = [row for row, holder in enumerate(holders) if holder]
        columns = list(zip(*(astuple(holders[row]) for row in there), strict=True))
        for one, values in zip(fields(kind), columns, strict=True) if columns else ():
            found = values if len(there) == len(holders) else _scattered(values, there, len(holders))
            self._columns[(*path, one.name)] = found
            inner = inner_struct(one.type)
            if inner is not None and not is_all_unset(found):
                self._spread(inner, (*path, one.name), found)

    def value(self, field: str, row: int) -> Any:
        return self.look(self.layout.step(field), row)

    def keys(self, field: str, rows: Sequence[int]) -> Sequence[Hashable]:
        step = self.layout.step(field)
        if self.rows.odd or not step.path or step.rest:
            return super().keys(field, rows)
        column = self.typed(step.path)
        found = [column[row] for row in rows]
        return found if step.is_typed else [one if one is UNSET else bytes(one) for one in found]

    def look(self, step: Step, row: int) -> Any:
        """What one record has at a step."""
        if row in self.rows.odd or not step.path:
            return self.layout.find(self._found_in(row), step.field)
        holder: Any = self.rows.structs[row]
        for name in step.path:
            holder = getattr(holder, name, UNSET)
        if step.is_typed or holder is UNSET:
            return holder
        value = self._loads(step.head, row, holder)
        if not step.rest:
            return value
        return self.layout.find(lowered(value) if self.layout.caseless else value, step.rest)

    def _found_in(self, row: int) -> Any:
        """The record in which fields are looked for."""
        if not self.layout.caseless:
            return self.record(row)
        if row not in self._lowered:
            self._lowered[row] = lowered(self.record(row))
        return self._lowered[row]

    def _loads(self, head: str, row: int, text: Any) -> Any:
        key = (head, row)
        if key not in self._parsed:
            if len(self._parsed) > KEPT:
                self._parsed.clear()
            self._parsed[key] = loads(memoryview(text))
        return self._parsed[key]

    def record(self, row: int) -> dict[str, Any]:
        if row in self.rows.odd:
            return self.rows.odd[row]
        is_whole = self.rows.complete and ("", row) not in self._parsed
        return self._loads("", row, msgspec.json.encode(self.rows.structs[row]) if is_whole else self.rows.text(row))

    def text(self, row: int) -> str:
        return str(self.rows.text(row), "utf-8", "replace")

    @cached_property
    def has_plain_times(self) -> bool:
        """Whether each time is text of the common form, to the second, and possible."""
        step = self.layout.step(self.layout.time)
        logged = self.typed(step.path) if step.is_typed and not self.rows.odd else ()
        if not logged or not all(logged):
            return False
        distinct = set(logged)
        if PLAIN_TIMES.fullmatch(",".join(distinct)) is None:
            return False
        latest = datetime.now(UTC) + timedelta(days=1)
        days = {text[:10] for text in distinct}
        return max(distinct) <= latest.strftime("%Y-%m-%dT%H:%M:%SZ") and all(moment(day) for day in days)

    @cached_property
    def _times(self) -> tuple[list[datetime], list[tuple[int, str]]]:
        parsed = _Moments(datetime.now(UTC) + timedelta(days=1))
        logged = self.values(self.layout.time)
        times: list[datetime] = []
        notes: list[tuple[int, str]] = []
        for row, value in enumerate(logged):
            found = parsed[value] if value.__class__ is str else parsed.read(value)
            if found is None:
                found, how = self._repaired(row, times[-1] if times else None, parsed)
                notes.append((self.index(row), f"{self.layout.time} is {_shown(value)}: {how}"))
            times.append(found)
        return times, notes

    def _repaired(self, row: int, before: datetime | None, parsed: _Moments) -> tuple[datetime, str]:
        for other in self.layout.other_times:
            found = parsed.read(self.value(other, row))
            if found is not None:
                return found, f"taken from {other}"
        stamp = STAMP.search(self.origin)
        found = parsed.read(stamp.group(1)) if stamp else None
        if found is not None:
            return found, "taken from the object's name"
        return (before, "taken from the record before") if before else (EPOCH, "not known, set to 1970")

    @cached_property
    def repaired(self) -> set[int]:
        """Rows whose time is not as logged."""
        if self.has_plain_times:
            return set()
        at = {index for index, _ in self._times[1]}
        return {row for row in range(len(self)) if self.index(row) in at} if at else set()

    @property
    def times(self) -> Sequence[datetime]:
        """When each record's event happened: aware UTC, repaired where the log says nothing usable."""
        return self._times[0]

    def time(self, row: int) -> datetime:
        if self.has_plain_times:
            return datetime.fromisoformat(self.typed(self.layout.step(self.layout.time).path)[row])
        found = None if "_times" in self.__dict__ else moment(self.value(self.layout.time, row))
        return self.times[row] if found is None or found > datetime.now(UTC) else found

    @property
    def adjusted(self) -> list[tuple[int, str]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Rows that are not quite as logged."""
        times = [] if self.has_plain_times else self._times[1]
        return sorted([*((self.index(row), note) for row, note in self.rows.notes), *times])

    def filled(self) -> dict[str, Sequence[Any]]:
        """OCSF columns of every record; `unmapped` holds, as JSON, each field that no other column does."""
        self.spread()
        found: dict[str, Sequence[Any]] = {
            column: self.values_for(name) for name, column in self.columns.items() if column != "time"
        }
        found |= self.layout.derive(self)
        found["unmapped"] = leftover(self)
        return found | self._of_each()

    def _of_each(self) -> dict[str, Sequence[Any]]:
        """Columns that no two records share."""
        found = dict(self.layout.derive_each(self))
        found["time"] = self.values(self.layout.time) if self.has_plain_times else self.times
        found["metadata.uid"] = self.uids
        if self.layout.keeps_raw:
            found["raw_data"] = [self.text(row) for row in range(len(self))]
        return found

    def values_for(self, field: str) -> Sequence[Any]:
        """One field of every record as its column holds it: JSON as text, None for what has not the column's type."""
        step = self.layout.step(field)
        if not step.path:
            return [as_column(step, self.look(step, row)) for row in range(len(self))]
        found = self.typed(step.path)
        if not step.is_typed:
            has_all = UNSET not in found
            found = list(map(bytes, found)) if has_all else [UNSET if one is UNSET else bytes(one) for one in found]
        if not self.rows.odd:
            return found
        mended = list(found)
        for row in self.rows.odd:
            mended[row] = as_column(step, self.look(step, row))
        return mended

    @cached_property
    def uids(self) -> Sequence[str]:
        """Each event's id: the log's own, or its place where the log gives none."""
        name = next(name for name, column in self.columns.items() if column == "metadata.uid")
        values = self.values(name)
        if all(values) and not self.rows.odd:
            return values
        return [
            value if value.__class__ is str and value else f"{self.origin}#{self.index(row)}"
            for row, value in enumerate(values)
        ]

    def ocsf(self, row: int) -> dict[str, Any]:
        """One record's OCSF columns, those that it has."""
        found = {name: values[0] for name, values in self.only(row).filled().items()}
        found |= {"time": self.times[row], "metadata.uid": self.uids[row]}
        return {column: value for column, value in found.items() if value is not UNSET and value is not None}

    def only(self, row: int) -> JsonBatch:
        """The batch of one row."""
        return JsonBatch(self.layout, self.origin, self.rows.part(row, row + 1), self.index(row))


def _scattered(values: Sequence[Any], rows: Sequence[int], size: int) -> list[Any]:
    """Values put to their rows, UNSET elsewhere."""
    found: list[Any] = [UNSET] * size
    for row, value in zip(rows, values, strict=True):
        found[row] = value
    return found


class _Moments(dict[str, "datetime | None"]):
    """Each distinct text parsed once; what lies after `latest` is none."""

    def __init__(self, latest: datetime) -> None:
        self.latest = latest

    def __missing__(self, text: str) -> datetime | None:
        self[text] = found = self.read(text)
        return found

    def read(self, value: Any) -> datetime | None:
        found = moment(value)
        return found if found is not None and found <= self.latest else None


def _shown(value: Any) -> str:
    return "absent" if value is UNSET else repr(value)[:80]
