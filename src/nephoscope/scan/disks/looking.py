"""A disk → the packages of each file system on it; also a program of its own, which is confined before it looks."""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

import msgspec

from nephoscope.agent.packages.finding import packages_of
from nephoscope.agent.packages.package import Found, Package, Problem
from nephoscope.scan.disks.device import DiskError, FileDevice
from nephoscope.scan.disks.filesystem import Note
from nephoscope.scan.disks.served import asking
from nephoscope.scan.disks.tree import DiskTree
from nephoscope.scan.disks.volumes import volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.disks.device import Device

MEMORY_BYTES = 2 << 30
CPU_S = 600
FILE_BYTES = 1 << 30  # of a temporary file
OPEN_FILES = 64


def look(device: Device) -> Iterator[Found]:
    """The packages of a disk, and what could not be read; a location begins with the partition's number."""
    try:
        for volume in volumes(device):
            if volume.cause:
                yield Problem(f"{volume.place}:", volume.cause)
            if volume.files is None:
                continue
            yield from (Note(f"{volume.place}:", note) for note in volume.files.notes)
            for found in packages_of(DiskTree(volume.files)):
                yield found._replace(location=f"{volume.place}:{found.location}")
    except DiskError as error:
        yield Problem("", str(error))


def confine() -> None:
    """Let this process have little: memory, CPU, the size of a file and how many are open; no core."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _kind(found: Found) -> bool | str:
    return "note" if isinstance(found, Note) else isinstance(found, Package)


def main(where: str) -> None:
    """Look at the disk behind a descriptor; write an array for each package and each problem, one a line.

    where: the descriptor of a file; or, with a size behind it, of a socket that gives blocks (`7:8589934592`).
    """
    confine()
    descriptor, _, size = where.partition(":")
    device = asking(int(descriptor), int(size)) if size else FileDevice(int(descriptor))
    write = sys.stdout.buffer.write
    for found in look(device):
        write(msgspec.json.encode([_kind(found), *found]) + b"\n")
    write(b"[]\n")


if __name__ == "__main__":
    main(sys.argv[1])
