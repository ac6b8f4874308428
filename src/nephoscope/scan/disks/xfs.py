"""XFS, versions 4 and 5; its log is not replayed, and that is said.

Source: XFS Algorithms & Data Structures, 3rd edition, https://mirrors.edge.kernel.org/pub/linux/utils/fs/xfs/docs/
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import MOST_AT_ONCE, Budget, DiskError
from nephoscope.scan.disks.filesystem import LONGEST_LINK, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.disks.device import Device

LOCAL, EXTENTS, BTREE = 1, 2, 3
FTYPE, SPARSE, META_UUID, BIGTIME, REPAIR, NREXT64 = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
KNOWN = FTYPE | SPARSE | META_UUID | BIGTIME | NREXT64
OLD_FTYPE = 0x200
BIG_COUNT, BIG_TIME = 1 << 4, 1 << 3  # of an inode's flags2
LEAVES_AT = 1 << 35  # from this byte on a folder holds its index, not its names
BLOCK_FORM = (b"XD2B", b"XDB3")
DATA_FORM = (b"XD2D", b"XDD3")
TREES = (b"BMAP", b"BMA3")
DEEPEST = 9
MOST_STEPS = 2_000_000  # to a file's pieces
EPOCH_OF_BIGTIME = -(1 << 31)

Run = tuple[int, int, int]  # first block of the file, blocks, block of the file system (0: a hole)


class Xfs:
    """An XFS file system on a device."""

    kind = "xfs"

    def __init__(self, device: Device) -> None:
        """Open it. Raises DiskError for what is no XFS, or one with parts that are not understood."""
        self.device = device
        self.notes = ["the log of an XFS is not replayed: what was written in the last seconds may be missing"]
        said = device.read(0, 512)
        if said[:4] != b"XFSB":
            raise DiskError("no XFS is here")
        self.block, blocks = struct.unpack_from(">IQ", said, 4)
        self._root = struct.unpack_from(">Q", said, 56)[0]
        self._group_blocks, self._groups = struct.unpack_from(">II", said, 84)
        version, _, self._inode_size, self._per_block = struct.unpack_from(">HHHH", said, 100)
        log, _, self._inode_log, self._place_log, self._group_log = said[120:125]
        self._is_new = version & 0xF == 5
        features = struct.unpack_from(">I", said, 216)[0] if self._is_new else 0
        self._has_types = bool(features & FTYPE if self._is_new else struct.unpack_from(">I", said, 200)[0] & OLD_FTYPE)
        if version & 0xF not in (4, 5) or features & ~KNOWN:
            raise DiskError(f"this XFS (version {version & 0xF}, features {features:#x}) is not supported")
        if self.block != 1 << log or not 512 <= self.block <= 65_536 or self._inode_size not in (256, 512, 1024, 2048):
            raise DiskError("the XFS superblock says impossible sizes")
        if not self._group_blocks or self._per_block * self._inode_size != self.block or self._group_log > 32:
            raise DiskError("the XFS superblock says impossible groups")
        if said[192] > 16 - log + 3 or blocks * self.block > device.size:
            raise DiskError(f"the XFS says that it has {blocks * self.block} bytes, the disk has {device.size}")
        self._folder_block = self.block << said[192]
        self._core = 176 if self._is_new else 100
        self.node = lru_cache(4_096)(self._node)
        self._runs_of = lru_cache(512)(self._runs)

    @property
    def root(self) -> Node:
        """The folder in which all begins."""
        return self.node(self._root)

    def _node(self, number: int) -> Node:
        shift = self._group_log + self._place_log
        group, block = number >> shift, number >> self._place_log & (1 << self._group_log) - 1
        if group >= self._groups or block >= self._group_blocks:
            raise DiskError(f"inode {number} lies outside the file system")
        at = (group * self._group_blocks + block) * self.block
        body = self.device.read(at + (number & (1 << self._place_log) - 1) * self._inode_size, self._inode_size)
        if body[:2] != b"IN":
            raise DiskError(f"inode {number} is damaged")
        mode = struct.unpack_from(">H", body, 2)[0]
        uid, gid, links = struct.unpack_from(">III", body, 8)
        return Node(number, mode, uid, gid, links, struct.unpack_from(">Q", body, 56)[0], self._mtime(body), body)

    def _mtime(self, body: bytes) -> int:
        if self._is_new and struct.unpack_from(">Q", body, 120)[0] & BIG_TIME:
            return struct.unpack_from(">Q", body, 40)[0] // 1_000_000_000 + EPOCH_OF_BIGTIME
        return struct.unpack_from(">i", body, 40)[0]

    def _fork(self, node: Node) -> bytes:
        """The part of an inode that says where its bytes lie."""
        away = node.body[82] * 8
        return node.body[self._core : self._core + away if away else None]

    def entries(self, folder: Node) -> Iterator[tuple[bytes, int]]:
        """Names in a folder and their inodes, without `.` and `..`."""
        if folder.body[5] == LOCAL:
            yield from self._short(folder)
            return
        for first, blocks, _ in self._runs_of(folder):
            start, end = first * self.block, (first + blocks) * self.block
            for at in range(start - start % self._folder_block, min(end, LEAVES_AT), self._folder_block):
                if at >= start:
                    yield from self._names(self._bytes(folder, at, self._folder_block), folder.number)

    def _short(self, folder: Node) -> Iterator[tuple[bytes, int]]:
        """The names of a folder that lies in its inode."""
        text = self._fork(folder)[: folder.size]
        if len(text) < 6:
            raise DiskError(f"folder {folder.number} is damaged")
        size = 8 if text[1] else 4
        at = 2 + size
        for _ in range(text[0]):
            end = at + 3 + text[at] + self._has_types + size if at < len(text) else len(text) + 1
            if end > len(text):
                raise DiskError(f"folder {folder.number} is damaged at byte {at}")
            yield text[at + 3 : at + 3 + text[at]], int.from_bytes(text[end - size : end], "big")
            at = end

    def _names(self, text: bytes, folder: int) -> Iterator[tuple[bytes, int]]:
        """The names of a folder's block."""
        magic = text[:4]
        if magic not in (*BLOCK_FORM, *DATA_FORM):
            raise DiskError(f"a block of folder {folder} is damaged")
        at, end = 64 if self._is_new else 16, len(text)
        if magic in BLOCK_FORM:
            end -= 8 + 8 * struct.unpack_from(">I", text, end - 8)[0]
        while at + 12 <= end:
            tag, length = struct.unpack_from(">HH", text, at)
            if tag != 0xFFFF:
                number, size = struct.unpack_from(">QB", text, at)
                length = 8 + 1 + size + self._has_types + 2 + 7 & ~7
                name = text[at + 9 : at + 9 + size]
                if at + length > end or not size:
                    raise DiskError(f"folder {folder} is damaged at byte {at} of a block")
                if name not in (b".", b".."):
                    yield name, number
            elif length < 8 or length % 8:
                raise DiskError(f"folder {folder} is damaged at byte {at} of a block")
            at += length

    def read(self, node: Node, offset: int, length: int) -> bytes:
        """So many bytes of a file, fewer at its end; holes are zeros."""
        length = max(0, min(length, node.size - offset, MOST_AT_ONCE))
        if node.body[5] == LOCAL:
            return self._fork(node)[: node.size][offset : offset + length]
        return self._bytes(node, offset, length)

    def link(self, node: Node) -> bytes:
        """Where a symbolic link points."""
        if node.size > LONGEST_LINK:
            raise DiskError(f"link {node.number} says that it is {node.size} bytes long")
        if node.body[5] == LOCAL or not self._is_new:
            return self.read(node, 0, node.size)
        found = b""
        for first, blocks, _ in self._runs_of(node):
            for block in range(first, first + blocks):
                text = self._bytes(node, block * self.block, self.block)
                found += text[56 : 56 + struct.unpack_from(">I", text, 8)[0]]
        return found[: node.size]

    def _bytes(self, node: Node, offset: int, length: int) -> bytes:
        runs = self._runs_of(node)
        parts: list[bytes] = []
        while length > 0:
            block, skipped = divmod(offset, self.block)
            place = bisect_right(runs, block, key=itemgetter(0))
            first, blocks, at = runs[place - 1] if place else (0, 0, 0)
            if block < first + blocks:
                size = min(length, (first + blocks - block) * self.block - skipped)
                start = self._byte_of(at + block - first) + skipped if at else 0
                parts.append(self.device.read(start, size) if at else bytes(size))
            else:
                size = min(length, runs[place][0] * self.block - offset if place < len(runs) else length)
                parts.append(bytes(size))
            offset, length = offset + size, length - size
        return b"".join(parts)

    def _byte_of(self, block: int) -> int:
        """Where a block of the file system lies on the device."""
        group, place = block >> self._group_log, block & (1 << self._group_log) - 1
        if group >= self._groups or place >= self._group_blocks:
            raise DiskError(f"block {block} lies outside the file system")
        return (group * self._group_blocks + place) * self.block

    def _runs(self, node: Node) -> list[Run]:
        """A file's pieces, in order."""
        fork, kind = self._fork(node), node.body[5]
        if kind == EXTENTS:
            count = struct.unpack_from(">I", node.body, 76)[0]
            if self._is_new and struct.unpack_from(">Q", node.body, 120)[0] & BIG_COUNT:
                count = struct.unpack_from(">Q", node.body, 24)[0]
            if count * 16 > len(fork):
                raise DiskError(f"inode {node.number} says that it is in {count} pieces, and has no room for them")
            return sorted(_run(fork, at) for at in range(0, count * 16, 16))
        if kind != BTREE:
            raise DiskError(f"inode {node.number} has bytes of an unknown form {kind}")
        budget = Budget(MOST_STEPS, f"inode {node.number} is in endlessly many pieces")
        return sorted(self._roots(fork, node.number, budget))

    def _roots(self, fork: bytes, number: int, budget: Budget) -> Iterator[Run]:
        """The pieces below a tree's root, which lies in the inode."""
        level, count = struct.unpack_from(">HH", fork)
        most = (len(fork) - 4) // 16
        if not 0 < level <= DEEPEST or count > most:
            raise DiskError(f"inode {number} has a tree of pieces that is damaged")
        for pointer in struct.unpack_from(f">{count}Q", fork, 4 + most * 8):
            yield from self._tree(pointer, level - 1, number, budget)

    def _tree(self, block: int, level: int, number: int, budget: Budget) -> Iterator[Run]:
        text = self.device.read(self._byte_of(block), self.block)
        header = 72 if self._is_new else 24
        said, count = struct.unpack_from(">HH", text, 4)
        most = (self.block - header) // 16
        if text[:4] not in TREES or said != level or count > most:
            raise DiskError(f"inode {number} has a tree of pieces that is damaged at block {block}")
        budget.spend()
        if not level:
            for at in range(header, header + count * 16, 16):
                budget.spend()
                yield _run(text, at)
            return
        for pointer in struct.unpack_from(f">{count}Q", text, header + most * 8):
            yield from self._tree(pointer, level - 1, number, budget)


def _run(text: bytes, at: int) -> Run:
    """A packed piece: 1 bit for unwritten, 54 of the file's block, 52 of the file system's, 21 of length."""
    packed = int.from_bytes(text[at : at + 16], "big")
    first, block, count = packed >> 73 & (1 << 54) - 1, packed >> 21 & (1 << 52) - 1, packed & (1 << 21) - 1
    return first, count, 0 if packed >> 127 else block
