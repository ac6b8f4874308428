"""Where a disk's bytes come from: a file, or blocks that are fetched one by one and only where they are wanted."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_AT_ONCE = 64 << 20  # bytes of one read


class DiskError(Exception):
    """What is wrong with a disk, and where."""


class Device(Protocol):
    """Bytes at places."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Exactly so many bytes. Raises DiskError for what lies beyond the end or cannot be had."""
        ...


def within(device: Device, offset: int, length: int) -> None:
    """Raise DiskError unless the device has these bytes."""
    if offset < 0 or length < 0 or offset + length > device.size:
        raise DiskError(f"byte {offset} and the {length} behind it lie beyond the disk's {device.size}")
    if length > MOST_AT_ONCE:
        raise DiskError(f"{length} bytes at once are more than any part of a file system should need")


class Budget:
    """How many steps a hostile structure may still cost."""

    def __init__(self, steps: int, what: str) -> None:
        """What: is said of it when they are used up."""
        self.left = steps
        self.what = what

    def spend(self) -> None:
        """Take a step. Raises DiskError when there are none left."""
        self.left -= 1
        if self.left < 0:
            raise DiskError(self.what)


class FileDevice:
    """A disk image, or a device node, of this machine."""

    def __init__(self, file: int) -> None:
        """File: an open descriptor, which the caller closes."""
        self._file = file
        self.size = os.lseek(file, 0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        within(self, offset, length)
        found = os.pread(self._file, length, offset)
        if len(found) != length:
            raise DiskError(f"the disk's file ended at byte {offset + len(found)} while it was read")
        return found


@dataclass(frozen=True)
class Slice:
    """A part of a device."""

    device: Device
    start: int
    size: int

    def read(self, offset: int, length: int) -> bytes:
        within(self, offset, length)
        return self.device.read(self.start + offset, length)


class BlockDevice:
    """A device whose blocks are fetched when they are wanted, and kept while there is room.

    fetch: a block's number → its bytes, or None for a block that was never written, which is zeros.
    fetched: how many blocks were asked for.
    """

    def __init__(self, size: int, block: int, fetch: Callable[[int], bytes | None], kept: int = 128) -> None:
        self.size = size
        self.block = block
        self.fetched = 0
        self._fetch = fetch
        self._kept = kept
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, offset: int, length: int) -> bytes:
        within(self, offset, length)
        parts: list[bytes] = []
        while length:
            number, skipped = divmod(offset, self.block)
            part = self._held(number)[skipped : skipped + length]
            if not part:
                raise DiskError(f"block {number} is shorter than {skipped} bytes")
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return b"".join(parts)

    def _held(self, number: int) -> bytes:
        found = self._blocks.get(number)
        if found is None:
            self.fetched += 1
            found = self._fetch(number)
            found = bytes(self.block) if found is None else found
            while len(self._blocks) >= self._kept:
                self._blocks.popitem(last=False)
        else:
            del self._blocks[number]
        self._blocks[number] = found
        return found


@dataclass(frozen=True)
class Overlay:
    """A device some of whose blocks read otherwise, as a journal says. block: bytes of each."""

    device: Device
    block: int
    blocks: Mapping[int, bytes]

    @property
    def size(self) -> int:
        """As the device's."""
        return self.device.size

    def read(self, offset: int, length: int) -> bytes:
        first, last = offset // self.block, (offset + max(length, 1) - 1) // self.block
        if not any(number in self.blocks for number in range(first, last + 1)):
            return self.device.read(offset, length)
        within(self, offset, length)
        parts = [
            self.blocks.get(number) or self.device.read(number * self.block, self.block)
            for number in range(first, last + 1)
        ]
        start = offset - first * self.block
        return b"".join(parts)[start : start + length]
