"""A batch → one Arrow table with exactly the lake's columns; only the server's path imports this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from msgspec import UNSET

from nephoscope.collect.grouped import Taken
from nephoscope.model.event import COLUMNS, Column, EventBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TYPES = {
    "String": pa.string(),
    "Bool": pa.bool_(),
    "UInt8": pa.uint8(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int16": pa.int16(),
    "Array(String)": pa.list_(pa.string()),
    "DateTime64(3, 'UTC')": pa.timestamp("ms", "UTC"),
}
EMPTY = {"String": "", "UInt8": 0, "UInt16": 0, "UInt32": 0, "UInt64": 0, "Array(String)": []}


def inner_type(column: Column) -> str:
    """A ClickHouse type without LowCardinality and Nullable."""
    kind = column.type
    for wrapper in ("LowCardinality(", "Nullable("):
        if kind.startswith(wrapper):
            kind = kind[len(wrapper) : -1]
    return kind


SCHEMA = pa.schema([pa.field(column.name, TYPES[inner_type(column)]) for column in COLUMNS])


def table(batch: EventBatch, batch_id: str) -> pa.Table:
    """All records of a batch. batch_id: the ledger's, written to `origin.batch`."""
    size = len(batch)
    values = batch.filled()
    fixed = {"metadata.log_name": batch.source, "origin.object": batch.origin, "origin.batch": batch_id}
    first = batch.index(0) if size else 0
    is_run = size > 0 and batch.index(size - 1) == first + size - 1
    values["origin.index"] = range(first, first + size) if is_run else [batch.index(row) for row in range(size)]
    places = _Places()
    arrays = [
        _constant(fixed[column.name], size)
        if column.name in fixed
        else _column(column, values.get(column.name), size, places)
        for column in COLUMNS
    ]
    return pa.table(dict(zip(SCHEMA.names, arrays, strict=True)))


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Several tables as one; where their texts are not all kept alike, they are plain."""
    if any(one.schema != tables[0].schema for one in tables):
        tables = [one.cast(SCHEMA) for one in tables]
    return pa.concat_tables(tables).unify_dictionaries()


def _constant(value: str, size: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), size), [value])


class _Places(dict[int, pa.Array]):
    """Where each row's value stands, once for all columns that are taken alike."""

    def of(self, taken: Taken) -> pa.Array:
        found = self.get(id(taken.kinds))
        if found is None:
            found = self[id(taken.kinds)] = pa.array(taken.kinds, pa.int32())
        return found


def _column(column: Column, values: Sequence[Any] | None, size: int, places: _Places) -> pa.Array:
    """A column; texts that many rows share as a dictionary, so that each stands there once."""
    if not isinstance(values, Taken):
        found = _array(column, values, size)
        return found.dictionary_encode() if "LowCardinality" in column.type else found
    made = _array(column, values.values, len(values.values))
    taken = places.of(values)
    if made.type != pa.string():
        return made.take(taken)
    texts = made.dictionary_encode()
    return pa.DictionaryArray.from_arrays(texts.indices.take(taken), texts.dictionary)


def _array(column: Column, values: Sequence[Any] | None, size: int) -> pa.Array:
    kind = inner_type(column)
    if values is None or not len(values):
        empty = None if "Nullable" in column.type else EMPTY.get(kind)
        return pa.repeat(pa.scalar(empty, TYPES[kind]), size)
    if isinstance(values, range):
        return pa.array(values, TYPES[kind])
    if kind.startswith("DateTime"):
        return _moments(values, TYPES[kind])
    if "Nullable" in column.type:
        try:
            return pa.array(values, TYPES[kind])
        except pa.ArrowException:
            return _made([None if value is UNSET else value for value in values], kind)
    empty = EMPTY[kind]
    return _made([empty if value is UNSET or value is None else value for value in values], kind)


def _made(values: Sequence[Any], kind: str) -> pa.Array:
    try:
        return pa.array(values, TYPES[kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        return pa.array([_fitting(value, kind) for value in values], TYPES[kind])


def _fitting(value: Any, kind: str) -> Any:
    """The value if its column can hold it, else its empty one; what is lost so still stands in the object."""
    try:
        return pa.array([value], TYPES[kind])[0].as_py()
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        if isinstance(value, str):
            return value.encode(errors="replace").decode()
        return EMPTY.get(kind)


class _Milliseconds(dict[Any, "int | None"]):
    """Each distinct moment turned once."""

    def __missing__(self, moment: datetime) -> int:
        self[moment] = found = round(moment.timestamp() * 1000)
        return found


def _moments(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Times, or their texts where all are of the plain form."""
    if values[0].__class__ is str:
        return pa.array(values, pa.string()).cast(kind)
    known = _Milliseconds({None: None, UNSET: None})
    return pa.array([known[value] for value in values], pa.int64()).cast(kind)
