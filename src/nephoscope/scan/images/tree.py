"""The file tree that an image's layers make together; of files only those are kept that some reader wants."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import BinaryIO

from nephoscope.agent.tree import FILE, FOLDER, LINK, MOST_LINKS, OTHER, Absent, Entry, Tree, TreeError, parts_of


@dataclass
class Node:
    """What lies at a path. layer: the number of the layer it is from.

    kind: as `agent.tree` has it. offset: where a file's bytes lie in the spool; None if they were not kept. target:
    of a link. names: of a folder.
    """

    kind: str
    layer: int
    size: int = 0
    mode: int = 0
    offset: int | None = None
    target: str = ""
    names: dict[str, Node] = field(default_factory=lambda: dict[str, Node]())


class Window(io.RawIOBase):
    """A part of an open file, as a file of its own; it neither moves nor closes the file it is part of."""

    def __init__(self, file: int, offset: int, size: int) -> None:
        self._file, self._offset, self._size, self._at = file, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        length = min(len(buffer), max(self._size - self._at, 0))
        read = os.preadv(self._file, [memoryview(buffer)[:length]], self._offset + self._at) if length else 0
        self._at += read
        return read


class ImageTree(Tree):
    """The merged tree. spool: an open file that holds the bytes of what was kept."""

    def __init__(self, root: Node, spool: BinaryIO) -> None:
        self.root = root
        self._spool = spool

    def entries(self, path: str) -> list[Entry]:
        node = self._node(path)
        if node.kind != FOLDER:
            raise TreeError(path, "is no folder")
        return [_entry(name, each) for name, each in sorted(node.names.items())]

    def stat(self, path: str) -> Entry:
        return _entry(path.rpartition("/")[2], self._node(path))

    def open(self, path: str) -> BinaryIO:
        node = self._node(path)
        if node.kind != FILE:
            raise TreeError(path, "is no plain file; not opened")
        if node.offset is None:
            raise TreeError(path, "was not kept")
        return io.BufferedReader(Window(self._spool.fileno(), node.offset, node.size))

    def _node(self, path: str) -> Node:
        node = walked(self.root, path)[-1]
        if node is None:
            raise Absent(path, "is not there")
        return node


def walked(root: Node, path: str, *, follows: bool = True) -> list[Node | None]:
    """The nodes from the root to where a path leads; the last is None if nothing is there.

    Links end inside the root. follows: whether a link that is the path's last name is followed. Raises TreeError for a
    path through too many links.
    """
    trail: list[Node | None] = [root]
    waiting = parts_of(path)[::-1]
    links = 0
    while waiting:
        name = waiting.pop()
        here = trail[-1]
        if name == "..":
            trail[1:] = trail[1:-1]
            continue
        node = here.names.get(name) if here else None
        if node is not None and node.kind == LINK and (waiting or follows):
            links += 1
            if links > MOST_LINKS:
                raise TreeError(path, f"leads through more than {MOST_LINKS} links")
            trail = [root] if node.target.startswith("/") else trail
            waiting += parts_of(node.target)[::-1]
            continue
        trail.append(node)
        if node is None:
            return trail
    return trail


def _entry(name: str, node: Node) -> Entry:
    return Entry(name, node.kind if node.kind in (FILE, FOLDER, LINK) else OTHER, node.size, node.mode)
