"""Which file systems a disk holds, and what else lies on it that is not read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.ext import Ext
from nephoscope.scan.disks.lvm import logical, physical
from nephoscope.scan.disks.partitions import Partition, partitions
from nephoscope.scan.disks.xfs import Xfs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.scan.disks.device import Device
    from nephoscope.scan.disks.filesystem import FileSystem
    from nephoscope.scan.disks.lvm import Physical

KINDS = (Ext, Xfs)
OTHERS = (  # what it is, where its mark stands, the mark; True: files of ours may lie in it
    ("LUKS, encrypted", 0, b"LUKS\xba\xbe", True),
    ("btrfs", 65_536 + 64, b"_BHRfS_M", True),
    ("bcachefs or ZFS", 4_096 + 24, b"\xc6\x85\x73\xf6", True),
    ("squashfs", 0, b"hsqs", True),
    ("NTFS", 3, b"NTFS    ", True),
    ("swap", 4_086, b"SWAPSPACE2", False),
    ("FAT", 82, b"FAT32", False),
    ("FAT", 54, b"FAT1", False),
)


@dataclass(frozen=True)
class Volume:
    """A partition, or a logical volume, and its file system.

    number: the partition's; of a logical volume that of the first of its group's. name: the partition's, or
    `group/volume`. cause: why it is not read; empty if there is nothing to read.
    """

    number: int
    name: str
    files: FileSystem | None = None
    cause: str = ""
    is_logical: bool = False

    @property
    def place(self) -> str:
        """What locations on it begin with."""
        return f"{self.number}/{self.name}" if self.is_logical else str(self.number)


def volumes(device: Device) -> Iterator[Volume]:
    """Every partition of a disk; one that cannot be read says why. Raises DiskError for a damaged partition table."""
    parts: dict[int, Physical] = {}
    for one in partitions(device):
        try:
            found = physical(one.device)
        except DiskError as error:
            yield Volume(one.number, one.name, None, str(error))
            continue
        if found is None:
            yield _volume(one)
        else:
            parts[one.number] = found
    yield from _logical(parts)


def _logical(parts: Mapping[int, Physical]) -> Iterator[Volume]:
    """The logical volumes of a disk's partitions; partitions of which none tells of any say so."""
    number, is_told = min(parts, default=0), False
    try:
        for one in logical(parts.values()):
            is_told = True
            if one.device is None:
                yield Volume(number, one.name, None, one.cause, is_logical=True)
            else:
                yield replace(_volume(Partition(number, "", one.name, one.device)), is_logical=True)
    except DiskError as error:
        yield Volume(number, "LVM", None, str(error))
    if parts and not is_told and not any(each.text for each in parts.values()):
        yield Volume(number, "LVM", None, "belongs to a group whose metadata are on other disks: not supported")


def _volume(partition: Partition) -> Volume:
    device, causes = partition.device, list[str]()
    for kind in KINDS:
        try:
            return Volume(partition.number, partition.name, kind(device))
        except DiskError as error:
            causes.append(str(error))
    for name, at, mark, holds_files in OTHERS:
        if device.size >= at + len(mark) and device.read(at, len(mark)) == mark:
            return Volume(partition.number, partition.name, None, f"holds {name}: not supported" if holds_files else "")
    told = [cause for cause in causes if not cause.startswith("no ")]
    is_small = device.size < 16 << 20  # a BIOS boot partition, say
    return Volume(
        partition.number, partition.name, None, "; ".join(told) or ("" if is_small else "no known file system")
    )
