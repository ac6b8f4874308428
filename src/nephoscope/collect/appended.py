"""Files that grow by lines → objects: parts on a fixed grid, of which only the last is read again when it has grown.

A line belongs to the part in which it begins. What a part read twice holds in common has one id, and is kept once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from nephoscope.collect.source import LogObject
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from datetime import datetime

GRID_BYTES = 4 << 20
LONGEST_LINE_BYTES = 4 << 20
PART = re.compile(r"(?P<address>.*)#part=(?P<number>\d+)")


def parts(
    address: str, size_bytes: int, delivered_at: datetime, seen: Container[tuple[str, str]], account: str = ""
) -> Iterator[LogObject]:
    """The parts of a file of a size that are not in `seen`; a part's version is how far it reached."""
    for number in range(-(-size_bytes // GRID_BYTES)):
        reached = min(size_bytes, (number + 1) * GRID_BYTES)
        one = LogObject(f"{address}#part={number}", str(reached), reached, account, delivered_at=delivered_at)
        if one.key not in seen:
            yield one


def part_lines(log_object: LogObject, read: Callable[[str, int, int], bytes]) -> bytes:
    """The whole lines that begin in a part. read: takes address, start, end; may give less where the file ends.

    A last line without its end is left for the next reading, unless it is whole JSON already.
    """
    found = PART.fullmatch(log_object.uri)
    if found is None:
        raise SourceError(log_object.uri, "is no part of a file")
    start, reached = int(found["number"]) * GRID_BYTES, int(log_object.version)
    text = read(found["address"], max(0, start - 1), reached)
    if start:
        behind = text.find(b"\n") + 1
        text = text[behind:] if behind else b""
    if text and not text.endswith(b"\n") and reached == start + GRID_BYTES:
        text += _until_newline(read(found["address"], reached, reached + LONGEST_LINE_BYTES))
    whole, newline, rest = text.rpartition(b"\n")
    return text if _is_json(rest) else whole + newline


def _until_newline(text: bytes) -> bytes:
    head, newline, _ = text.partition(b"\n")
    return head + newline


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
