"""LVM2: physical volumes on a disk's partitions → the linear and striped logical volumes on them, as devices.

Source: lvm2, `lib/format_text/layout.h` and `lib/label/label.h`; the text is described in lvm(8) and vgcfgbackup(8).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nephoscope.scan.disks.device import DiskError, within
from nephoscope.scan.disks.lvm_text import LARGEST_BYTES, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nephoscope.scan.disks.device import Device
    from nephoscope.scan.disks.lvm_text import Section

SECTOR = 512
LABELS = 4  # sectors in which a label may stand
LABEL, KIND = b"LABELONE", b"LVM2 001"
MAGIC = b" LVM2 x[5A%r0N*>"
FIRST_CRC = 0xF597A6CF
AREAS = 16  # of data, and of metadata
HEADER = 512  # of a metadata area; its text goes round behind it
MOST_VOLUMES, MOST_SEGMENTS, MOST_STRIPES = 1_024, 4_096, 128


def crc(content: bytes) -> int:
    """LVM's checksum: CRC-32 that begins otherwise and is not inverted."""
    return zlib.crc32(content, FIRST_CRC ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


@dataclass(frozen=True)
class Physical:
    """A partition that belongs to a volume group. uuid: without dashes. text: what its metadata say; None for none."""

    uuid: str
    device: Device
    text: Section | None


@dataclass(frozen=True)
class Logical:
    """A logical volume. device: its bytes; None if they cannot be had: cause says why."""

    name: str
    device: Device | None
    cause: str = ""


@dataclass(frozen=True)
class Segment:
    """Bytes of a logical volume that lie one after the other, or in turns, on areas of devices. chunk: of a turn."""

    start: int
    length: int
    chunk: int
    areas: Sequence[tuple[Device, int]]

    def read(self, offset: int, length: int) -> Iterator[bytes]:
        """Bytes from an offset within the segment."""
        while length:
            turn, skipped = divmod(offset, self.chunk)
            device, at = self.areas[turn % len(self.areas)]
            count = min(length, self.chunk - skipped)
            yield device.read(at + turn // len(self.areas) * self.chunk + skipped, count)
            offset, length = offset + count, length - count


@dataclass(frozen=True)
class Mapped:
    """A logical volume as a device: segments without a gap."""

    segments: Sequence[Segment]
    size: int

    def read(self, offset: int, length: int) -> bytes:
        within(self, offset, length)
        parts: list[bytes] = []
        for each in self.segments:
            begin, end = max(offset, each.start), min(offset + length, each.start + each.length)
            if begin < end:
                parts += each.read(begin - each.start, end - begin)
        return b"".join(parts)


def physical(device: Device) -> Physical | None:
    """What a partition's label says; None for one that LVM does not own. Raises DiskError for a damaged one."""
    for number in range(LABELS if device.size >= LABELS * SECTOR else 0):
        sector = device.read(number * SECTOR, SECTOR)
        if sector.startswith(LABEL) and sector[24:32] == KIND:
            return _physical(device, sector, number)
    return None


def _physical(device: Device, sector: bytes, number: int) -> Physical:
    said, offset = struct.unpack_from("<II", sector, 16)
    if crc(sector[20:]) != said or not 32 <= offset <= SECTOR - 40:
        raise DiskError(f"LVM's label in sector {number} does not fit its checksum")
    at = offset + 40
    uuid = sector[offset : offset + 32].decode("ascii", "replace")
    _, at = _areas(sector, at)
    metadata, _ = _areas(sector, at)
    errors: list[DiskError] = []
    for start, size in metadata:
        try:
            if (text := _text(device, start, size)) is not None:
                return Physical(uuid, device, text)
        except DiskError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return Physical(uuid, device, None)


def _areas(sector: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """(start, size) of areas up to an empty one, and what comes behind."""
    found: list[tuple[int, int]] = []
    while at + 16 <= SECTOR and len(found) <= AREAS:
        start, size = struct.unpack_from("<QQ", sector, at)
        at += 16
        if not start:
            return found, at
        found.append((start, size))
    raise DiskError("LVM's label names areas without end")


def _text(device: Device, start: int, size: int) -> Section | None:
    """A metadata area's text, parsed; None for an area that holds none."""
    header = device.read(start, HEADER)
    (said,) = struct.unpack_from("<I", header)
    if header[4:20] != MAGIC or crc(header[4:]) != said:
        raise DiskError(f"LVM's metadata area at byte {start} does not fit its checksum")
    offset, length, checksum, flags = struct.unpack_from("<QQII", header, 40)
    if not offset or not length or flags & 1:
        return None
    if not HEADER <= offset < size or length > min(size - HEADER, LARGEST_BYTES):
        raise DiskError(f"LVM's metadata area at byte {start} says impossible sizes")
    first = min(length, size - offset)
    content = device.read(start + offset, first) + device.read(start + HEADER, length - first)
    if crc(content) != checksum:
        raise DiskError("LVM's metadata do not fit their checksum")
    return parse(content)


def logical(parts: Iterable[Physical]) -> Iterator[Logical]:
    """The logical volumes of all volume groups of a disk; one that cannot be read says why."""
    there = {each.uuid: each for each in parts}
    groups: dict[str, Section] = {}
    for each in there.values():
        for name, group in _sections(each.text or {}):
            if name not in groups or _number(group, "seqno") > _number(groups[name], "seqno"):
                groups[name] = group
    for name, group in sorted(groups.items()):
        yield from _group(name, group, there)


def _group(name: str, group: Section, there: Mapping[str, Physical]) -> Iterator[Logical]:
    for number, (volume, told) in enumerate(_sections(_inner(group, "logical_volumes"))):
        if number == MOST_VOLUMES:
            yield Logical(name, None, f"has more than {MOST_VOLUMES} logical volumes; the others are not read")
            return
        if "VISIBLE" not in _listed(told, "status"):
            continue
        try:
            yield Logical(f"{name}/{volume}", _mapped(told, group, there))
        except DiskError as error:
            yield Logical(f"{name}/{volume}", None, str(error))


def _mapped(volume: Section, group: Section, there: Mapping[str, Physical]) -> Mapped:
    extent = _number(group, "extent_size") * SECTOR
    count = _number(volume, "segment_count")
    if not 0 < extent <= 1 << 40 or not 0 < count <= MOST_SEGMENTS:
        raise DiskError(f"LVM's metadata say impossible sizes (an extent of {extent} bytes, {count} segments)")
    places = dict(_places(group, there))
    segments: list[Segment] = []
    at = 0
    for number in range(1, count + 1):
        one = _segment(_inner(volume, f"segment{number}"), extent, places, at)
        segments.append(one)
        at += one.length
    return Mapped(segments, at)


def _places(group: Section, there: Mapping[str, Physical]) -> Iterator[tuple[str, tuple[Device, int] | None]]:
    """Where the extents of each physical volume begin; None for one that is on another disk."""
    for name, told in _sections(_inner(group, "physical_volumes")):
        found = there.get(str(told.get("id", "")).replace("-", ""))
        yield name, (found.device, _number(told, "pe_start") * SECTOR) if found else None


def _segment(told: Section, extent: int, places: Mapping[str, tuple[Device, int] | None], at: int) -> Segment:
    kind = told.get("type")
    if kind not in ("striped", "linear"):
        raise DiskError(f"is a logical volume of type {str(kind)[:40]}: not supported")
    count, stripes = _number(told, "extent_count"), _listed(told, "stripes")
    turns = len(stripes) // 2
    if _number(told, "start_extent") * extent != at or not 0 < count <= 1 << 40:
        raise DiskError("is a logical volume whose segments leave a gap")
    if turns != _number(told, "stripe_count") or not 0 < turns <= MOST_STRIPES or count % turns:
        raise DiskError("is a logical volume whose stripes do not fit its segments")
    areas: list[tuple[Device, int]] = []
    for name, first in zip(stripes[::2], stripes[1::2], strict=True):
        place = places.get(str(name))
        if place is None:
            raise DiskError("is a logical volume that lies on other disks too: not supported")
        if not isinstance(first, int) or first < 0:
            raise DiskError("is a logical volume whose stripes do not fit its segments")
        areas.append((place[0], place[1] + first * extent))
    chunk = count * extent if turns == 1 else _number(told, "stripe_size") * SECTOR
    if not 0 < chunk <= count * extent:
        raise DiskError("is a logical volume whose stripes have no size")
    return Segment(at, count * extent, chunk, areas)


def _sections(section: Section) -> Iterator[tuple[str, Section]]:
    for name, found in section.items():
        if isinstance(found, dict):
            yield name, cast("Section", found)


def _inner(section: Section, name: str) -> Section:
    found = section.get(name)
    if not isinstance(found, dict):
        raise DiskError(f"LVM's metadata lack the section {name}")
    return cast("Section", found)


def _number(section: Section, name: str) -> int:
    found = section.get(name)
    if not isinstance(found, int) or found < 0:
        raise DiskError(f"LVM's metadata lack the number {name}")
    return found


def _listed(section: Section, name: str) -> list[Any]:
    found = section.get(name)
    return cast("list[Any]", found) if isinstance(found, list) else [found]
