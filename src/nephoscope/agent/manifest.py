"""What a tree held, in one file: a block per directory, checksummed, with Merkle digests, ended by its SHA-256.

    MAGIC · block(header JSON) · block(directory)… · block(footer JSON) · SHA-256 of all before
    block = length (u32) · CRC-32 (u32) · content

A directory's Merkle digest covers names, modes, owners, sizes, digests, extras and the digests of the directories in
it, but neither times nor inodes: two hosts with the same tree have the same root.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from nephoscope.agent.walk import ERROR, RECORD, Directory, below

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"nephoscope file manifest 1\n"
FRAME = struct.Struct("<II")
PARTS = struct.Struct("<6IB")  # bytes of path, names, stats, digests, extras, own; whether one is setuid or setgid
EXTRA = struct.Struct("<IcI")
LONGEST = 1 << 30
STABLE = 20  # bytes of a RECORD that say mode, owner, group and size


class BadManifest(Exception):
    """A manifest that is no manifest, or not whole; the text says where."""


def node_of(made: Directory, children: dict[bytes, bytes]) -> bytes:
    """A directory's Merkle digest. children: {path: digest} of the directories in it that were read."""
    stable = b"".join(made.stats[at : at + STABLE] for at in range(0, len(made.stats), RECORD.size))
    nested = [children.pop(below(made.path, name), b"") for name in made.names] if children else []
    parts = (b"\0".join(made.names), stable, _digests(made), _extras(made), b"".join(nested))
    state = hashlib.sha256(b"nephoscope directory 1\0")
    for part in parts:
        state.update(b"%d:" % len(part))
        state.update(part)
    return state.digest()


class Writer:
    """Writes a manifest beside its place and moves it there when it is whole, so that one before it is never lost."""

    def __init__(self, file: str, header: dict[str, Any]) -> None:
        self.file = file
        self.part = f"{file}.{os.getpid()}.part"
        self.state = hashlib.sha256()
        self.children: dict[bytes, bytes] = {}
        self.root = b""
        self.counts = {"directories": 0, "entries": 0, "unread": 0}
        handle = os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self.stream = os.fdopen(handle, "wb", 1 << 18)
        self._write(MAGIC)
        self._block(_json(header))

    def put(self, made: Directory) -> None:
        """Add a directory; the directories in it came before."""
        node = node_of(made, self.children)
        if made.path:
            self.children[made.path] = node
        else:
            self.root = node
        parts = (made.path, b"\0".join(made.names), made.stats, _digests(made), _extras(made), made.own)
        self._block(b"".join((PARTS.pack(*map(len, parts), has_privileged(made)), *parts)))
        self.counts["directories"] += 1
        self.counts["entries"] += len(made.names)
        self.counts["unread"] += sum(ERROR in said for said in made.extras.values())

    def close(self) -> dict[str, Any]:
        """End it and put it in its place; answers the footer. Raises OSError, and then nothing was replaced."""
        footer = dict(self.counts, root=self.root.hex())
        self._block(_json(footer))
        self.stream.write(self.state.digest())
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        os.replace(self.part, self.file)
        folder = os.open(os.path.dirname(self.file) or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return dict(footer, sha256=self.state.hexdigest())

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave nothing half written."""
        with suppress(OSError):  # the disk is full: what was not written is not wanted
            self.stream.close()
        if os.path.exists(self.part):
            os.unlink(self.part)

    def _block(self, content: bytes) -> None:
        self._write(FRAME.pack(len(content), zlib.crc32(content)))
        self._write(content)

    def _write(self, content: bytes) -> None:
        self.state.update(content)
        self.stream.write(content)


class Manifest:
    """A manifest on disk, checked whole when it is opened; directories are read when asked for.

    header and footer: what was said of it; sha256: of all of it. Raises BadManifest naming the byte, and OSError.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[bytes, tuple[int, int]] = {}
        self.stream = open(file, "rb")  # noqa: SIM115  closed by __exit__
        try:
            self._check()
        except BaseException:
            self.stream.close()
            raise

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *failure: object) -> None:
        self.stream.close()

    def __contains__(self, path: bytes) -> bool:
        return path in self.places

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.places)

    def get(self, path: bytes) -> Directory:
        """A directory. Raises KeyError, and BadManifest if its lengths do not fit."""
        at, size = self.places[path]
        return _decoded(os.pread(self.stream.fileno(), size, at), self.file, at)

    def likeness(self, made: Directory) -> tuple[bool, bool]:
        """Whether a directory's names and records are what they were, and whether a setuid file is among them."""
        at, size = self.places[made.path]
        content = os.pread(self.stream.fileno(), size, at)
        parts = _parts(content, self.file, at)
        same = parts[2] == made.stats and parts[1] == b"\0".join(made.names)
        return same, bool(content[PARTS.size - 1])

    def _check(self) -> None:
        if self.stream.read(len(MAGIC)) != MAGIC:
            raise BadManifest(f"{self.file}: byte 0: is no file manifest of ours")
        state = hashlib.sha256(MAGIC)
        at, before, last = len(MAGIC), 0, b""
        end = os.fstat(self.stream.fileno()).st_size - 32
        while at < end:
            content = self._frame(at, end, state)
            if at == len(MAGIC):
                self.header = _object(content, self.file, at)
            else:
                if last:
                    self._index(last, before)
                last, before = content, at
            at += FRAME.size + len(content)
        if at != end or not last or self.stream.read(32) != state.digest():
            raise BadManifest(f"{self.file}: byte {at}: ends without its end: it was cut off or altered")
        self.footer = _object(last, self.file, before)
        self.sha256 = state.hexdigest()

    def _frame(self, at: int, end: int, state: Any) -> bytes:
        head = self.stream.read(FRAME.size)
        size, crc = FRAME.unpack(head) if len(head) == FRAME.size else (LONGEST + 1, 0)
        if size > LONGEST or at + FRAME.size + size > end:
            raise BadManifest(f"{self.file}: byte {at}: a block goes beyond the end of the file")
        content = self.stream.read(size)
        if zlib.crc32(content) != crc:
            raise BadManifest(f"{self.file}: byte {at}: a block is not what was written (its checksum differs)")
        state.update(head)
        state.update(content)
        return content

    def _index(self, content: bytes, at: int) -> None:
        path = _parts(content, self.file, at)[0]
        if path in self.places:
            raise BadManifest(f"{self.file}: byte {at}: a directory is there twice")
        self.places[path] = (at + FRAME.size, len(content))


def _decoded(content: bytes, file: str, at: int) -> Directory:
    """A block's directory. Each digest names the entry it is of."""
    path, joined, stats, digests, extras, own = _parts(content, file, at)
    names = tuple(joined.split(b"\0")) if joined else ()
    made = Directory(path, names, stats, own)
    hashed = len(digests) // 36
    if len(stats) != len(names) * RECORD.size or len(digests) != hashed * 36 or len(own) not in (0, RECORD.size):
        raise BadManifest(f"{file}: byte {at}: a directory has not as many records as names")
    for start in range(0, len(digests), 36):
        index = int.from_bytes(digests[start : start + 4], "little")
        if index >= len(names):
            raise BadManifest(f"{file}: byte {at}: a digest is of no entry")
        made.digests[index] = digests[start + 4 : start + 36]
    _read_extras(made, extras, f"{file}: byte {at}")
    return made


def _parts(content: bytes, file: str, at: int) -> list[bytes]:
    """Path, names, stats, digests, extras and own of a block."""
    sizes = PARTS.unpack_from(content)[:6] if len(content) >= PARTS.size else ()
    if not sizes or PARTS.size + sum(sizes) != len(content):
        raise BadManifest(f"{file}: byte {at}: the lengths in a block do not fit")
    parts: list[bytes] = []
    start = PARTS.size
    for size in sizes:
        parts.append(content[start : start + size])
        start += size
    return parts


def has_privileged(made: Directory) -> bool:
    """Whether a regular file here runs with the rights of its owner or group."""
    modes = (RECORD.unpack_from(made.stats, at)[0] for at in range(0, len(made.stats), RECORD.size))
    return any(mode & 0o6000 and stat.S_ISREG(mode) for mode in modes)


def _read_extras(made: Directory, content: bytes, where: str) -> None:
    at = 0
    while at < len(content):
        if at + EXTRA.size > len(content):
            raise BadManifest(f"{where}: what is said of an entry is cut off")
        index, kind, size = EXTRA.unpack_from(content, at)
        at += EXTRA.size + size
        if at > len(content) or index >= len(made.names):
            raise BadManifest(f"{where}: what is said of an entry is cut off")
        made.note(index, kind, content[at - size : at])


def _digests(made: Directory) -> bytes:
    return b"".join([index.to_bytes(4, "little") + made.digests[index] for index in sorted(made.digests)])


def _extras(made: Directory) -> bytes:
    return b"".join(
        EXTRA.pack(index, kind, len(content)) + content
        for index, said in sorted(made.extras.items())
        for kind, content in sorted(said.items())
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _object(content: bytes, file: str, at: int) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadManifest(f"{file}: byte {at}: is no JSON object")
    return cast("dict[str, Any]", value)
