"""ext2, ext3 and ext4, with extents, inline data and the journal of one that was not unmounted.

Source: https://docs.kernel.org/filesystems/ext4/
"""

from __future__ import annotations

import stat
import struct
from bisect import bisect_right
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import MOST_AT_ONCE, Budget, DiskError, Overlay
from nephoscope.scan.disks.filesystem import LONGEST_LINK, Node
from nephoscope.scan.disks.journal import replayed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.disks.device import Device

MAGIC = 0xEF53
RECOVER, META_BG, EXTENTS, WIDE, INLINE = 0x4, 0x10, 0x40, 0x80, 0x8000
# what does not change where the parts lie that are read: file types in folders, MMP, flexible groups, values of
# attributes in inodes, a checksum's seed, large folders, encryption and case folding (of the folders that have them)
HARMLESS = 0x2 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x10000 | 0x20000
KNOWN = RECOVER | EXTENTS | WIDE | INLINE | HARMLESS
HAS_EXTENTS, HAS_INLINE, ENCRYPTED = 0x80000, 0x10000000, 0x800
EXTENT_MAGIC, DEEPEST = 0xF30A, 5
ROOT, JOURNAL = 2, 8
UNWRITTEN = 32_768
POINTERS = 12
SLACK = 1_000_000  # steps to a file's pieces beyond the blocks that a disk has
LARGEST_FOLDER = 1 << 30  # bytes

Run = tuple[int, int, int]  # first block of the file, blocks, block of the disk (0: a hole)


class Ext:
    """An ext file system on a device."""

    kind = "ext4"

    def __init__(self, device: Device) -> None:
        """Open it. Raises DiskError for what is no ext file system, or one with parts that are not understood."""
        self.device = device
        self.notes: list[str] = []
        said = device.read(1024, 1024)
        if struct.unpack_from("<H", said, 56)[0] != MAGIC:
            raise DiskError("no ext file system is here")
        log, self._incompat = struct.unpack_from("<I", said, 24)[0], struct.unpack_from("<I", said, 96)[0]
        strange = self._incompat & ~KNOWN
        if log > 6 or strange:
            what = f"features {strange:#x}" if log <= 6 else f"a block size of 2^{10 + log}"
            raise DiskError(f"the ext file system has {what}, which is not supported")
        self.block = 1024 << log
        self.inodes, self._per_group = struct.unpack_from("<I", said, 0)[0], struct.unpack_from("<I", said, 40)[0]
        old = not struct.unpack_from("<I", said, 76)[0]
        self._inode_size = 128 if old else struct.unpack_from("<H", said, 88)[0]
        self._descriptor = max(32, struct.unpack_from("<H", said, 254)[0]) if self._incompat & WIDE else 32
        if not self._per_group or self._inode_size not in (128, 256, 512, 1024, 2048, 4096) or self._descriptor > 1024:
            raise DiskError("the ext superblock says impossible sizes")
        self._groups_at = (struct.unpack_from("<I", said, 20)[0] + 1) * self.block
        self.node = lru_cache(4_096)(self._node)
        self._runs_of = lru_cache(512)(self._runs)
        if self._incompat & RECOVER:
            self._recover()

    @property
    def root(self) -> Node:
        """The folder in which all begins."""
        return self.node(ROOT)

    def _recover(self) -> None:
        """Read on as if the journal had been replayed, as the next mount would."""
        journal = self.node(JOURNAL)
        found = replayed(lambda offset, length: self.read(journal, offset, length), journal.size, self.block)
        self.notes.append(f"was not unmounted: {len(found)} blocks are read as its journal says")
        self.device = Overlay(self.device, self.block, found)
        self.node.cache_clear()
        self._runs_of.cache_clear()

    def _node(self, number: int) -> Node:
        if not 0 < number <= self.inodes:
            raise DiskError(f"inode {number} is none of the {self.inodes}")
        group, place = divmod(number - 1, self._per_group)
        descriptor = self.device.read(self._groups_at + group * self._descriptor, self._descriptor)
        table = struct.unpack_from("<I", descriptor, 8)[0]
        if self._descriptor >= 64:
            table |= struct.unpack_from("<I", descriptor, 40)[0] << 32
        body = self.device.read(table * self.block + place * self._inode_size, self._inode_size)
        mode, uid, size = struct.unpack_from("<HHI", body)
        mtime, gid, links = struct.unpack_from("<I", body, 16)[0], *struct.unpack_from("<HH", body, 24)
        uid |= struct.unpack_from("<H", body, 120)[0] << 16
        gid |= struct.unpack_from("<H", body, 122)[0] << 16
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            size |= struct.unpack_from("<I", body, 108)[0] << 32
        return Node(number, mode, uid, gid, links, size, mtime, body)

    def entries(self, folder: Node) -> Iterator[tuple[bytes, int]]:
        """Names in a folder and their inodes, without `.` and `..`."""
        if _flags(folder) & ENCRYPTED:
            raise DiskError(f"the names in folder {folder.number} are encrypted")
        if _flags(folder) & HAS_INLINE:
            first, rest = self._inline_parts(folder)
            yield from _names(first[4:], folder.number)
            yield from _names(rest, folder.number)
            return
        if folder.size > min(LARGEST_FOLDER, self.device.size):
            raise DiskError(f"folder {folder.number} says that it is {folder.size} bytes large")
        for offset in range(0, folder.size, self.block):
            yield from _names(self.read(folder, offset, self.block), folder.number)

    def read(self, node: Node, offset: int, length: int) -> bytes:
        """So many bytes of a file, fewer at its end; holes are zeros."""
        length = max(0, min(length, node.size - offset, MOST_AT_ONCE))
        if _flags(node) & HAS_INLINE:
            return b"".join(self._inline_parts(node))[: node.size][offset : offset + length]
        parts: list[bytes] = []
        while length > 0:
            block, skipped = divmod(offset, self.block)
            at, blocks = self._place(node, block)
            size = min(length, blocks * self.block - skipped)
            parts.append(self.device.read(at * self.block + skipped, size) if at else bytes(size))
            offset, length = offset + size, length - size
        return b"".join(parts)

    def link(self, node: Node) -> bytes:
        """Where a symbolic link points."""
        if node.size > LONGEST_LINK:
            raise DiskError(f"link {node.number} says that it is {node.size} bytes long")
        is_fast = node.size < 60 and not _flags(node) & (HAS_EXTENTS | HAS_INLINE)
        return node.body[40 : 40 + node.size] if is_fast else self.read(node, 0, node.size)

    def _place(self, node: Node, block: int) -> tuple[int, int]:
        """Where a file's block lies, 0 for a hole, and for how many blocks that goes on."""
        runs = self._runs_of(node)
        place = bisect_right(runs, block, key=itemgetter(0))
        if place:
            first, blocks, at = runs[place - 1]
            if block < first + blocks:
                return at + block - first if at else 0, first + blocks - block
        after = runs[place][0] if place < len(runs) else -(-node.size // self.block)
        return 0, max(1, after - block)

    def _runs(self, node: Node) -> list[Run]:
        """A file's pieces, in order."""
        found: list[Run] = []
        budget = Budget(self.device.size // self.block + SLACK, f"inode {node.number} is in endlessly many pieces")
        if _flags(node) & HAS_EXTENTS:
            pieces = self._extents(node.body[40:100], node.number, DEEPEST, budget)
        else:
            pieces = self._pointed(node, budget)
        for run in pieces:
            budget.spend()
            if found and _follows(found[-1], run):
                first, blocks, at = found.pop()
                run = (first, blocks + run[1], at)
            found.append(run)
        return sorted(found)

    def _extents(self, text: bytes, number: int, depth: int, budget: Budget) -> Iterator[Run]:
        budget.spend()
        magic, count, _, deep = struct.unpack_from("<HHHH", text)
        if magic != EXTENT_MAGIC or deep > depth or 12 + 12 * count > len(text):
            raise DiskError(f"inode {number} has an extent tree that is damaged")
        for at in range(12, 12 + 12 * count, 12):
            first, length, high, low = struct.unpack_from("<IHHI", text, at)
            if deep:
                below, up = struct.unpack_from("<IH", text, at + 4)
                inner = self.device.read((up << 32 | below) * self.block, self.block)
                yield from self._extents(inner, number, deep - 1, budget)
            elif length > UNWRITTEN:
                yield first, length - UNWRITTEN, 0
            else:
                yield first, length, high << 32 | low

    def _pointed(self, node: Node, budget: Budget) -> Iterator[Run]:
        """The pieces of a file that has block pointers: direct ones, then blocks of them, one to three deep."""
        pointers = struct.unpack_from("<15I", node.body, 40)
        wanted = -(-node.size // self.block)
        yield from ((place, 1, at) for place, at in enumerate(pointers[:POINTERS]) if place < wanted)
        place, each = POINTERS, self.block // 4
        for depth, at in enumerate(pointers[POINTERS:], 1):
            if place < wanted:
                yield from self._indirect(at, depth, place, wanted, budget)
            place += each**depth

    def _indirect(self, at: int, depth: int, place: int, wanted: int, budget: Budget) -> Iterator[Run]:
        budget.spend()
        each = self.block // 4
        span = each ** (depth - 1)
        if not at:
            yield place, min(each * span, wanted - place), 0
            return
        for number, below in enumerate(struct.unpack(f"<{each}I", self.device.read(at * self.block, self.block))):
            start = place + number * span
            if start >= wanted:
                return
            if depth == 1:
                yield start, 1, below
            else:
                yield from self._indirect(below, depth - 1, start, wanted, budget)

    def _inline_parts(self, node: Node) -> tuple[bytes, bytes]:
        """What lies in the inode itself: in place of pointers, and in the attribute `system.data` behind its fields."""
        body = node.body
        start = 128 + struct.unpack_from("<H", body, 128)[0] if len(body) > 130 else len(body)
        if len(body) < start + 4 or struct.unpack_from("<I", body, start)[0] != 0xEA020000:
            return body[40:100], b""
        at = start = start + 4
        while at + 16 <= len(body) and body[at]:
            length, index, offset, where, size = struct.unpack_from("<BBHII", body, at)
            if index == 7 and body[at + 16 : at + 16 + length] == b"data" and not where:
                return body[40:100], body[start + offset : start + offset + size]
            at += 16 + (length + 3 & ~3)
        return body[40:100], b""


def _flags(node: Node) -> int:
    return struct.unpack_from("<I", node.body, 32)[0]


def _follows(one: Run, other: Run) -> bool:
    is_next = one[0] + one[1] == other[0]
    return is_next and (one[2] + one[1] == other[2] if one[2] and other[2] else one[2] == other[2])


def _names(text: bytes, folder: int) -> Iterator[tuple[bytes, int]]:
    at = 0
    while at + 8 <= len(text):
        number, length, size, _ = struct.unpack_from("<IHBB", text, at)
        length = len(text) - at if length in (0, 65_535) and len(text) == 65_536 else length
        if length < 8 or length % 4 or at + length > len(text) or 8 + size > length:
            raise DiskError(f"folder {folder} is damaged at byte {at} of a block")
        name = text[at + 8 : at + 8 + size]
        if number and name not in (b".", b".."):
            yield name, number
        at += length
