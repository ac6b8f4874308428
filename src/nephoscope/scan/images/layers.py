"""Layers → one tree: what a layer adds, replaces and takes away, in the order of the layers.

Source: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from isal import igzip, isal_zlib

from nephoscope.agent.packages.finding import wanted
from nephoscope.agent.packages.package import Problem
from nephoscope.agent.tree import FILE, FOLDER, LINK, OTHER, TreeError, parts_of
from nephoscope.scan.images.blobs import TAR_ERRORS, members
from nephoscope.scan.images.tree import Node, walked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.images.blobs import Blobs
    from nephoscope.scan.images.manifest import Layer

LARGEST_RATIO = 250  # of what a layer unpacks to
ALWAYS_BYTES = 1 << 30  # whatever the ratio
LARGEST_LAYER_BYTES = 64 << 30
LARGEST_KEPT_BYTES = 2 << 30  # of one file
MOST_KEPT_BYTES = 16 << 30  # of all
MOST_MEMBERS = 5_000_000
DEEPEST = 200  # folders within folders
MOST_NODES = 2_000_000  # links and files that are kept
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_PART_BYTES = 1 << 20
_ERRORS: tuple[type[Exception], ...] = (*TAR_ERRORS, zlib.error, isal_zlib.error)  # pyright: ignore[reportAssignmentType]


class Counted(io.RawIOBase):
    """A file that is read once from its start, counted and digested; refuses to be larger than it may be."""

    def __init__(self, file: BinaryIO, algorithm: str, most: int) -> None:
        self._file, self._left, self._at = file, most, 0
        self.digest = hashlib.new(algorithm) if algorithm else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError("unpacks to more than an honest layer would; not read on")
        if self.digest is not None:
            self.digest.update(data)
        return len(data)

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Forward only."""
        if whence != io.SEEK_SET or offset < self._at:
            raise tarfile.ReadError("a header leads back; not read on")
        while self._at < offset and self.read(min(offset - self._at, _PART_BYTES)):
            pass
        return self._at

    def tell(self) -> int:
        return self._at


@dataclass
class Merged:
    """The tree of the layers so far. spool: where kept bytes go."""

    spool: BinaryIO
    root: Node = field(default_factory=lambda: Node(FOLDER, -1))
    problems: list[Problem] = field(default_factory=list[Problem])
    nodes: int = 0

    def add(self, blobs: Blobs, layer: Layer, number: int) -> bool:
        """Put a layer on top; whether it changed anything that some reader wants."""
        where = f"layer {number + 1} ({layer.name})"
        try:
            with blobs.open(layer.path) as stored:
                return self._add(stored, layer, number, where)
        except TreeError as error:
            self.problems.append(Problem(where, error.reason))
        except _ERRORS as error:
            self.problems.append(Problem(where, f"cannot be read on: {error}"))
        return True

    def _add(self, stored: BinaryIO, layer: Layer, number: int, where: str) -> bool:
        size = stored.seek(0, io.SEEK_END)
        stored.seek(0)
        start = stored.read(4)
        stored.seek(0)
        algorithm, _, expected = ("" if layer.is_verified else layer.digest or layer.diff_id).partition(":")
        by_stored = bool(layer.digest)
        raw = Counted(stored, algorithm if by_stored else "", size)
        packed = io.BufferedReader(raw, _PART_BYTES)
        most = min(size * LARGEST_RATIO + ALWAYS_BYTES, LARGEST_LAYER_BYTES)
        counted = Counted(_unpacked(packed, start), "" if by_stored else algorithm, most)
        is_changed = False
        try:
            for count, member in enumerate(members(counted)):  # type: ignore[arg-type]
                if count == MOST_MEMBERS:
                    raise tarfile.ReadError(f"holds more than {MOST_MEMBERS} files; not read on")
                is_changed = self._take(member, counted, number, where) or is_changed
        finally:
            for each in (counted, packed):  # a digest is of the whole
                while each.read(_PART_BYTES):
                    pass
            if not layer.is_verified:
                self._check(raw if by_stored else counted, expected, where)
        return is_changed

    def _check(self, read: Counted, expected: str, where: str) -> None:
        """Whether the digest of what was read is the one that the image names."""
        if read.digest is None:
            self.problems.append(Problem(where, "has no digest; whether it is the image's own cannot be said"))
        elif read.digest.hexdigest() != expected:
            self.problems.append(Problem(where, f"is not what its digest says: it is {read.digest.hexdigest()}"))

    def _take(self, member: tarfile.TarInfo, content: Counted, number: int, where: str) -> bool:
        """Put one member into the tree."""
        names = parts_of(member.name)
        if ".." in names or len(names) > DEEPEST:
            self.problems.append(
                Problem(f"{where}: {member.name[:500]}", "leads out of the image, or too deep; not taken")
            )
            return False
        if not names:
            return False
        name = names.pop()
        trail = walked(self.root, "/".join(names))
        path = "/".join((*names, name))
        if name.startswith(_WHITEOUT):
            return self._hide(trail[-1], name, number)
        node = self._node(member, content, number, path, where)
        folder = trail[-1]
        if node is None:
            return folder is not None and folder.names.pop(name, None) is not None
        folder = self._folder(names, number)
        before = folder.names.get(name)
        if node.kind == FOLDER and before is not None and before.kind == FOLDER:
            before.layer = number
            return False
        folder.names[name] = node
        return node.kind != FOLDER or before is not None

    def _folder(self, names: list[str], number: int) -> Node:
        """The folder that a path leads to, made where it is not there or is something else."""
        here = self.root
        for at in range(1, len(names) + 1):
            trail = walked(self.root, "/".join(names[:at]))
            node = trail[-1]
            if node is None or node.kind != FOLDER:
                node = Node(FOLDER, number)
                here.names[names[at - 1]] = node
            here = node
        return here

    def _hide(self, folder: Node | None, name: str, number: int) -> bool:
        """Take away what lower layers have there."""
        if folder is None:
            return False
        if name == _OPAQUE:
            before = len(folder.names)
            _prune(folder, number)
            return len(folder.names) != before
        hidden = folder.names.get(name[len(_WHITEOUT) :])
        if hidden is None or hidden.layer == number and not hidden.names:
            return False
        _prune(hidden, number)
        if hidden.layer < number and not hidden.names:
            del folder.names[name[len(_WHITEOUT) :]]
        return True

    def _node(self, member: tarfile.TarInfo, content: Counted, number: int, path: str, where: str) -> Node | None:
        """What a member becomes in the tree; None for a file that no reader wants."""
        mode = member.mode & 0o7777
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise tarfile.ReadError(f"the image holds more than {MOST_NODES} files and links; not read on")
        if member.isdir():
            return Node(FOLDER, number, mode=mode)
        if member.issym():
            return Node(LINK, number, len(member.linkname), mode, target=member.linkname[:4096])
        if not wanted(path, mode):
            self.nodes -= 1
            return None
        if member.islnk():
            other = walked(self.root, member.linkname, follows=False)[-1]
            if other is not None and other.kind == FILE:
                return Node(FILE, number, other.size, other.mode, other.offset)
            self.problems.append(Problem(f"{where}: {path}", "is a hard link to a file that was not kept; not read"))
            return Node(OTHER, number)
        if not member.isreg() or member.issparse():
            return Node(OTHER, number)
        return self._kept(member, content, number, f"{where}: {path}")

    def _kept(self, member: tarfile.TarInfo, content: Counted, number: int, where: str) -> Node:
        offset = self.spool.seek(0, io.SEEK_END)
        if member.size > LARGEST_KEPT_BYTES or offset + member.size > MOST_KEPT_BYTES:
            self.problems.append(Problem(where, f"is too large with its {member.size} bytes; not kept"))
            return Node(OTHER, number)
        content.seek(member.offset_data)
        for part in _parts(content, member.size):
            self.spool.write(part)
        self.spool.flush()
        return Node(FILE, number, member.size, member.mode & 0o7777, offset)


def _parts(content: Counted, size: int) -> Iterator[bytes]:
    while size > 0:
        part = content.read(min(size, _PART_BYTES))
        if not part:
            raise tarfile.ReadError("ends within a file")
        size -= len(part)
        yield part


def _prune(node: Node, number: int) -> None:
    """Take from a folder what lower layers put there, at any depth."""
    waiting = [(node, False)]
    while waiting:
        folder, is_done = waiting.pop()
        if not is_done:
            waiting.append((folder, True))
            waiting += [(each, False) for each in folder.names.values() if each.names]
            continue
        folder.names = {name: each for name, each in folder.names.items() if each.layer == number or each.names}


def _unpacked(packed: BinaryIO, start: bytes) -> BinaryIO:
    if start.startswith(_GZIP):
        return igzip.GzipFile(fileobj=packed)  # type: ignore[return-value]
    if start.startswith(_ZSTD):
        try:
            from backports import zstd
        except ImportError as error:
            raise tarfile.ReadError("it is compressed by zstd; that needs the package backports.zstd") from error
        return zstd.ZstdFile(packed)  # type: ignore[return-value]
    return packed
