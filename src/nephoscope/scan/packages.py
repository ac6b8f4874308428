"""JSON lines, or a bill of materials (CycloneDX, SPDX) → packages; what is none is named, and the rest goes on."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.purl import package_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

LONGEST_LINE_BYTES = 1 << 20
LARGEST_BOM_BYTES = 256 << 20
_UNREADABLE = (OSError, EOFError, zlib.error)
SPDX_NOT_PACKAGES = ("OPERATING-SYSTEM", "FILE", "DEVICE", "CONTAINER", "ARCHIVE", "SOURCE")
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


class _CycloneDx(msgspec.Struct, rename="camel"):
    bom_format: str
    components: list[_Component] = []


class _Reference(msgspec.Struct, rename="camel"):
    reference_type: str = ""
    reference_locator: str = ""


class _SpdxPackage(msgspec.Struct, rename="camel"):
    name: str = ""
    primary_package_purpose: str = ""
    external_refs: list[_Reference] = []


class _Spdx(msgspec.Struct, rename="camel"):
    spdx_version: str
    packages: list[_SpdxPackage] = []


_Part = tuple[str, str]  # name, package URL
_decode = msgspec.json.Decoder(_Line).decode
_decode_cyclonedx = msgspec.json.Decoder(_CycloneDx).decode
_decode_spdx = msgspec.json.Decoder(_Spdx).decode


def read_packages(file: BinaryIO, origin: str) -> Iterator[Package | Gap]:
    """Each line's or component's package, or why it is none; empty lines are passed over.

    origin: the file's name; a gap's subject is `origin:line`, from 1, or the component's package URL.
    """
    lines: BinaryIO = file
    try:
        start = file.readline(LONGEST_LINE_BYTES)
        if any(mark in start for mark in _BOMS) or start.strip() == b"{":
            start += file.read(LARGEST_BOM_BYTES)
            lines = io.BytesIO()
    except _UNREADABLE as error:
        yield Gap("record", f"{origin}:1", f"cannot be read on from here: {error}")
        return
    mark = next((mark for mark in _BOMS if mark in start), b"")
    yield from _of_bom(start, origin, _BOMS[mark]) if mark else _of_lines(start, lines, origin)


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


def _of_bom(content: bytes, origin: str, parts: Callable[[bytes], Iterator[_Part]]) -> Iterator[Package | Gap]:
    """The packages of a bill of materials, by their package URLs."""
    if len(content) > LARGEST_BOM_BYTES:
        yield Gap("object", origin, f"is larger than {LARGEST_BOM_BYTES >> 20} MB; not read")
        return
    try:
        for name, purl in parts(content):
            found = package_of(purl) if purl else "has no package URL"
            yield found if isinstance(found, Package) else Gap("record", f"{origin}: {purl or name}", found)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        yield Gap("object", origin, f"is no bill of materials: {error}")


def _components(content: bytes) -> Iterator[_Part]:
    """The components of a CycloneDX document as JSON, at any depth."""
    waiting = list(reversed(_decode_cyclonedx(content).components))
    while waiting:
        component = waiting.pop()
        waiting += reversed(component.components)
        if component.purl or component.type not in NOT_PACKAGES:
            yield component.name, component.purl


def _spdx_packages(content: bytes) -> Iterator[_Part]:
    """The packages of an SPDX 2 document as JSON, save what it describes as a whole."""
    document = _decode_spdx(content)
    for package in document.packages:
        purls = [each.reference_locator for each in package.external_refs if each.reference_type == "purl"]
        if purls or package.primary_package_purpose not in SPDX_NOT_PACKAGES:
            yield package.name, next(iter(purls), "")


_BOMS = {b'"bomFormat"': _components, b'"spdxVersion"': _spdx_packages}
