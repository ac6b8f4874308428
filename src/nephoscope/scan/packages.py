"""Packages from JSON lines → packages; a line that is none is named, and the rest goes on."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST_LINE_BYTES = 1 << 20
Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Line(msgspec.Struct):
    """What a line may hold; keys that are not here are for others."""

    ecosystem: Text
    name: Text
    version: Text
    source: str | None = None
    source_version: str | None = None
    arch: str | None = None
    purl: str | None = None
    module: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def read_packages(lines: BinaryIO, origin: str) -> Iterator[Package | Gap]:
    """Each line's package, or why it is none; empty lines are passed over.

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
            while (rest := lines.readline(LONGEST_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield Gap("record", f"{origin}:{number}", f"the line is longer than {LONGEST_LINE_BYTES} bytes")
        elif text := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield _package(text, f"{origin}:{number}")


def _package(text: bytes, where: str) -> Package | Gap:
    try:
        line = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Gap("record", where, f"not a package: {error}")
    return Package(
        line.ecosystem,
        line.name,
        line.version,
        line.source or "",
        line.source_version or "",
        line.arch or "",
        line.purl or "",
        line.module or "",
    )
