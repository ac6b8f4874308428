"""Content → pieces of JSON that hold whole records, in bounded memory, without building what the records say.

The quick way guesses where a record ends and lets the decoder judge; the exact way walks over brackets and strings,
does not recurse, and finds its way out of damage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACE = b" \t\r\n"
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
FIRST_KEY = re.compile(rb'\s*\{\s*"[^"\\]{0,64}"\s*:')
CLOSES = (b"}", b"]")
DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


@dataclass(frozen=True)
class Walk:
    """What the exact way found in a text.

    elements: (start, end) of each element. end: where the walk stopped; closed: at the bracket that closes the array
    (end is just behind it), else at the start of an element that is not complete.
    """

    elements: list[tuple[int, int]]
    end: int
    closed: bool


def walk_array(text: bytes, start: int) -> Walk:
    """Find the elements of an array whose first may begin at `start` (just behind the bracket or a comma)."""
    elements: list[tuple[int, int]] = []
    depth = 0
    for found in TOKEN.finditer(text, start):
        token = found.group()
        depth += DEPTH.get(token, 0)
        if token == b'"':
            break
        if depth < 0:
            last = _trimmed(text, start, found.start())
            return Walk([*elements, last] if elements or last[0] < last[1] else [], found.end(), closed=True)
        if token == b"," and not depth:
            elements.append(_trimmed(text, start, found.start()))
            start = found.end()
    return Walk(elements, start, closed=False)


def walk_to_end(text: bytes, start: int) -> Walk:
    """As `walk_array`, of a text that nothing follows: the last element may be whole though no comma says so."""
    walk = walk_array(text, start)
    end = -1 if walk.closed else walk_value(text, walk.end)
    if end < 0 or text[end:].strip():
        return walk
    return Walk([*walk.elements, _trimmed(text, walk.end, end)], end, closed=False)


def walk_value(text: bytes, start: int) -> int:
    """Where the object or array that begins at `start` ends; -1 if it is not complete."""
    depth = 0
    for found in TOKEN.finditer(text, start):
        token = found.group()
        depth += DEPTH.get(token, 0)
        if token == b'"':
            return -1
        if depth <= 0 and token in CLOSES:
            return found.end()
    return -1


def _trimmed(text: bytes, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in SPACE:
        start += 1
    while end > start and text[end - 1] in SPACE:
        end -= 1
    return start, end


def next_record(text: bytes, start: int) -> int:
    """Behind damage: where something begins as the record at `start` begins; -1 if nothing does."""
    key = FIRST_KEY.match(text, start)
    if key is None:
        return -1
    again = re.compile(rb",\s*(?=" + re.escape(key.group().strip()) + rb")")
    found = again.search(text, key.end())
    return found.end() if found else -1


def cuts(text: bytes, tries: int = 4) -> Iterator[int]:
    """Commas near the end of a text behind which a record probably begins, last first."""
    key = FIRST_KEY.match(text, 1)
    if key is None:
        return
    end = len(text)
    head = key.group().strip()
    between = re.compile(rb"\}\s*,\s*\Z")
    for _ in range(tries):
        at = text.rfind(head, 1, end)
        if at <= key.end():
            return
        before = between.search(text, max(0, at - 64), at)
        if before:
            yield text.rindex(b",", 0, at)
        end = at
