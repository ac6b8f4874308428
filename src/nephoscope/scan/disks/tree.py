"""A file system on a disk, as a tree that readers of packages look at."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from nephoscope.agent.tree import (
    MOST_ENTRIES,
    MOST_LINKS,
    Absent,
    Entry,
    Tree,
    TreeError,
    kind_of,
    parts_of,
)
from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.filesystem import LONGEST_LINK, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.scan.disks.filesystem import FileSystem

MOST_FOLDERS_KEPT = 256
PART_BYTES = 1 << 20
T = TypeVar("T")


class DiskTree(Tree):
    """The files of a file system; links end inside it."""

    def __init__(self, files: FileSystem) -> None:
        self._files = files
        self._folders: dict[int, dict[bytes, int]] = {}

    def entries(self, path: str) -> list[Entry]:
        node = self._node(path)
        if not node.is_folder:
            raise TreeError(path, "is no folder")
        names = _told(path, lambda: self._names(node))
        return [_entry(os.fsdecode(name), self._inode(path, number)) for name, number in sorted(names.items())]

    def stat(self, path: str) -> Entry:
        return _entry(path.rpartition("/")[2], self._node(path))

    def open(self, path: str) -> BinaryIO:
        node = self._node(path)
        if not node.is_file:
            raise TreeError(path, "is no plain file; not opened")
        return io.BufferedReader(_File(self._files, node), 4096)

    def _inode(self, path: str, number: int) -> Node:
        return _told(path, lambda: self._files.node(number))

    def _node(self, path: str) -> Node:
        """What a path leads to."""
        trail = [_told(path, lambda: self._files.root)]
        waiting = parts_of(path)[::-1]
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                trail[1:] = trail[1:-1]
                continue
            node = self._below(path, trail[-1], os.fsencode(name))
            if not node.is_link:
                trail.append(node)
                continue
            links += 1
            target = _told(path, lambda node=node: self._files.link(node))
            if links > MOST_LINKS or len(target) > LONGEST_LINK:
                raise TreeError(path, f"leads through more than {MOST_LINKS} links")
            trail = trail[:1] if target.startswith(b"/") else trail
            waiting += parts_of(os.fsdecode(target))[::-1]
        return trail[-1]

    def _below(self, path: str, folder: Node, name: bytes) -> Node:
        number = _told(path, lambda: self._names(folder)).get(name) if folder.is_folder else None
        if number is None:
            raise Absent(path, "is not there")
        return self._inode(path, number)

    def _names(self, folder: Node) -> dict[bytes, int]:
        """The names in a folder and their inodes; those of the folders asked for last are kept."""
        names = self._folders.pop(folder.number, None)
        if names is None:
            names = dict[bytes, int]()
            for name, number in self._files.entries(folder):
                if len(names) == MOST_ENTRIES:
                    raise DiskError(f"a folder holds more than {MOST_ENTRIES} names")
                names[name] = number
            while len(self._folders) >= MOST_FOLDERS_KEPT:
                del self._folders[next(iter(self._folders))]
        self._folders[folder.number] = names
        return names


class _File(io.RawIOBase):
    """A file on a disk, for reading at any place."""

    def __init__(self, files: FileSystem, node: Node) -> None:
        self._files, self._disk_node, self._at = files, node, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._disk_node.size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        length = min(len(buffer), max(self._disk_node.size - self._at, 0), PART_BYTES)
        try:
            data = self._files.read(self._disk_node, self._at, length) if length else b""
        except DiskError as error:
            raise OSError(str(error)) from error
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _entry(name: str, node: Node) -> Entry:
    return Entry(name, kind_of(node.mode), node.size, stat.S_IMODE(node.mode))


def _told(path: str, ask: Callable[[], T]) -> T:
    """The answer; a disk that cannot give it is a TreeError."""
    try:
        return ask()
    except DiskError as error:
        raise TreeError(path, str(error)) from error
