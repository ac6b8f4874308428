"""Items from JSON lines, as `nephoscope inventory` prints them, or as other tools write them."""

from __future__ import annotations

import zlib
from datetime import datetime  # noqa: TC003  msgspec reads the annotation
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.coverage import Gap
from nephoscope.model.item import Item, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST_LINE_BYTES = 64 * 1024 * 1024


class _Line(msgspec.Struct):
    """What a line may hold; keys that are not here are for others."""

    type: str
    id: str
    configuration: dict[str, Any]
    account: str = ""
    region: str = ""
    observed: dict[str, Any] = {}  # noqa: RUF012  msgspec copies it
    not_collected: dict[str, Any] = {}  # noqa: RUF012
    arn: str = ""
    name: str = ""
    captured_at: datetime | None = None
    place: Place | None = None


_decode = msgspec.json.Decoder(_Line).decode


def read_items(lines: BinaryIO, origin: str) -> Iterator[Item | Gap]:
    """Each line's item, or why it is none; empty lines are passed over.

    origin: the file's name; a gap's subject is `origin:line`, from 1.
    """
    number = 0
    while True:
        number += 1
        try:
            line = lines.readline(LONGEST_LINE_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            yield Gap("record", f"{origin}:{number}", f"cannot be read on from here: {error}")
            return
        if not line:
            return
        if len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(lines)
            yield Gap("record", f"{origin}:{number}", f"the line is longer than {LONGEST_LINE_BYTES} bytes")
        elif text := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield _item(text, f"{origin}:{number}")


def _item(text: bytes, where: str) -> Item | Gap:
    try:
        line = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Gap("record", where, f"not an item: {error}")
    captured_at = line.captured_at
    if captured_at is not None and captured_at.tzinfo is None:
        return Gap("record", where, "not an item: captured_at has no time zone")
    return Item(
        type=line.type,
        id=line.id,
        account=line.account,
        region=line.region,
        configuration=line.configuration,
        observed=line.observed,
        not_collected={pointer: str(cause) for pointer, cause in line.not_collected.items()},
        arn=line.arn,
        name=line.name,
        captured_at=captured_at,
        place=line.place,
    )


def _skip_line(lines: BinaryIO) -> None:
    while (rest := lines.readline(LONGEST_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass
