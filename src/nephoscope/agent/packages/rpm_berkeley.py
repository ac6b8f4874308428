"""Berkeley DB's hash files, as RPM wrote them until 4.16: `Packages`.

Source: the page layouts in `dbinc/db_page.h` of Berkeley DB; rpm's own read-only reader of them, lib/backend/bdb_ro.c.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Iterator, NamedTuple

from nephoscope.agent.packages.rpm_header import LARGEST_BYTES

MOST_PAGES = 1 << 22
_MAGIC = 0x00061561
_HASH_META, _HASH_UNSORTED, _HASH, _OVERFLOW = 8, 2, 13, 7
_HEADER_BYTES = 26
_INLINE, _OFF_PAGE = 1, 3
_PAGE_SIZES = tuple(1 << bits for bits in range(9, 17))


class _Page(NamedTuple):
    """A page. next: the page that goes on; entries: its items; size: of an overflow page, its bytes."""

    content: bytes
    next: int
    entries: int
    size: int
    kind: int


class _File(NamedTuple):
    file: BinaryIO
    order: str
    size: int
    pages: int

    def page(self, number: int) -> _Page | None:
        """A page; None where the file ends before."""
        self.file.seek(number * self.size)
        content = self.file.read(self.size)
        if len(content) < self.size:
            return None
        following, entries, size, _, kind = struct.unpack_from(self.order + "IHHBB", content, 16)
        return _Page(content, following, entries, size, kind)


def blobs(file: BinaryIO) -> Iterator[bytes | str]:
    """Each value of the table that is a header, or why it could not be read; every page is read twice at most."""
    opened = _opened(file)
    if isinstance(opened, str):
        yield opened
        return
    seen: set[int] = set()
    for number in range(1, opened.pages + 1):
        page = opened.page(number)
        if page is None:
            yield f"ends before page {number} of {opened.pages}"
            return
        if page.kind in (_HASH, _HASH_UNSORTED):
            yield from _values(opened, page, number, seen)


def _opened(file: BinaryIO) -> _File | str:
    start = file.read(72)
    if len(start) < 72:
        return "is no Berkeley DB file: it is too short"
    for order in "<>":
        magic, _, size = struct.unpack_from(order + "III", start, 12)
        if magic != _MAGIC:
            continue
        last = struct.unpack_from(order + "I", start, 32)[0]
        if start[24]:
            return "is encrypted; not read"
        if start[25] != _HASH_META or size not in _PAGE_SIZES or last > MOST_PAGES:
            return f"is damaged: {last} pages of {size} bytes"
        return _File(file, order, size, last)
    return "is no Berkeley DB hash file"


def _values(opened: _File, page: _Page, number: int, seen: set[int]) -> Iterator[bytes | str]:
    """The values on a page: of its items every second."""
    if _HEADER_BYTES + 2 * page.entries > opened.size:
        yield f"page {number} is damaged: {page.entries} items do not fit"
        return
    places = struct.unpack_from(f"{opened.order}{page.entries}H", page.content, _HEADER_BYTES)
    for index in range(1, len(places), 2):
        place, end = places[index], places[index - 1]
        kind = page.content[place] if place < opened.size else 0
        if kind == _OFF_PAGE and place + 12 <= opened.size:
            first, size = struct.unpack_from(opened.order + "II", page.content, place + 4)
            yield _chained(opened, first, size, seen)
        elif kind != _INLINE:
            yield f"page {number} is damaged: item {index} is of the kind {kind}"
        elif end - place > 5:  # a shorter one is the number of the package that comes next
            yield page.content[place + 1 : end]


def _chained(opened: _File, first: int, size: int, seen: set[int]) -> bytes | str:
    """A value that lies on pages of its own."""
    if size > LARGEST_BYTES:
        return f"a value of {size} bytes is too large; not read"
    parts: list[bytes] = []
    left, number = size, first
    while left > 0:
        page = opened.page(number) if 0 < number <= opened.pages and number not in seen else None
        if page is None or page.kind != _OVERFLOW or not 0 < page.size <= opened.size - _HEADER_BYTES:
            return f"a value is damaged at page {number}"
        seen.add(number)
        parts.append(page.content[_HEADER_BYTES : _HEADER_BYTES + min(page.size, left)])
        left -= len(parts[-1])
        number = page.next
    return b"".join(parts)
