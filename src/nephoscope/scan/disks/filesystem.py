"""What every file system we read gives: nodes by number, what a folder holds, a file's bytes."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nephoscope.agent.packages.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINK = 65_536  # bytes of a symbolic link


class Note(Problem):
    """What may not be as it was on the running machine, though all could be read."""


@dataclass(frozen=True)
class Node:
    """A file, folder or link as its file system keeps it.

    mode, uid, gid, links, size, mtime: as `os.stat` has them. body: the raw inode.
    """

    number: int
    mode: int
    uid: int
    gid: int
    links: int
    size: int
    mtime: int
    body: bytes = field(default=b"", repr=False)

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it has bytes that may be read."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it points elsewhere."""
        return stat.S_ISLNK(self.mode)


class FileSystem(Protocol):
    """An open file system. kind: its name; notes: what about it may not be as it was on the running machine."""

    kind: str
    notes: list[str]

    @property
    def root(self) -> Node:
        """The folder in which all begins."""
        ...

    def node(self, number: int) -> Node:
        """An inode. Raises DiskError for one that cannot be."""
        ...

    def entries(self, folder: Node) -> Iterator[tuple[bytes, int]]:
        """Names in a folder and their inodes, without `.` and `..`."""
        ...

    def read(self, node: Node, offset: int, length: int) -> bytes:
        """So many bytes of a file, fewer at its end; holes are zeros."""
        ...

    def link(self, node: Node) -> bytes:
        """Where a symbolic link points."""
        ...
