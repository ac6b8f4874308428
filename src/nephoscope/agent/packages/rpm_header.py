"""RPM's header, as its databases keep one for each package.

Source: https://rpm-software-management.github.io/rpm/manual/format_header.html
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

MOST_ENTRIES = 0xFFFF
LARGEST_BYTES = 256 << 20
NAME, VERSION, RELEASE, EPOCH, ARCH, SOURCE_RPM, MODULARITY_LABEL = 1000, 1001, 1002, 1003, 1022, 1044, 5096
_TEXTS = {NAME, VERSION, RELEASE, ARCH, SOURCE_RPM, MODULARITY_LABEL}
_INT16, _INT32, _STRING, _STRINGS, _I18N_STRING = 3, 4, 6, 8, 9
_DIGESTS, _FLAGS, _DIR_INDEXES, _BASE_NAMES, _DIR_NAMES, _ALGORITHM = 1035, 1037, 1116, 1117, 1118, 5011
_LISTS = {_DIGESTS, _FLAGS, _DIR_INDEXES, _BASE_NAMES, _DIR_NAMES, _ALGORITHM}
_CONFIGURATION = 1  # a flag of a file
ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}


class HeaderError(Exception):
    """Bytes that are no header; says why."""


class File(NamedTuple):
    """A file of a package. digest: hexadecimal, empty where there is none, as of links and folders."""

    path: str
    algorithm: str
    digest: str
    is_configuration: bool


def files_of(blob: bytes) -> list[File]:
    """The files of a package. Raises HeaderError where they do not fit together."""
    entries, data = _parts(blob)
    found: dict[int, list[Any]] = {}
    for tag, kind, offset, count in entries:
        if tag in _LISTS:
            found[tag] = _list(data, kind, offset, count)
    names, places = found.get(_BASE_NAMES, []), found.get(_DIR_INDEXES, [])
    folders, digests, flags = found.get(_DIR_NAMES, []), found.get(_DIGESTS, []), found.get(_FLAGS, [])
    algorithm = ALGORITHMS.get(found.get(_ALGORITHM, [1])[0], "")
    if len({len(names), len(places), len(digests), len(flags)}) > 1 or max(places, default=-1) >= len(folders):
        raise HeaderError("the lists of files have different lengths")
    return [
        File(folders[place] + name, algorithm, digest if algorithm else "", bool(flag & _CONFIGURATION))
        for name, place, digest, flag in zip(names, places, digests, flags)
    ]


def _list(data: memoryview, kind: int, offset: int, count: int) -> list[Any]:
    """A tag's values: numbers, or texts."""
    if kind in (_INT16, _INT32):
        width, form = (2, "H") if kind == _INT16 else (4, "I")
        if offset + width * count > len(data) or not count:
            raise HeaderError("numbers lie outside of their header")
        return list(struct.unpack_from(">%d%s" % (count, form), data, offset))
    if kind != _STRINGS or offset > len(data):
        raise HeaderError("a list is of kind %d" % kind)
    texts = bytes(data[offset:]).split(b"\0", count)
    if len(texts) <= count:
        raise HeaderError("a list of texts has no end")
    return [text.decode("utf-8", "surrogateescape") for text in texts[:count]]


def _parts(blob: bytes) -> tuple[list[tuple[int, int, int, int]], memoryview]:
    """The entries of a header, (tag, kind, offset, count), and what they point into. Raises HeaderError."""
    if len(blob) < 8:
        raise HeaderError("a header is shorter than its start")
    entries, size = struct.unpack_from(">II", blob)
    if entries > MOST_ENTRIES or size > LARGEST_BYTES or 8 + 16 * entries + size > len(blob):
        raise HeaderError(f"a header of {entries} entries and {size} bytes does not fit into {len(blob)} bytes")
    data = memoryview(blob)[8 + 16 * entries : 8 + 16 * entries + size]
    return list(struct.iter_unpack(">IIII", blob[8 : 8 + 16 * entries])), data


def fields_of(blob: bytes) -> dict[int, str]:
    """The wanted tags of a header, as text. Raises HeaderError."""
    entries, data = _parts(blob)
    fields: dict[int, str] = {}
    for tag, kind, offset, _ in entries:
        if tag in _TEXTS and kind in (_STRING, _I18N_STRING):
            fields[tag] = _text(data, offset)
        elif tag == EPOCH and kind == _INT32:
            if offset + 4 > len(data):
                raise HeaderError("the epoch lies outside of its header")
            fields[tag] = str(struct.unpack_from(">I", data, offset)[0])
    return fields


def _text(data: memoryview, offset: int) -> str:
    longest = 4096
    text, end, _ = bytes(data[offset : offset + longest]).partition(b"\0")
    if not end:
        raise HeaderError(f"the text at {offset} has no end")
    return text.decode("utf-8", "replace")
