"""A tree and the manifest of what it held → what changed. Two byte comparisons tell that a directory did not.

What lstat says is compared everywhere; contents are read where that differs, where privilege lies (setuid, boot,
kernel modules, sshd, PAM, cron, units), and in the share of directories whose turn it is.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from nephoscope.agent.walk import ERROR, MOUNT, RECORD, TARGET, XATTRS, Directory, Status, Walker, below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nephoscope.agent.manifest import Manifest

_SIZE = struct.Struct("<12xQ")  # of a RECORD
SLOTS = 240  # parts into which directories fall by their path
ALWAYS = re.compile(
    rb"(^|/)(boot|(usr/)?lib/modules|etc/ssh|etc/pam\.d|(usr/)?lib(64|/[^/]+)?/security|etc/cron[^/]*|var/spool/cron"
    rb"|(etc|(usr/)?lib)/systemd)(/|$)"
)
SINGLE = frozenset((b"sshd", b"crontab", b"pam.conf", b"ld.so.preload"))
OWNERS = (b"etc", b"sbin", b"bin")  # directories of those


class Entry(NamedTuple):
    """One entry as it was or is. digest: SHA-256, b"" unless a regular file that was read."""

    status: Status
    digest: bytes
    extras: dict[bytes, bytes]

    @property
    def error(self) -> bytes:
        """Why it could not be read; b"" if it was, or needed not to be."""
        return self.extras.get(ERROR, b"")


class Change(NamedTuple):
    """One path that differs. differs: of type, content, target, mode, uid, gid, xattrs, mount, nlink, mtime, ino."""

    path: bytes
    before: Entry | None
    after: Entry | None
    differs: tuple[str, ...]


class Comparison:
    """What came of comparing: changes are told as they are found; unseen and counts are complete at the end."""

    def __init__(self) -> None:
        self.unseen: dict[bytes, bytes] = {}
        self.directories = self.entries = self.hashed = self.hashed_bytes = 0


class Comparer:
    """Compares one tree with one manifest. due: slots whose contents are read; tell: takes each change.

    pace: is told after each directory how many bytes were read of it.
    """

    def __init__(
        self,
        manifest: Manifest,
        due: Iterable[int],
        tell: Callable[[Change], None],
        pace: Callable[[int], None] | None = None,
    ) -> None:
        self.pace = pace
        self.manifest = manifest
        self.due = frozenset(due)
        self.tell = tell
        self.result = Comparison()
        self.seen: set[bytes] = set()
        self.equal = False

    def compare(self, root: bytes, cross_mounts: bool = False, left_out: Iterable[bytes] = ()) -> Comparison:
        """Walk the tree and tell what differs. Raises OSError as `Walker.walk`, BadManifest as `Manifest.get`."""
        walker = Walker(root, self.judge, self.emit, cross_mounts, left_out)
        self.absolute = walker.root.strip(b"/")
        walker.walk()
        for path in self.manifest:
            if path not in self.seen and not self._is_hidden(path):
                gone = self.manifest.get(path)
                for index, name in enumerate(gone.names):
                    self.tell(Change(below(path, name), entry_of(gone, index), None, ("missing",)))
        return self.result

    def judge(self, made: Directory) -> Iterable[int] | None:
        """Which entries of a directory to read."""
        if made.path not in self.manifest:
            return None
        same, is_privileged = self.manifest.likeness(made)
        if slot_of(made.path) in self.due or ALWAYS.search(below(self.absolute, made.path)):
            return None
        wanted: set[int] = set() if same else self._altered(made)
        if is_privileged:
            wanted |= {index for index in range(len(made.names)) if _is_privileged(made.status(index).mode)}
        if made.path.rpartition(b"/")[2] in OWNERS or not made.path:
            wanted |= {index for index, name in enumerate(made.names) if name in SINGLE}
        return sorted(wanted)

    def _altered(self, made: Directory) -> set[int]:
        before = self.manifest.get(made.path)
        records = {name: before.stats[at * RECORD.size :][: RECORD.size] for at, name in enumerate(before.names)}
        size = RECORD.size
        return {
            at for at, name in enumerate(made.names) if records.get(name) != made.stats[at * size : (at + 1) * size]
        }

    def emit(self, made: Directory) -> None:
        """Compare a directory that was read."""
        self.seen.add(made.path)
        result = self.result
        result.directories += 1
        result.entries += len(made.names)
        result.hashed += len(made.digests)
        read = hashed_bytes(made)
        result.hashed_bytes += read
        if self.pace:
            self.pace(read)
        for index, said in made.extras.items():
            if ERROR in said:
                result.unseen[below(made.path, made.names[index])] = said[ERROR]
        known = made.path in self.manifest
        if known and not made.digests and not made.extras and self.manifest.likeness(made)[0]:
            return
        before = self.manifest.get(made.path) if known else Directory(made.path, (), b"")
        self._compared(before, made)

    def _compared(self, before: Directory, made: Directory) -> None:
        if all(getattr(before, part) == getattr(made, part) for part in ("names", "stats", "digests", "extras", "own")):
            return
        places = {name: index for index, name in enumerate(before.names)}
        if made.own and before.own:
            self._told(b".", _own(before), _own(made))
        for index, name in enumerate(made.names):
            place = places.pop(name, None)
            earlier = None if place is None else entry_of(before, place)
            self._told(below(made.path, name), earlier, entry_of(made, index))
        for name, place in places.items():
            self.tell(Change(below(made.path, name), entry_of(before, place), None, ("missing",)))

    def _told(self, path: bytes, before: Entry | None, after: Entry) -> None:
        differs = differences(before, after) if before else ("new",)
        if differs:
            self.tell(Change(path, before, after, differs))

    def _is_hidden(self, path: bytes) -> bool:
        """Whether a directory lies where nothing could be seen, so that nothing in it is known to be missing."""
        while path:
            if path in self.result.unseen:
                return True
            path = path.rpartition(b"/")[0]
        return b"" in self.result.unseen


def hashed_bytes(made: Directory) -> int:
    """How much was read of a directory's files."""
    return sum(_SIZE.unpack_from(made.stats, index * RECORD.size)[0] for index in made.digests)


def entry_of(made: Directory, index: int) -> Entry:
    """One entry of a directory."""
    return Entry(made.status(index), made.digests.get(index, b""), made.extras.get(index, {}))


def _own(made: Directory) -> Entry:
    return Entry(Status._make(RECORD.unpack(made.own)), b"", {})


def _is_privileged(mode: int) -> bool:
    return bool(mode & 0o6000) and stat.S_ISREG(mode)


def slot_of(path: bytes) -> int:
    """The part of the tree that a directory belongs to."""
    return zlib.crc32(path) % SLOTS


def differences(before: Entry, after: Entry) -> tuple[str, ...]:
    """In what two entries differ; what was not read on one side is not compared."""
    old, new = before.status, after.status
    if stat.S_IFMT(old.mode) != stat.S_IFMT(new.mode):
        return ("type",)
    found: list[str] = []
    if before.digest and after.digest and before.digest != after.digest:
        found.append("content")
    found += [name for name in ("mode", "uid", "gid") if getattr(old, name) != getattr(new, name)]
    found += _extra_differences(before, after)
    if not stat.S_ISDIR(new.mode):
        found += [name for name in ("nlink", "mtime_ns", "ino") if getattr(old, name) != getattr(new, name)]
        if not found and old.ctime_ns != new.ctime_ns:
            found.append("ctime_ns")
    return tuple(found)


def _extra_differences(before: Entry, after: Entry) -> list[str]:
    if before.error or after.error:
        return []
    kinds = ((MOUNT, "mount"), (TARGET, "target"), (XATTRS, "xattrs"))
    was_read = after.digest or before.status != after.status or any(kind != MOUNT for kind in after.extras)
    return [
        name for kind, name in kinds[: None if was_read else 1] if before.extras.get(kind) != after.extras.get(kind)
    ]


def slots_due(last: list[float], share: float, now: float) -> list[int]:
    """The slots read the longest ago, as many as make up a share (0 to 1) of them.

    last: when each was read last, epoch seconds; a time to come (the clock was put back) counts as never.
    """
    count = min(SLOTS, -int(-share * SLOTS // 1)) if share > 0 else 0
    return sorted(range(SLOTS), key=lambda slot: 0.0 if last[slot] > now else last[slot])[:count]


def key_of(path: bytes) -> str:
    """A path as text, from which its bytes can be had again."""
    return os.fsdecode(path)
