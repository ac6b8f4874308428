"""RPM's header, as its databases keep one for each package.

Source: https://rpm-software-management.github.io/rpm/manual/format_header.html
"""

from __future__ import annotations

import struct

MOST_ENTRIES = 0xFFFF
LARGEST_BYTES = 256 << 20
NAME, VERSION, RELEASE, EPOCH, ARCH, SOURCE_RPM, MODULARITY_LABEL = 1000, 1001, 1002, 1003, 1022, 1044, 5096
_TEXTS = {NAME, VERSION, RELEASE, ARCH, SOURCE_RPM, MODULARITY_LABEL}
_INT32, _STRING, _I18N_STRING = 4, 6, 9


class HeaderError(Exception):
    """Bytes that are no header; says why."""


def fields_of(blob: bytes) -> dict[int, str]:
    """The wanted tags of a header, as text. Raises HeaderError."""
    if len(blob) < 8:
        raise HeaderError("a header is shorter than its start")
    entries, size = struct.unpack_from(">II", blob)
    if entries > MOST_ENTRIES or size > LARGEST_BYTES or 8 + 16 * entries + size > len(blob):
        raise HeaderError(f"a header of {entries} entries and {size} bytes does not fit into {len(blob)} bytes")
    data = memoryview(blob)[8 + 16 * entries : 8 + 16 * entries + size]
    fields: dict[int, str] = {}
    for tag, kind, offset, _ in struct.iter_unpack(">IIII", blob[8 : 8 + 16 * entries]):
        if tag in _TEXTS and kind in (_STRING, _I18N_STRING):
            fields[tag] = _text(data, offset)
        elif tag == EPOCH and kind == _INT32:
            if offset + 4 > size:
                raise HeaderError("the epoch lies outside of its header")
            fields[tag] = str(struct.unpack_from(">I", data, offset)[0])
    return fields


def _text(data: memoryview, offset: int) -> str:
    longest = 4096
    text, end, _ = bytes(data[offset : offset + longest]).partition(b"\0")
    if not end:
        raise HeaderError(f"the text at {offset} has no end")
    return text.decode("utf-8", "replace")
