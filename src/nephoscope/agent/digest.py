"""One file → its SHA-256, or why it has none."""

from __future__ import annotations

import errno
import hashlib
import os
import stat

AT_ONCE = 1 << 20  # bytes; larger files go through one buffer
ATTEMPTS = 3  # at a file that changes while it is read
SHORT = 128  # bytes of an extended attribute that are kept as they are
QUIET = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
NO_ATIME = getattr(os, "O_NOATIME", 0)
NO_XATTRS = frozenset((errno.ENOTSUP, errno.ENOENT, errno.ELOOP, errno.EINVAL))

_buffer: bytearray | None = None


class Unreadable(Exception):
    """A file that has no digest; the text says why."""


def open_quietly(name: bytes, folder: int | None, flags: int = 0) -> int:
    """Open for reading without following a link, waiting for a pipe, or (where it may) changing the access time."""
    try:
        return os.open(name, QUIET | NO_ATIME | flags, dir_fd=folder)
    except PermissionError:
        return os.open(name, QUIET | flags, dir_fd=folder)  # only an owner may leave the access time alone


def hash_file(name: bytes, folder: int, ino: int) -> tuple[bytes, bytes, os.stat_result]:
    """A regular file's SHA-256, its extended attributes, and what fstat says after the last byte.

    ino: of the file that was listed. Raises OSError, and Unreadable if another thing lies there by now, or the file
    changed during each of three readings.
    """
    handle = open_quietly(name, folder)
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode) or before.st_ino != ino:
            raise Unreadable("was replaced while it was read")
        for _ in range(ATTEMPTS):
            digest = _digest(handle, before.st_size)
            after = os.fstat(handle)
            if digest and _moment(after) == _moment(before):
                return digest, read_xattrs(handle), after
            before = after
            os.lseek(handle, 0, os.SEEK_SET)
    finally:
        os.close(handle)
    raise Unreadable("changed while it was read")


def _moment(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest(handle: int, size: int) -> bytes:
    """SHA-256 of what a handle gives to its end; b"" if that is not `size` bytes."""
    if size <= AT_ONCE:
        content = os.read(handle, size + 1)
        if len(content) == size:
            return hashlib.sha256(content).digest()
        return b""
    global _buffer
    if _buffer is None:
        _buffer = bytearray(AT_ONCE)
    view, state, total = memoryview(_buffer), hashlib.sha256(), 0
    while total <= size:  # a file that grows without end is left
        count = os.readv(handle, [_buffer])
        if not count:
            break
        state.update(view[:count])
        total += count
    return state.digest() if total == size else b""


def read_xattrs(where: int | bytes) -> bytes:
    """Extended attributes (capabilities, labels, ACLs), sorted, as `name NUL length:value`; b"" where there are none.

    A value longer than 128 bytes is kept as its SHA-256. Raises OSError, but not where the file system has none.
    """
    follow = isinstance(where, int)
    try:
        names = os.listxattr(where, follow_symlinks=follow)
        return b"".join(_xattr(where, name, follow) for name in sorted(names)) if names else b""
    except OSError as error:
        if error.errno in NO_XATTRS:
            return b""
        raise


def _xattr(where: int | bytes, name: str, follow: bool) -> bytes:
    value = os.getxattr(where, name, follow_symlinks=follow)
    kept = value if len(value) <= SHORT else b"sha256:" + hashlib.sha256(value).digest()
    return os.fsencode(name) + b"\0%d:" % len(kept) + kept
