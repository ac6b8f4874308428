"""Which file systems a disk holds, and what else lies on it that is not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.ext import Ext
from nephoscope.scan.disks.partitions import partitions
from nephoscope.scan.disks.xfs import Xfs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.disks.device import Device
    from nephoscope.scan.disks.filesystem import FileSystem
    from nephoscope.scan.disks.partitions import Partition

KINDS = (Ext, Xfs)
OTHERS = (  # what it is, where its mark stands, the mark; True: files of ours may lie in it
    ("LUKS, encrypted", 0, b"LUKS\xba\xbe", True),
    ("LVM", 512, b"LABELONE", True),
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
    """A partition and its file system. cause: why that is not read; empty if there is nothing to read."""

    number: int
    name: str
    files: FileSystem | None = None
    cause: str = ""


def volumes(device: Device) -> Iterator[Volume]:
    """Every partition of a disk; one that cannot be read says why. Raises DiskError for a damaged partition table."""
    for one in partitions(device):
        yield _volume(one)


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
