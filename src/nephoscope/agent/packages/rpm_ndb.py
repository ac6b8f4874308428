"""RPM's own database, which SUSE uses: `Packages.db`.

Source: lib/backend/ndb/rpmpkg.c of rpm, "Layout".
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Iterator

from nephoscope.agent.packages.rpm_header import LARGEST_BYTES

MOST_SLOT_PAGES = 1 << 14
_PAGE_BYTES, _SLOT_BYTES, _BLOCK_BYTES, _HEADER_BYTES = 4096, 16, 16, 32
_MAGIC, _SLOT, _BLOB = b"RpmP", b"Slot", b"BlbS"


def blobs(file: BinaryIO) -> Iterator[bytes | str]:
    """The header of each slot that is in use, or why it could not be read."""
    start = file.read(_HEADER_BYTES)
    if len(start) < _HEADER_BYTES or start[:4] != _MAGIC:
        yield "is no rpm database: it does not begin as one"
        return
    version, _, pages = struct.unpack_from("<III", start, 4)
    if version != 0 or not 0 < pages <= MOST_SLOT_PAGES:
        yield f"is damaged, or of a version that is not known: {version}, {pages} pages of slots"
        return
    slots = file.read(pages * _PAGE_BYTES - _HEADER_BYTES)
    if len(slots) < pages * _PAGE_BYTES - _HEADER_BYTES:
        yield f"ends before its {pages} pages of slots"
    for at in range(0, len(slots) - _SLOT_BYTES + 1, _SLOT_BYTES):
        number, block, count = struct.unpack_from("<III", slots, at + 4)
        if slots[at : at + 4] != _SLOT:
            yield f"the slot at {at + _HEADER_BYTES} is damaged"
        elif number and block:
            yield _blob(file, number, block, count)


def _blob(file: BinaryIO, number: int, block: int, count: int) -> bytes | str:
    file.seek(block * _BLOCK_BYTES)
    start = file.read(16)
    if len(start) < 16 or start[:4] != _BLOB or struct.unpack_from("<I", start, 4)[0] != number:
        return f"the package {number} is damaged at {block * _BLOCK_BYTES}"
    size = struct.unpack_from("<I", start, 12)[0]
    if size > min(count * _BLOCK_BYTES, LARGEST_BYTES):
        return f"the package {number} is damaged: {size} bytes in {count} blocks"
    content = file.read(size)
    return content if len(content) == size else f"ends within the package {number}"
