"""JSON content → batches of typed records, whatever the content is: one document, an array, or JSON lines.

A chunk is decoded straight into structs in one call. Only where that fails are its records taken one by one, so that
a bad one costs itself and no other. What no struct holds is decoded from the text of the rows that are asked for.
"""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.collect.batch import JsonBatch
from nephoscope.collect.grouped import GroupedBatch
from nephoscope.collect.layout import Layout, Rows, loads
from nephoscope.collect.narrow import NarrowBatch
from nephoscope.collect.split import cuts, next_record, walk_array, walk_to_end, walk_value
from nephoscope.collect.unzip import LIMITS, Limits, content
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

BOM = b"\xef\xbb\xbf"
SCALAR = rb'"[^"\\]{0,200}"\s*:\s*(?:"[^"\\]{0,2000}"|[-\w.+]{1,40})\s*,\s*'
PROBE_LINES = 100


class Window:
    """The part of a content that is not decoded yet.

    text: it; offset: its place in the content; damage: why there is no more, if that is not the content's end.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.text = b""
        self.offset = 0
        self.ended = False
        self.damage: SourceError | None = None

    def fill(self, wanted: int) -> None:
        """Read on until `wanted` bytes are here or there are no more."""
        parts, held = [self.text], len(self.text)
        while held < wanted and not self.ended:
            try:
                block = next(self.blocks, b"")
            except SourceError as error:
                self.damage, block = error, b""
            self.ended = not block
            parts.append(block)
            held += len(block)
        parts = [part for part in parts if part]
        self.text = parts[0] if len(parts) == 1 else b"".join(parts)

    def drop(self, end: int, instead: bytes = b"") -> None:
        """Forget what lies before `end`."""
        self.text = instead + self.text[end:]
        self.offset += end - len(instead)

    def skip_space(self) -> bool:
        """Whether anything but white space is left, which then stands first."""
        self.fill(1 << 16)
        while not (rest := self.text.lstrip(b" \t\r\n")) and not self.ended:
            self.drop(len(self.text))
            self.fill(1 << 16)
        self.drop(len(self.text) - len(rest))
        return bool(self.text)


@dataclass
class Reader:
    """Takes one object's content apart; `index` counts its records, readable or not."""

    window: Window
    layout: Layout
    origin: str
    limits: Limits
    index: int = 0

    def batches(self) -> Iterator[JsonBatch]:
        window = self.window
        window.fill(len(BOM))
        if window.text.startswith(BOM):
            window.drop(len(BOM))
        while window.skip_space():
            window.fill(self.limits.chunk_bytes)
            if window.text.startswith(b"["):
                yield from self._array()
            elif envelope := self._envelope():
                start = envelope.end() - 1
                batches = self._whole_array(start, envelope=True)
                if batches is not None:
                    yield from batches
                    continue
                window.drop(start)
                yield from self._array(envelope=True)
            else:
                yield from self._values()
        if window.damage is not None:
            raise window.damage

    def _envelope(self) -> re.Match[bytes] | None:
        names = b"|".join(re.escape(name.encode()) for name in self.layout.envelope)
        head = rb"\{\s*(?:" + SCALAR + rb'){0,8}"(?:' + names + rb')"\s*:\s*\['
        return re.match(head, self.window.text) if names else None

    def _array(self, *, envelope: bool = False) -> Iterator[JsonBatch]:
        """Read an array whose bracket stands first, and what closes the object around it."""
        window, wanted = self.window, self.limits.chunk_bytes
        while True:
            window.fill(wanted)
            batches = self._quick_array(envelope)
            if batches is not None:
                yield from batches
                if not window.text:
                    return
                continue
            walk = (walk_to_end if window.ended else walk_array)(window.text, 1)
            yield from self._one_by_one([window.text[start:end] for start, end in walk.elements])
            if walk.closed:
                window.drop(walk.end)
                return self._close(envelope)
            if walk.elements:
                window.drop(walk.end, b"[")
            elif not window.ended and len(window.text) < self.limits.record_bytes:
                wanted = len(window.text) * 2
            else:
                yield self._lost(walk.end)

    def _quick_array(self, envelope: bool) -> list[JsonBatch] | None:
        """Decode the window's array, or as much as ends with a whole record, in one call; None if that fails."""
        whole = self._whole_array(0, envelope=envelope)
        if whole is not None:
            return whole
        window = self.window
        text = self._at_most(window.text)
        for cut in cuts(text):
            rows = self.layout.rows(text[:cut] + b"]")
            if rows is not None:
                window.drop(cut + 1, b"[")
                return self._cut(rows)
        return None

    def _whole_array(self, start: int, *, envelope: bool) -> list[JsonBatch] | None:
        """Decode an array that begins at `start` and is the last thing in the content, in one call; else None."""
        window = self.window
        text = window.text
        if not window.ended or self._at_most(text) is not text:
            return None
        end = text.rfind(b"]") + 1
        if text[end:].strip() != (b"}" if envelope else b""):
            return None
        rows = self.layout.rows(memoryview(text)[start:end])
        if rows is None:
            return None
        window.drop(len(text))
        return self._cut(rows)

    def _at_most(self, text: bytes) -> bytes:
        """The text, or its first part if it may hold far more records than a batch should."""
        while len(text) > 1 << 20 and _records_at_most(text) > 32 * self.limits.batch_records:
            text = text[: len(text) // 4]
        return text

    def _close(self, envelope: bool) -> None:
        """Go behind the object around an array that has ended."""
        window = self.window
        if not envelope:
            return
        window.fill(1 << 16)
        end = walk_value(b"{" + window.text, 0) - 1
        window.drop(end if end >= 0 else len(window.text))

    def _lost(self, start: int) -> JsonBatch:
        """The batch that says what cannot be read; raises SourceError if nothing readable follows."""
        window = self.window
        place = f"record {self.index}, byte {window.offset + start}"
        again = next_record(window.text, start)
        if again < 0:
            if window.damage is not None:
                raise window.damage
            rest = window.text[start:].strip()
            what = "ends in the middle of a record" if rest else "ends before its array is closed"
            if len(window.text) >= self.limits.record_bytes:
                what = f"a record is larger than {self.limits.record_bytes} bytes"
            raise SourceError(self.origin, what, place)
        window.drop(again, b"[")
        return self._batch(Rows([]), [(self.index, f"is not complete JSON (byte {window.offset + start})")], 1)

    def _values(self) -> Iterator[JsonBatch]:
        """Read values one after the other, JSON lines as a rule."""
        window, wanted = self.window, self.limits.chunk_bytes
        self._refuse_what_is_no_json()
        while window.text or not window.ended:
            window.fill(wanted)
            text = self._at_most(window.text)
            end = len(text) if window.ended and text is window.text else text.rfind(b"\n") + 1
            if not end and len(text) < self.limits.record_bytes:
                wanted = len(text) * 2
                continue
            if not end:
                raise SourceError(self.origin, "a line is too long", f"record {self.index}, byte {window.offset}")
            rows = None if window.damage else self.layout.rows(memoryview(text)[:end], lines=True)
            if rows is not None:
                yield from self._cut(rows)
            else:
                yield from self._one_by_one(self._lines(text[:end]))
            window.drop(end)

    def _refuse_what_is_no_json(self) -> None:
        lines = self.window.text.split(b"\n", PROBE_LINES)[:PROBE_LINES]
        if not any(line.lstrip().startswith((b"{", b"[")) for line in lines):
            raise SourceError(self.origin, "holds no JSON records", f"byte {self.window.offset}")

    def _lines(self, text: bytes) -> list[bytes]:
        """The values of a text: its lines, unless those are parts of larger values; envelopes are opened."""
        lines = [line for line in text.split(b"\n") if line.strip()]
        if len(lines) > 1 and not any(_is_json(line) for line in lines[:2]) and text.lstrip().startswith(b"{"):
            lines = list(_one_after_the_other(text))
        return [value for line in lines for value in self.layout.opened(line)]

    def _one_by_one(self, texts: list[bytes]) -> Iterator[JsonBatch]:
        for start in range(0, len(texts), self.limits.batch_records):
            part = texts[start : start + self.limits.batch_records]
            rows, unreadable = self.layout.singly(part, self.index)
            yield self._batch(rows, unreadable, len(part))

    def _cut(self, rows: Rows) -> list[JsonBatch]:
        """A chunk's rows as batches of at most the limit."""
        size = self.limits.batch_records
        return [
            self._batch(rows.part(at, at + size), [], min(size, len(rows) - at)) for at in range(0, len(rows), size)
        ]

    def _batch(self, rows: Rows, unreadable: list[tuple[int, str]], records: int) -> JsonBatch:
        first, self.index = self.index, self.index + records
        kind = NarrowBatch if self.layout.wide else GroupedBatch if self.layout.varying else JsonBatch
        return kind(self.layout, self.origin, rows, first, unreadable)


def _records_at_most(text: bytes) -> int:
    """How many records a text may hold, judged by 64 samples of its opening brackets."""
    step, sample = len(text) // 64, 4096
    return sum(text.count(b"{", at, at + sample) for at in range(0, len(text), step)) * step // sample


def _is_json(text: bytes) -> bool:
    try:
        loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _one_after_the_other(text: bytes) -> Iterator[bytes]:
    """Values that follow one another with or without white space between; the last may be a rest."""
    start = 0
    while start < len(text):
        end = walk_value(text, start)
        end = end if end > 0 else len(text)
        if text[start:end].strip():
            yield text[start:end]
        start = end


def read(stream: BinaryIO, origin: str, layout: Layout, limits: Limits = LIMITS) -> Iterator[JsonBatch]:
    """Decode an object's records, in bounded memory.

    Raises SourceError after the last batch that could be read, naming record and byte.
    """
    return Reader(Window(content(stream, origin, limits)), layout, origin, limits).batches()


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Hold the collector still while many small objects that cannot form cycles are made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
