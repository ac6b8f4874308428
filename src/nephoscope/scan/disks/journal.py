"""A jbd2 journal: what its committed transactions say of the blocks of a file system that was not unmounted.

Source: https://docs.kernel.org/filesystems/ext4/journal.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import DiskError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAGIC = 0xC03B3998
DESCRIPTOR, COMMIT, FIRST, SECOND, REVOKE = 1, 2, 3, 4, 5
WIDE, CSUM_V2, CSUM_V3 = 0x2, 0x8, 0x10
KNOWN = 0x1 | WIDE | 0x4 | CSUM_V2 | CSUM_V3  # revocations, wide numbers, commits out of order, sums
ESCAPED, SAME_UUID, LAST = 1, 2, 8
MOST_BYTES = 256 << 20  # that a replay may hold


@dataclass
class _Transaction:
    written: dict[int, bytes] = field(default_factory=dict[int, bytes])
    revoked: set[int] = field(default_factory=set[int])


def replayed(read: Callable[[int, int], bytes], size: int, block: int) -> dict[int, bytes]:
    """Block number → what it holds once every committed transaction is replayed.

    read: (offset, length) → bytes of the journal. Raises DiskError for a journal that is not understood.
    """
    head = read(0, 1024)
    magic, kind = struct.unpack_from(">II", head) if len(head) == 1024 else (0, 0)
    if magic != MAGIC or kind not in (FIRST, SECOND):
        raise DiskError("the file system was not unmounted and its journal is damaged")
    each, most, first, sequence, start = struct.unpack_from(">IIIII", head, 12)
    features = struct.unpack_from(">I", head, 40)[0] if kind == SECOND else 0
    if each != block or features & ~KNOWN or not 0 < first < most or most * block > size:
        raise DiskError(f"the file system was not unmounted and its journal (features {features:#x}) is not supported")
    if not start:
        return {}
    found: dict[int, bytes] = {}
    held = 0
    for transaction in _Journal(read, block, first, most, features).transactions(start, sequence):
        found = {
            number: text for number, text in (found | transaction.written).items() if number not in transaction.revoked
        }
        held += len(transaction.written) * block
        if held > MOST_BYTES:
            raise DiskError(f"the journal holds more than {MOST_BYTES} bytes")
    return found


@dataclass(frozen=True)
class _Journal:
    read: Callable[[int, int], bytes]
    block: int
    first: int
    most: int
    features: int

    def transactions(self, start: int, sequence: int) -> Iterator[_Transaction]:
        """Those that were committed, in their order; at most once around."""
        open_one = _Transaction()
        at, left = start, self.most
        while left > 0:
            text = self._at(at)
            magic, kind, number = struct.unpack_from(">III", text)
            if magic != MAGIC or number != sequence:
                return
            at, left = self._next(at), left - 1
            if kind == DESCRIPTOR:
                for target, flags in self._tags(text):
                    data = self._at(at)
                    open_one.written[target] = struct.pack(">I", MAGIC) + data[4:] if flags & ESCAPED else data
                    at, left = self._next(at), left - 1
            elif kind == REVOKE:
                open_one.revoked |= set(self._revoked(text))
            elif kind == COMMIT:
                yield open_one
                open_one, sequence = _Transaction(), sequence + 1
            else:
                return

    def _next(self, at: int) -> int:
        return self.first if at + 1 >= self.most else at + 1

    def _at(self, number: int) -> bytes:
        text = self.read(number * self.block, self.block)
        if len(text) != self.block:
            raise DiskError(f"the journal ends before its block {number}")
        return text

    def _tags(self, text: bytes) -> Iterator[tuple[int, int]]:
        """(block, flags) of each block that follows a descriptor."""
        at = 12
        end = self.block - (4 if self.features & (CSUM_V2 | CSUM_V3) else 0)
        while at + 8 <= end:
            if self.features & CSUM_V3:
                low, flags, high = struct.unpack_from(">III", text, at)
                size = 16
            else:
                low, _, flags = struct.unpack_from(">IHH", text, at)
                size = 12 if self.features & WIDE else 8
                high = struct.unpack_from(">I", text, at + 8)[0] if self.features & WIDE else 0
            at += size + (0 if flags & SAME_UUID else 16)
            yield low | (high << 32 if self.features & WIDE else 0), flags
            if flags & LAST:
                return

    def _revoked(self, text: bytes) -> Iterator[int]:
        size = struct.unpack_from(">I", text, 12)[0]
        wide = bool(self.features & WIDE)
        each = 8 if wide else 4
        for at in range(16, min(size, self.block) - each + 1, each):
            yield struct.unpack_from(">Q" if wide else ">I", text, at)[0]
