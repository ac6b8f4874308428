"""A raw image of a disk: its partitions, and the file systems on them, read without mounting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.scan.disks.confined import look
from nephoscope.scan.target import target
from nephoscope.scan.targets.image import is_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nephoscope.agent.packages.package import Found

_MARKS = (
    (510, b"\x55\xaa"),
    (512, b"EFI PART"),
    (512, b"LABELONE"),
    (4096, b"EFI PART"),
    (1080, b"\x53\xef"),
    (0, b"XFSB"),
)


def is_disk(path: Path) -> bool:
    """Whether it is a file that begins as a partition table, ext or XFS does, and is no image of a container."""
    if not path.is_file() or is_image(path):
        return False
    with path.open("rb") as file:
        start = file.read(4104)
    return any(start[at : at + len(mark)] == mark for at, mark in _MARKS)


@target(is_disk)
def disk(path: Path, _platform: str) -> Iterator[Found]:
    """The packages of every file system on a disk; a process of its own reads them, with limits."""
    with path.open("rb") as file:
        yield from look(file)
