"""Where on a disk its partitions lie: GPT, MBR with logical ones, or none.

Source: UEFI specification 2.10, chapter 5; MBR as every PC reads it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import DiskError, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.disks.device import Device

SECTORS = (512, 4096)
GPT_MARK, GPT_ENTRIES, GPT_HEADER = b"EFI PART", 1024, 92
MBR_MARK, PROTECTIVE, EXTENDED = b"\x55\xaa", 0xEE, (0x05, 0x0F, 0x85)
LOGICAL = 64  # partitions in a chain, at most


@dataclass(frozen=True)
class Partition:
    """A partition, numbered as Linux numbers it; 0 is the whole disk. kind: GPT's type, or MBR's in hex."""

    number: int
    kind: str
    name: str
    device: Device


def partitions(device: Device) -> list[Partition]:
    """A disk's partitions; the whole disk where it has no table. Raises DiskError for a table that is damaged."""
    for sector in SECTORS:
        if device.size >= 3 * sector and device.read(sector, 8) == GPT_MARK:
            return list(_gpt(device, sector))
    if device.size < 512 or device.read(510, 2) != MBR_MARK:
        return [Partition(0, "", "", device)]
    found = list(_mbr(device))
    return found or [Partition(0, "", "", device)]


def _gpt(device: Device, sector: int) -> Iterator[Partition]:
    header = bytearray(device.read(sector, GPT_HEADER))
    size, said = struct.unpack_from("<II", header, 12)
    first, count, each, sums = struct.unpack_from("<QIII", header, 72)
    if not GPT_HEADER <= size <= sector or not 128 <= each <= 4096 or count > GPT_ENTRIES:
        raise DiskError(f"the partition table says impossible sizes (header {size}, {count} entries of {each})")
    whole = bytearray(device.read(sector, size))
    whole[16:20] = bytes(4)
    if zlib.crc32(whole) != said:
        raise DiskError("the partition table's header does not fit its checksum")
    entries = device.read(first * sector, count * each)
    if zlib.crc32(entries) != sums:
        raise DiskError("the partition table's entries do not fit their checksum")
    for number in range(count):
        entry = entries[number * each : (number + 1) * each]
        if not any(entry[:16]):
            continue
        start, last = struct.unpack_from("<QQ", entry, 32)
        name = entry[56:128].decode("utf-16-le", "replace").rstrip("\0")
        yield Partition(number + 1, _guid(entry[:16]), name, _part(device, start * sector, (last + 1) * sector))


def _guid(text: bytes) -> str:
    one, two, three = struct.unpack_from("<IHH", text)
    return f"{one:08x}-{two:04x}-{three:04x}-{text[8:10].hex()}-{text[10:].hex()}"


def _mbr(device: Device) -> Iterator[Partition]:
    for number, (kind, start, count) in enumerate(_entries(device, 0), 1):
        if kind in EXTENDED:
            yield from _logical(device, start)
        elif kind not in (0, PROTECTIVE) and count:
            yield Partition(number, f"{kind:02x}", "", _part(device, start * 512, (start + count) * 512))


def _logical(device: Device, base: int) -> Iterator[Partition]:
    """The partitions of a chain that begins at a sector."""
    at = base
    for number in range(5, 5 + LOGICAL):
        (kind, start, count), (link, next_start, _) = _entries(device, at * 512)[:2]
        if kind and count:
            yield Partition(number, f"{kind:02x}", "", _part(device, (at + start) * 512, (at + start + count) * 512))
        if link not in EXTENDED or not next_start:
            return
        at = base + next_start
    raise DiskError(f"more than {LOGICAL} logical partitions follow one another")


def _entries(device: Device, offset: int) -> list[tuple[int, int, int]]:
    """(kind, first sector, sectors) of a boot record's four entries."""
    record = device.read(offset, 512)
    if record[510:] != MBR_MARK:
        raise DiskError(f"no boot record is at byte {offset}, where the partition table says one is")
    return [(record[at + 4], *struct.unpack_from("<II", record, at + 8)) for at in range(446, 510, 16)]


def _part(device: Device, start: int, end: int) -> Slice:
    if not 0 <= start < end:
        raise DiskError(f"a partition from byte {start} to {end} is none")
    return Slice(device, start, min(end, device.size) - start) if start < device.size else Slice(device, device.size, 0)
