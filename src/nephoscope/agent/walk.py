"""A tree of files → one `Directory` after another, children before their parent, without following anything.

Each name is opened relative to its directory's handle and never through a link, so that nobody can lead the walk
elsewhere. Pipes, sockets and devices are not opened; mounted file systems are entered only when asked, `/proc` and
its like never.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from typing import TYPE_CHECKING, NamedTuple

from nephoscope.agent.digest import Unreadable, hash_file, open_quietly, read_xattrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Judge = Callable[["Directory"], Iterable[int] | None]
    Emit = Callable[["Directory"], None]

RECORD = struct.Struct("<IIIQQqqI")  # mode, uid, gid, size, ino, mtime_ns, ctime_ns, nlink
DEEPEST = 256  # directories below one another; each holds a handle
TARGET, XATTRS, ERROR, MOUNT = b"t", b"x", b"e", b"m"  # what an extra says
PSEUDO = frozenset(
    b"proc sysfs cgroup cgroup2 devpts debugfs tracefs securityfs pstore bpf mqueue configfs fusectl hugetlbfs "
    b"efivarfs binfmt_misc autofs rpc_pipefs nsfs selinuxfs".split()
)


class Status(NamedTuple):
    """What lstat says of one entry. size: bytes, 0 for directories; times in nanoseconds since 1970."""

    mode: int
    uid: int
    gid: int
    size: int
    ino: int
    mtime_ns: int
    ctime_ns: int
    nlink: int


class Directory:
    """What lies in one directory.

    path: below the root, b"" for the root itself. stats: RECORDs in the order of names. digests: {index: SHA-256} and
    extras: {index: {kind: bytes}} of the entries that were read. own: the root's own RECORD, else b"".
    """

    __slots__ = ("digests", "extras", "names", "own", "path", "stats")

    def __init__(self, path: bytes, names: tuple[bytes, ...], stats: bytes, own: bytes = b"") -> None:
        self.path = path
        self.names = names
        self.stats = stats
        self.own = own
        self.digests: dict[int, bytes] = {}
        self.extras: dict[int, dict[bytes, bytes]] = {}

    def status(self, index: int) -> Status:
        """What lstat said of one entry."""
        return Status._make(RECORD.unpack_from(self.stats, index * RECORD.size))

    def replace(self, index: int, record: bytes) -> None:
        """Put a later lstat in the place of an earlier one."""
        at = index * RECORD.size
        self.stats = self.stats[:at] + record + self.stats[at + RECORD.size :]

    def note(self, index: int, kind: bytes, content: bytes) -> None:
        """Say something more of one entry."""
        self.extras.setdefault(index, {})[kind] = content


def record_of(found: os.stat_result) -> bytes:
    """One RECORD; a directory's size says nothing of what is in it, and is 0."""
    size = 0 if stat.S_ISDIR(found.st_mode) else found.st_size
    return RECORD.pack(
        found.st_mode, found.st_uid, found.st_gid, size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns,
        found.st_nlink,
    )  # fmt: skip


def below(folder: bytes, name: bytes) -> bytes:
    """The path of a name in a directory."""
    return folder + b"/" + name if folder else name


def mounts(table: bytes) -> dict[bytes, bytes]:
    """{mount point: file system type} of a `/proc/self/mountinfo`. Source: proc(5)."""
    found: dict[bytes, bytes] = {}
    for line in table.splitlines():
        fields = line.split(b" ")
        if b"-" in fields[6:] and len(fields) > fields.index(b"-", 6) + 1:
            point = fields[4]
            for escape, char in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
                point = point.replace(escape, char)
            found[point] = fields[fields.index(b"-", 6) + 1]
    return found


def mounted() -> dict[bytes, bytes]:
    """The mounts of this machine; none where the kernel does not say (then devices tell mounts apart)."""
    try:
        with open("/proc/self/mountinfo", "rb") as table:
            return mounts(table.read())
    except OSError:
        return {}


class Walker:
    """One walk. judge: which entries of a directory to read (None: all); emit: takes each directory when it is done."""

    def __init__(
        self, root: bytes, judge: Judge, emit: Emit, cross_mounts: bool = False, left_out: Iterable[bytes] = ()
    ) -> None:
        self.root = os.path.realpath(root)
        self.judge = judge
        self.emit = emit
        self.cross_mounts = cross_mounts
        self.left_out = frozenset(left_out)
        self.mounts = mounted()
        self.device = 0

    def walk(self) -> None:
        """Walk all of it. Raises OSError if the root is no directory that can be read, or lies in /proc or its like."""
        point = self.root
        while point not in self.mounts and point not in (b"/", b""):
            point = os.path.dirname(point)
        if self.mounts.get(point) in PSEUDO:
            raise OSError(22, "is no file system of files", os.fsdecode(self.root))
        handle = open_quietly(self.root, None, os.O_DIRECTORY)
        try:
            found = os.fstat(handle)
            self.device = found.st_dev
            self._directory(b"", handle, record_of(found), 0)
        finally:
            os.close(handle)

    def _directory(self, path: bytes, handle: int, own: bytes, depth: int) -> None:
        made, folders = self._listed(path, handle, own if not path else b"")
        wanted = self.judge(made)
        for index in range(len(made.names)) if wanted is None else wanted:
            read_entry(made, index, handle)
        for index in folders:
            child = below(path, made.names[index])
            if self._is_barred(child, made, index):
                continue
            if depth >= DEEPEST:
                made.note(index, ERROR, b"lies deeper than %d directories" % DEEPEST)
            else:
                self._enter(child, made, index, handle, depth)
        self.emit(made)

    def _listed(self, path: bytes, handle: int, own: bytes) -> tuple[Directory, list[int]]:
        with os.scandir(handle) as listing:
            entries = sorted(listing, key=_name)
        names: list[str] = []
        records: list[bytes] = []
        folders: list[int] = []
        entries.reverse()
        while entries:
            entry = entries.pop()  # an entry keeps what lstat said: it is let go of
            if self.left_out and below(path, os.fsencode(entry.name)) in self.left_out:
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # it went between the listing and now
            if stat.S_ISDIR(found.st_mode):
                folders.append(len(names))
            names.append(entry.name)
            records.append(record_of(found))
        listed = tuple(os.fsencode("\0".join(names)).split(b"\0")) if names else ()
        return Directory(path, listed, b"".join(records), own), folders

    def _is_barred(self, path: bytes, made: Directory, index: int) -> bool:
        kind = self.mounts.get(os.path.join(self.root, path))
        if kind is None or (self.cross_mounts and kind not in PSEUDO):
            return False
        made.note(index, MOUNT, kind)
        return True

    def _enter(self, path: bytes, made: Directory, index: int, handle: int, depth: int) -> None:
        """Walk a directory in a directory; what cannot be entered is noted, and the walk goes on."""
        try:
            child = open_quietly(made.names[index], handle, os.O_DIRECTORY)
        except OSError as error:
            made.note(index, ERROR, os.fsencode(error.strerror or str(error)))
            return
        try:
            found = os.fstat(child)
            if found.st_ino != made.status(index).ino:
                made.note(index, ERROR, b"was replaced while it was read")
            elif found.st_dev != self.device and not self.cross_mounts:
                made.note(index, MOUNT, b"another device")
            else:
                self._directory(path, child, record_of(found), depth + 1)
        except OSError as error:
            made.note(index, ERROR, os.fsencode(error.strerror or str(error)))
        finally:
            os.close(child)


def _name(entry: os.DirEntry[str]) -> str | bytes:
    return entry.name if _IS_UTF8 else os.fsencode(entry.name)


_IS_UTF8 = sys.getfilesystemencoding().lower().replace("-", "") == "utf8"  # then code points sort as bytes do


def read_entry(made: Directory, index: int, handle: int) -> None:
    """Read what one entry holds: a file's digest, a link's target, extended attributes; or note why not."""
    name = made.names[index]
    mode, _, _, size, ino, mtime, ctime, _ = RECORD.unpack_from(made.stats, index * RECORD.size)
    try:
        if stat.S_ISREG(mode):
            digest, xattrs, found = hash_file(name, handle, ino)
            made.digests[index] = digest
            if found.st_ctime_ns != ctime or found.st_mtime_ns != mtime or found.st_size != size:
                made.replace(index, record_of(found))
        else:
            if stat.S_ISLNK(mode):
                made.note(index, TARGET, os.readlink(name, dir_fd=handle))
            xattrs = read_xattrs(b"/proc/self/fd/%d/%s" % (handle, name))
        if xattrs:
            made.note(index, XATTRS, xattrs)
    except (OSError, Unreadable) as error:
        made.note(index, ERROR, os.fsencode(getattr(error, "strerror", None) or str(error)))
