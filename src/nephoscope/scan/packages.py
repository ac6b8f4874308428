"""Packages as JSON lines, or a bill of materials (CycloneDX) → packages; what is none is named, the rest goes on."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.purl import package_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST_LINE_BYTES = 1 << 20
LARGEST_BOM_BYTES = 256 << 20
_UNREADABLE = (OSError, EOFError, zlib.error)
NOT_PACKAGES = ("operating-system", "file", "device", "data", "cryptographic-asset", "machine-learning-model")
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


class _Component(msgspec.Struct):
    name: str = ""
    purl: str = ""
    type: str = ""
    components: list[_Component] = []


class _Bom(msgspec.Struct, rename="camel"):
    bom_format: str
    components: list[_Component] = []


_decode = msgspec.json.Decoder(_Line).decode
_decode_bom = msgspec.json.Decoder(_Bom).decode


def read_packages(file: BinaryIO, origin: str) -> Iterator[Package | Gap]:
    """Each line's or component's package, or why it is none; empty lines are passed over.

    origin: the file's name; a gap's subject is `origin:line`, from 1, or the component's package URL.
    """
    lines: BinaryIO = file
    try:
        start = file.readline(LONGEST_LINE_BYTES)
        if b'"bomFormat"' in start or start.strip() == b"{":
            start += file.read(LARGEST_BOM_BYTES)
            lines = io.BytesIO()
    except _UNREADABLE as error:
        yield Gap("record", f"{origin}:1", f"cannot be read on from here: {error}")
        return
    if b'"bomFormat"' in start:
        yield from _components(start, origin)
    else:
        yield from _of_lines(start, lines, origin)


def _of_lines(start: bytes, lines: BinaryIO, origin: str) -> Iterator[Package | Gap]:
    """The packages of the lines that were read already, and of those that follow."""
    begun = io.BytesIO(start)
    number = 0
    while True:
        number += 1
        try:
            line = begun.readline(LONGEST_LINE_BYTES) or lines.readline(LONGEST_LINE_BYTES)
        except _UNREADABLE as error:
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


def _components(content: bytes, origin: str) -> Iterator[Package | Gap]:
    """The components of a CycloneDX document as JSON, at any depth."""
    if len(content) > LARGEST_BOM_BYTES:
        yield Gap("object", origin, f"is larger than {LARGEST_BOM_BYTES >> 20} MB; not read")
        return
    try:
        waiting = list(reversed(_decode_bom(content).components))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        yield Gap("object", origin, f"is no CycloneDX document: {error}")
        return
    while waiting:
        component = waiting.pop()
        waiting += reversed(component.components)
        found = package_of(component.purl) if component.purl else "has no package URL"
        if isinstance(found, Package):
            yield found
        elif component.type not in NOT_PACKAGES:
            yield Gap("record", f"{origin}: {component.purl or component.name}", found)
