"""How one source's JSON lies: the struct for what is asked often, and what its fields mean."""

from __future__ import annotations

import json
import re
import typing
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct

from nephoscope.collect.structs import closed, inner_struct, sharing, shut
from nephoscope.model.event import LogSource, at_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nephoscope.collect.batch import JsonBatch

Text = bytes | memoryview
LONE_SURROGATE = re.compile(
    r"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


def loads(text: Text) -> Any:
    """Decode one JSON value, also one with lone surrogates or a number beyond every type.

    Raises ValueError for what is not JSON, RecursionError for what is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = LONE_SURROGATE.sub(r"\1\\ufffd", str(bytes(text), "utf-8", "replace"))
        return json.loads(mended, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


@dataclass
class Chunk:
    """A part of a content that was decoded in one call: an array, or (lines) values one after the other."""

    text: Text = b""
    lines: bool = False
    known: list[bytes] | None = None

    @cached_property
    def texts(self) -> list[Any]:
        """Each record's text."""
        if self.known is not None:
            return self.known
        return RAW_LINES.decode_lines(self.text) if self.lines else RAW_ARRAY.decode(self.text)


RAW_LINES = msgspec.json.Decoder(Raw)
RAW_ARRAY = msgspec.json.Decoder(list[Raw])


@dataclass
class Rows:
    """Records: one struct each; odd: those that no struct fits, as decoded; notes: what was mended, by row."""

    structs: list[Any]
    chunk: Chunk = field(default_factory=Chunk)
    start: int = 0
    odd: dict[int, Any] = field(default_factory=dict[int, Any])
    notes: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    complete: bool = False  # structs hold every field of their records

    def __len__(self) -> int:
        return len(self.structs)

    def text(self, row: int) -> memoryview:
        return memoryview(self.chunk.texts[self.start + row])

    def part(self, start: int, end: int) -> Rows:
        """Some of the rows, from one to before another."""
        if start == 0 and end >= len(self):
            return self
        odd = {row - start: value for row, value in self.odd.items() if start <= row < end}
        notes = [(row - start, note) for row, note in self.notes if start <= row < end]
        return Rows(self.structs[start:end], self.chunk, self.start + start, odd, notes, self.complete)


@dataclass(frozen=True)
class Step:
    """How a field is reached: through the struct's attributes `path`, then `rest` within the text that lies there.

    An empty path: the record's text must be asked. is_typed: the attribute is the value. kinds: the attribute's types.
    """

    field: str
    path: tuple[str, ...] = ()
    rest: str = ""
    is_typed: bool = False
    kinds: tuple[Any, ...] = ()

    @property
    def head(self) -> str:
        return ".".join(self.path)


def nothing(_: JsonBatch) -> dict[str, list[Any]]:
    """No derived columns."""
    return {}


@dataclass(frozen=True)
class Layout:
    """A source's records.

    record: a Struct of the fields asked often, every one optional (UNSET), objects that are seldom asked as Raw.
    columns: field → OCSF column, copied as it stands. derive: further OCSF columns of a batch.
    varying: the struct's attributes that differ from record to record, as Raw ones do. Where they are named, records
    alike in all others are of one kind, and columns are made of kinds; structs within must then be `eq=False`.
    derive_each: OCSF columns that varying attributes imply.
    envelope: names of the array in a document around the records. time, other_times: where an event's time stands.
    caseless: fields are found whatever their case. aliases: {name in lower case: names to try}, for logs that have
    several forms; a text with its translation ({"value", "localizedValue"}) counts as the text.
    keeps_raw: the lake keeps the text of records, since no object lies anywhere to point to.
    wide: the layout of which this one keeps some fields only.
    """

    source: str
    log_source: LogSource
    record: type[Struct]
    columns: Mapping[str, str]
    time: str
    envelope: tuple[str, ...] = ()
    other_times: tuple[str, ...] = ()
    derive: Callable[[JsonBatch], Mapping[str, Sequence[Any]]] = nothing
    varying: frozenset[str] = frozenset()
    derive_each: Callable[[JsonBatch], Mapping[str, Sequence[Any]]] = nothing
    caseless: bool = False
    keeps_raw: bool = False
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    wide: Layout | None = None

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return {self._key(step.field): step for step in _steps(self.record)}

    def _key(self, name: str) -> str:
        return name.lower() if self.caseless else name

    def step(self, name: str) -> Step:
        """How a field is reached."""
        known = self._steps.get(self._key(name))
        if known is not None:
            return known
        head, rest = name, ""
        while "." in head:
            head, _, last = head.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
            outer = self._steps.get(self._key(head))
            if outer is not None:
                inner = f"{outer.rest}.{rest}" if outer.rest else rest
                known = Step(name, () if outer.is_typed else outer.path, inner)
                break
        known = self._steps[self._key(name)] = known or Step(name)
        return known

    def find(self, value: Any, path: str) -> Any:
        """What stands at a path of decoded JSON (whose keys are in lower case already, if that does not matter)."""
        if not self.caseless:
            return at_path(value, path)
        for name in self.aliases.get(path.lower(), (path,)):
            found = at_path(value, name.lower())
            if found is not UNSET:
                return found["value"] if isinstance(found, dict) and "localizedvalue" in found else found
        return UNSET

    @cached_property
    def alike(self) -> tuple[str, ...]:
        """The struct's attributes that tell kinds of records apart; none where kinds are not told."""
        if not self.varying:
            return ()
        found = msgspec.structs.fields(self.record)
        return tuple(one.name for one in found if one.name not in self.varying and Raw not in typing.get_args(one.type))

    @cached_property
    def _decoders(self) -> tuple[tuple[Any, Any, bool], ...]:
        strict = closed(self.record)
        kinds = (self.record,) if self.wide else (strict, self.record)
        return tuple((msgspec.json.Decoder(kind), msgspec.json.Decoder(list[kind]), kind is strict) for kind in kinds)

    @cached_property
    def _chunk_decoders(self) -> tuple[tuple[Any, Any, Any, bool], ...]:
        """Of chunks: as above, and what puts the structs within records in their place."""
        if not self.varying or self.wide:
            return tuple((one, many, lambda _: None, complete) for one, many, complete in self._decoders)
        kinds = ((closed(self.record), True), (self.record, False))
        return tuple(
            (msgspec.json.Decoder(shut(kind)), msgspec.json.Decoder(list[shut(kind)]), sharing(kind), complete)
            for kind, complete in kinds
        )

    @property
    def strict(self) -> Any:
        """Decodes one record, refusing fields that its struct does not have."""
        return self._decoders[0][0]

    @property
    def one(self) -> Any:
        """Decodes one record."""
        return self._decoders[-1][0]

    def rows(self, text: Text, *, lines: bool = False) -> Rows | None:
        """A chunk's records in one call; None if any of them needs a closer look."""
        if not _is_utf8(text):
            return None
        for one, many, share, complete in self._chunk_decoders:
            try:
                structs = one.decode_lines(text) if lines else many.decode(text)
                share(structs)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            if lines and self.envelope and any(self.opened(bytes(text).split(b"\n", 1)[0])[1:]):
                return None
            return Rows(structs, Chunk(text, lines), complete=complete)
        return None

    def opened(self, text: bytes) -> list[bytes]:
        """The records of a text: it, or those of the envelope that it is."""
        for name in self.envelope:
            if f'"{name}"'.encode() in text:
                try:
                    inner = msgspec.json.decode(text, type=dict[str, Raw]).get(name)
                    return [bytes(raw) for raw in RAW_ARRAY.decode(inner)] if inner else [text]
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                    continue
        return [text]

    def singly(self, texts: list[bytes], first: int) -> tuple[Rows, list[tuple[int, str]]]:
        """Records one by one, and (index, reason) of those that cannot be read; `first` is the first one's index."""
        rows = Rows([], Chunk(known=[]))
        unreadable: list[tuple[int, str]] = []
        for index, text in enumerate(texts, first):
            try:
                self._add(rows, text)
            except RecursionError:
                unreadable.append((index, "is nested too deeply"))
            except ValueError as error:
                unreadable.append((index, f"is not a JSON object: {error}"[:300]))
        return rows, unreadable

    def _add(self, rows: Rows, text: bytes) -> None:
        row = len(rows.structs)
        found: Any = None
        try:
            found = self.one.decode(text) if _is_utf8(text) else None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            found = None
        if found is None:
            record = loads(text)
            if not isinstance(record, dict):
                raise ValueError(f"a {type(record).__name__} stands where a record should")
            found = rows.odd[row] = record
            if not _is_utf8(text) or LONE_SURROGATE.search(str(text, "utf-8")):
                rows.notes.append((row, "holds what is no character, read as U+FFFD"))
            found = self.record()
        assert rows.chunk.known is not None
        rows.structs.append(found)
        rows.chunk.known.append(text)


def lowered(value: Any) -> Any:
    """Decoded JSON with every key in lower case."""
    if isinstance(value, dict):
        return {key.lower(): lowered(inner) for key, inner in value.items()}
    return [lowered(inner) for inner in value] if isinstance(value, list) else value


def _steps(kind: type[Struct], path: tuple[str, ...] = (), named: str = "") -> Iterator[Step]:
    for one in msgspec.structs.fields(kind):
        options = typing.get_args(one.type) or (one.type,)
        inner = inner_struct(one.type)
        here, name = (*path, one.name), f"{named}{one.encode_name}"
        if inner is not None:
            yield Step(name)
            yield from _steps(inner, here, f"{name}.")
        else:
            yield Step(name, here, is_typed=Raw not in options, kinds=options)


def _is_utf8(text: Text) -> bool:
    whole = text.obj if isinstance(text, memoryview) else text
    if isinstance(whole, bytes) and whole.isascii():
        return True
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        return False
    return True
