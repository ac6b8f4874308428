"""What a Go program was built from: the build information in its ELF file.

Source: debug/buildinfo and runtime/debug of Go.
"""

from __future__ import annotations

import re
import struct
from typing import BinaryIO, Iterator, NamedTuple

from nephoscope.agent.packages.package import Found, Package, Problem, purl_of, text_of

MOST_SECTIONS = 10_000
LARGEST_BYTES = 32 << 20  # of the build information
_MAGIC = b"\xff Go buildinf:"
_START, _END = bytes.fromhex("3077af0c9274080241e1c107e6d618e6"), bytes.fromhex("f932433186182072008242104116d8f2")
_INLINE = 2
_GO = re.compile(r"go([0-9]+(?:\.[0-9]+)*(?:(?:rc|beta)[0-9]+)?)(?:[ -].*)?")


class _Elf(NamedTuple):
    """How a file's numbers are written. is_wide: 64 bits."""

    order: str
    is_wide: bool


def wants(path: str, mode: int) -> bool:
    """Files that may be run; whether one is ELF is told by its start."""
    return bool(mode & 0o111) and not path.endswith((".sh", ".py", ".pl", ".so"))


def read(file: BinaryIO, path: str) -> Iterator[Found]:
    """The modules that were built into a program, and Go's own library; nothing for what Go did not build."""
    start = file.read(64)
    if start[:4] != b"\x7fELF" or len(start) < 64 or start[4] not in (1, 2) or start[5] not in (1, 2):
        return
    elf = _Elf("<" if start[5] == 1 else ">", start[4] == 2)
    place = _section(file, elf, start)
    if place is None:
        return
    if isinstance(place, str):
        yield Problem(path, place)
        return
    offset, size = place
    file.seek(offset)
    content = file.read(min(size, LARGEST_BYTES))
    if content[:14] != _MAGIC:
        yield Problem(path, "its section .go.buildinfo is damaged")
    elif not content[15:16] or not content[15] & _INLINE:
        yield Problem(path, "was built by Go before 1.18, whose build information is not read")
    else:
        yield from _modules(content[32:], path)


def _section(file: BinaryIO, elf: _Elf, start: bytes) -> tuple[int, int] | str | None:
    """Where the build information lies; None if there is none."""
    at, form = (40, "Q") if elf.is_wide else (32, "I")
    table = struct.unpack_from(elf.order + form, start, at)[0]
    width, count, names = struct.unpack_from(elf.order + "HHH", start, 58 if elf.is_wide else 46)
    if not count or not table:
        return None
    if width != (64 if elf.is_wide else 40) or count > MOST_SECTIONS or names >= count:
        return "is a damaged ELF file: its sections cannot be"
    file.seek(table)
    headers = file.read(width * count)
    if len(headers) < width * count:
        return "is a damaged ELF file: it ends before its sections"
    sections = [_place(headers, width * index, elf) for index in range(count)]
    file.seek(sections[names][1])
    texts = file.read(min(sections[names][2], 1 << 20))
    for name, offset, size in sections:
        if texts.startswith(b".go.buildinfo\0", name):
            return offset, size
    return None


def _place(headers: bytes, at: int, elf: _Elf) -> tuple[int, int, int]:
    """A section's name, offset and size."""
    form = "I4xQQQQ" if elf.is_wide else "IIIIII"
    values = struct.unpack_from(elf.order + form, headers, at)
    return (values[0], values[3], values[4]) if elf.is_wide else (values[0], values[4], values[5])


def _modules(content: bytes, path: str) -> Iterator[Found]:
    texts: list[bytes] = []
    for _ in range(2):
        size, content = _number(content)
        if size > len(content):
            yield Problem(path, "its build information is damaged")
            return
        texts.append(content[:size])
        content = content[size:]
    go, told = text_of(texts[0]), texts[1]
    if told.startswith(_START) and told.endswith(_END):
        told = told[len(_START) : -len(_END)]
    found = _GO.fullmatch(go)
    if found:
        yield _package("stdlib", found.group(1), path)
    else:
        yield Problem(path, f"was built by a Go of no release: {go[:100]}")
    yield from _dependencies(text_of(told).splitlines(), path)


def _dependencies(lines: list[str], path: str) -> Iterator[Found]:
    """The modules of `dep` lines; a line `=>` says what took the place of the one before."""
    last: tuple[str, str] | None = None
    for line in lines:
        fields = line.split("\t")
        if fields[0] == "=>" and len(fields) >= 3:
            last = (fields[1], fields[2])
            continue
        if last:
            yield _module(last, path)
        is_module = len(fields) >= 3 and (fields[0] == "dep" or fields[0] == "mod" and fields[2] != "(devel)")
        last = (fields[1], fields[2]) if is_module else None
    if last:
        yield _module(last, path)


def _module(module: tuple[str, str], path: str) -> Found:
    name, version = module
    if not name or not version or version == "(devel)":
        return Problem(path, f"the module {name} was built from a folder; its version is not known")
    return _package(name, version[1:] if version.startswith("v") else version, path)


def _package(name: str, version: str, path: str) -> Package:
    written = version if name == "stdlib" else "v" + version
    return Package("Go", name, version, purl=purl_of("golang", "", name, written, {}), location=path)


def _number(content: bytes) -> tuple[int, bytes]:
    """A number in Go's varint, and what follows it."""
    value = 0
    for index, byte in enumerate(content[:9]):
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, content[index + 1 :]
    return 1 << 62, b""
