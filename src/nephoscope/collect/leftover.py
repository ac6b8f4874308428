"""What no column holds of a record: the `unmapped` column, so that nothing of a record is lost in the lake."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct

from nephoscope.collect.layout import loads
from nephoscope.collect.structs import inner_struct, is_all_unset

if TYPE_CHECKING:
    from collections.abc import Container

    from nephoscope.collect.batch import JsonBatch
    from nephoscope.collect.layout import Step


SCALARS = (str, int, float, bool)
ENCODER = msgspec.json.Encoder()
Column = Sequence[Any]


def leftover(batch: JsonBatch) -> list[Any]:
    """JSON text of each record's fields that no column holds; UNSET for a record that has none.

    A mapped field is left over too where its column cannot show it: an explicit null, an unusable time, an odd type.
    """
    return mended(batch, left_of(batch, batch.layout.record.__struct_fields__))


def left_of(batch: JsonBatch, names: Container[str]) -> list[Any]:
    """The same of some of the struct's attributes only, as far as structs hold it."""
    built = _rest(batch, batch.layout.record, (), "", names)
    return _encoded(built) if built is not None else [UNSET] * len(batch)


def mended(batch: JsonBatch, texts: list[Any]) -> list[Any]:
    """Texts with those put right whose records have more than their structs."""
    rows = batch.rows
    for row in [*rows.odd, *(() if rows.complete else _incomplete(batch))]:
        texts[row] = _of_record(batch, row)
    return texts


def both(first: Any, second: Any) -> Any:
    """One text of what two hold."""
    if first is UNSET or second is UNSET:
        return second if first is UNSET else first
    return b"%b,%b" % (first[:-1], second[1:])


def _incomplete(batch: JsonBatch) -> list[int]:
    """Rows whose records have fields that their struct does not."""
    strict = batch.layout.strict
    found: list[int] = []
    for row in range(len(batch)):
        try:
            strict.decode(batch.rows.text(row))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found.append(row)
    return [row for row in found if row not in batch.rows.odd]


def _rest(
    batch: JsonBatch, kind: type[Struct], path: tuple[str, ...], named: str, of: Container[str] | None = None
) -> Column | None:
    """A struct of what is left of each record's struct at a path; None if nothing is left of any."""
    names: list[str] = []
    columns: list[Column] = []
    for one in msgspec.structs.fields(kind):
        if of is not None and one.name not in of:
            continue
        values = batch.typed((*path, one.name))
        if is_all_unset(values):
            continue
        kept = _left(batch, one, (*path, one.name), f"{named}{one.encode_name}")
        if kept is not None:
            names.append(one.encode_name)
            columns.append(kept)
    if not names:
        return None
    return _built(_struct(tuple(names)), columns, batch.typed(path) if path else ())


def _left(batch: JsonBatch, one: Any, path: tuple[str, ...], field: str) -> Column | None:
    """What is left of one field."""
    columns = batch.layout.columns
    if field in columns:
        if Raw in batch.layout.step(field).kinds:
            return None
        return _kept(batch.typed(path), batch.repaired if field == batch.layout.time else set())
    inner = inner_struct(one.type)
    if inner is not None and any(name.startswith(f"{field}.") for name in columns):
        return _with_nulls(batch.typed(path), _rest(batch, inner, path, f"{field}."))
    return batch.typed(path)


def _with_nulls(holders: Column, left: Column | None) -> Column | None:
    if not [None for holder in holders if holder is None]:
        return left
    return [None if holder is None else kept for holder, kept in zip(holders, left or repeat(UNSET))]  # noqa: B905


def _kept(values: Column, repaired: set[int]) -> Column | None:
    """Of a mapped field: only what its column cannot show."""
    if not repaired and not [None for value in values if value is None]:
        return None
    return [value if value is None or row in repaired else UNSET for row, value in enumerate(values)]


def _built(kind: type[Struct], columns: list[Column], holders: Column) -> Column:
    """A struct of what is left of each row. holders: those that it is left of, if they stand within others."""
    if not holders:
        return _where_any(kind, columns)
    if all(holders):
        return list(map(kind, *columns))
    found: list[Any] = [UNSET] * len(holders)
    empty = kind(*[UNSET] * len(columns))
    for row, holder in enumerate(holders):
        if holder:
            one = kind(*[column[row] for column in columns])
            found[row] = UNSET if one == empty else one
    return found


def _where_any(kind: type[Struct], columns: list[Column]) -> Column:
    """The same, UNSET where nothing is left."""
    size = len(columns[0])
    there = {row for column in columns for row, value in enumerate(column) if value is not UNSET}
    if len(there) == size:
        return list(map(kind, *columns))
    rows = sorted(there)
    found: list[Any] = [UNSET] * size
    for row, one in zip(rows, map(kind, *([column[row] for row in rows] for column in columns)), strict=True):
        found[row] = one
    return found


@lru_cache(maxsize=256)
def _struct(names: tuple[str, ...]) -> type[Struct]:
    fields: list[Any] = [(f"f{number}", Any, UNSET) for number in range(len(names))]
    rename = {f"f{number}": name for number, name in enumerate(names)}
    return msgspec.defstruct("Rest", fields, rename=rename, gc=False)


def _encoded(built: Column) -> list[Any]:
    there = [one for one in built if one is not UNSET]
    lines = ENCODER.encode_lines(there).split(b"\n")
    if len(lines) != len(there) + 1:
        lines = [ENCODER.encode(one) for one in there]
    texts = iter([UNSET if line == b"{}" else line for line in lines])
    return [UNSET if one is UNSET else next(texts) for one in built]


def _of_record(batch: JsonBatch, row: int) -> bytes:
    """What is left of one record, taken from all of it."""
    record = batch.rows.odd.get(row)
    record = loads(batch.rows.text(row)) if record is None else record
    layout = batch.layout
    names = [name for field in layout.columns for name in layout.aliases.get(field.lower(), (field,))]
    mapped = frozenset(name.lower() if layout.caseless else name for name in names)
    left = _without(record, "", mapped, batch, row)
    return ENCODER.encode(left)


def _without(value: dict[str, Any], named: str, mapped: frozenset[str], batch: JsonBatch, row: int) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for key, inner in value.items():
        field = f"{named}{key.lower() if batch.layout.caseless else key}"
        if field in mapped:
            step = batch.layout.step(field)
            is_shown = as_column(step, inner) is not None and (field != batch.layout.time or row not in batch.repaired)
            if is_shown:
                continue
        elif isinstance(inner, dict) and any(name.startswith(f"{field}.") for name in mapped):
            inner = _without(inner, f"{field}.", mapped, batch, row)
            if not inner:
                continue
        left[key] = inner
    return left


def as_column(step: Step, value: Any) -> Any:
    """A decoded value as a column holds it; None for one of a type that the column has not."""
    if value is UNSET:
        return UNSET
    if Raw in step.kinds:
        return ENCODER.encode(value)
    return value if type(value) in (step.kinds or SCALARS) else None
