"""Log files → their lines, each once: through rotation by name or by copy, also while nobody looked.

A file is known by device, inode and a digest of its first bytes, not by its name. So a file that was renamed is read
to its end under whatever name it has now, and what is new is told from what was moved. A copy (copytruncate) is told by
its first bytes and those before the place we had reached. What was compressed before its end was read, and what is
gone, is a gap. Nothing is written here: `poll` gives records and the state to keep with them.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import Any, Iterator, NamedTuple

from nephoscope.agent.canonical import canonical
from nephoscope.agent.host import Host, Unreadable, shown, unreadable
from nephoscope.agent.spool import gap

MOST_FILES = 1000
MOST_LINE = 64 << 10
RECORD_BYTES = 256 << 10
SAMPLE = 256
SECOND = 1_000_000_000  # in nanoseconds
PACKED = (".gz", ".xz", ".bz2", ".zst", ".lz4", ".Z", ".zip")


class Known:
    """A file and how far it was read. path: the live log it is, or was; drops: inside a line that was cut."""

    __slots__ = FIELDS = (
        "device",
        "inode",
        "path",
        "offset",
        "size",
        "written_ns",
        "head",
        "head_bytes",
        "tail",
        "drops",
        "live",
    )

    def __init__(self, device: int, inode: int, path: str, live: bool = True) -> None:
        self.device, self.inode, self.path, self.live = device, inode, path, live
        self.offset = self.size = self.written_ns = self.head_bytes = 0
        self.head = self.tail = ""
        self.drops = False

    @property
    def name(self) -> str:
        """What the protocol calls `file`."""
        return "%d:%d:%s" % (self.device, self.inode, self.head[:16])

    def kept(self) -> dict[str, Any]:
        """As it is kept."""
        return {name: getattr(self, name) for name in self.FIELDS}


def known_from(kept: dict[str, Any]) -> Known:
    """What `kept` gave."""
    known = Known(kept["device"], kept["inode"], kept["path"])
    for name in Known.FIELDS:
        setattr(known, name, kept[name])
    return known


class Seen(NamedTuple):
    """A file as it is now. live: it bears the log's own name, not a rotated one's."""

    place: str
    path: str
    live: bool
    device: int
    inode: int
    size: int
    written_ns: int


class Look:
    """What one look at a pattern found. records: (kind, JSON); more: the budget ended before the files did."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.records: list[tuple[str, str]] = []
        self.read_bytes = 0
        self.more = False


def poll(host: Host, pattern: str, state: dict[str, Any] | None, now: int, budget: int) -> Look:
    """Read what was added since the state, at most about budget bytes. Raises Unreadable where the folder denies it.

    state: as the look before gave it, None at the first, which starts at each file's end. now: Unix seconds.
    """
    seen = _seen(host, pattern)
    known = [known_from(each) for each in (state or {}).get("files", [])]
    look = Look({})
    plain = [each for each in seen if not each.place.endswith(PACKED)]
    packed = [each for each in seen if each.place.endswith(PACKED)]
    if state is None:
        files = [_at_end(host, each) for each in plain]
    else:
        files = _follow(host, plain, packed, known, state, look, now)
    by_inode = {(each.device, each.inode): each for each in plain}
    for each in sorted(files, key=lambda one: (one.live, by_inode[(one.device, one.inode)].written_ns)):
        if look.read_bytes >= budget:
            look.more = True
            break
        _read(host, each, by_inode[(each.device, each.inode)], look, now, budget)
    archives = [[each.device, each.inode] for each in packed]
    look.state = {"files": [each.kept() for each in files], "archives": archives, "at": now}
    return look


def _seen(host: Host, pattern: str) -> list[Seen]:
    """The files that a pattern names, and those beside them that bear rotated names of theirs."""
    found: dict[str, Seen] = {}
    live = [path for path in host.glob(pattern) if not path.endswith(PACKED)]
    for path in live:
        _add(host, found, path, path, is_live=True)
    for path in live or ([pattern] if not any(sign in pattern for sign in "*?[") else []):
        folder, _, name = path.rpartition("/")
        for other in host.names_if_any(folder or "/"):
            if is_rotated(name, other):
                _add(host, found, "%s/%s" % (folder, other), path, is_live=False)
    if len(found) > MOST_FILES:
        raise Unreadable(pattern, "names %d files, more than %d" % (len(found), MOST_FILES))
    return list({(each.device, each.inode): each for each in reversed(list(found.values()))}.values())


def _add(host: Host, found: dict[str, Seen], place: str, path: str, is_live: bool) -> None:
    try:
        status = host.status(place)
        if not host.may_follow(place, status):
            return
    except Unreadable as error:
        if error.absent:  # renamed since the folder was listed: found by its inode at the next look
            return
        raise
    if stat.S_ISREG(status.st_mode):
        known = Seen(place, path, is_live, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        found.setdefault(place, known)


def is_rotated(name: str, other: str) -> bool:
    """Whether a name is what rotation makes of another: syslog.1, messages-20260101, app-20260101.log, app.log.2.gz."""
    if other == name:
        return False
    stem, dot, extension = name.rpartition(".")
    inner = other.startswith(stem + "-") and other.split(".", 1)[-1].startswith(extension) if stem and dot else False
    return other.startswith((name + ".", name + "-")) or inner


def _at_end(host: Host, each: Seen) -> Known:
    known = Known(each.device, each.inode, each.path, live=each.live)
    known.offset = known.size = each.size
    known.written_ns = each.written_ns
    _take_samples(host, each, known)
    return known


def _follow(
    host: Host, plain: list[Seen], packed: list[Seen], known: list[Known], state: dict[str, Any], look: Look, now: int
) -> list[Known]:
    """The known files as they are now, and the new ones, each with the place to read on from."""
    by_inode = {(each.device, each.inode): each for each in known}
    files: list[Known] = []
    cut: list[Known] = []
    fresh: list[Seen] = []
    for each in plain:
        had = by_inode.pop((each.device, each.inode), None)
        if had is None:
            fresh.append(each)
        elif _is_same(host, each, had):
            had.live = each.live
            files.append(had)
        else:
            cut.append(had)
            fresh.append(each)
    lost = [*by_inode.values()]
    changed = {(each.device, each.inode) for each in cut}
    for each in sorted(fresh, key=lambda one: one.written_ns):
        files.append(_begin(host, each, files, cut, state, (each.device, each.inode) in changed))
    _tell_lost(host, lost, cut, packed, state, look, now)
    return files


def _is_same(host: Host, each: Seen, known: Known) -> bool:
    """Whether a file is still the one that had this inode: not truncated, not another."""
    if (each.size, each.written_ns) == (known.size, known.written_ns):
        return True
    if not known.head_bytes:
        return True
    return each.size >= known.offset and _sample(host, each, 0, known.head_bytes) == known.head


def _begin(host: Host, each: Seen, files: list[Known], cut: list[Known], state: dict[str, Any], changed: bool) -> Known:
    """Where to begin in a file that is new under its inode."""
    fresh = Known(each.device, each.inode, each.path, live=each.live)
    if each.live or changed:
        return fresh
    for had in list(cut):
        if _is_copy(host, each, had):  # copytruncate: what was behind our place is in the copy
            cut.remove(had)
            fresh.offset, fresh.drops = had.offset, had.drops
            return fresh
    is_old = each.written_ns // SECOND < state.get("at", 0) - 1
    if is_old or any(_is_copy(host, each, had) for had in files):
        return _at_end(host, each)
    return fresh


def _is_copy(host: Host, each: Seen, known: Known) -> bool:
    if not known.head_bytes or each.size < known.offset:
        return False
    if _sample(host, each, 0, known.head_bytes) != known.head:
        return False
    start = max(0, known.offset - SAMPLE)
    return _sample(host, each, start, known.offset - start) == known.tail


def _sample(host: Host, each: Seen, start: int, length: int) -> str:
    descriptor = host.open(each.place)
    try:
        return hashlib.sha256(os.pread(descriptor, length, start)).hexdigest()
    finally:
        os.close(descriptor)


def _take_samples(host: Host, each: Seen, known: Known) -> None:
    known.head_bytes = min(SAMPLE, known.offset)
    known.head = _sample(host, each, 0, known.head_bytes)
    start = max(0, known.offset - SAMPLE)
    known.tail = _sample(host, each, start, known.offset - start)


def _tell_lost(
    host: Host, gone: list[Known], cut: list[Known], packed: list[Seen], state: dict[str, Any], look: Look, now: int
) -> None:
    """Gaps for what is gone or cut off, and for what was packed before it was read."""
    before = {tuple(each) for each in state.get("archives", [])}
    since = state.get("at", 0)
    lost = gone + cut
    fresh = [each for each in packed if (each.device, each.inode) not in before]
    fresh = [each for each in fresh if each.written_ns // SECOND >= since - 1 or _may_hold(each, lost)]
    causes: list[str] = []
    for had in sorted(lost, key=lambda one: one.written_ns):
        pack = next((each for each in fresh if _may_hold(each, [had])), None)
        if pack is not None:
            fresh.remove(pack)
            causes.append(_packed_cause(host, pack, had.offset))
        elif had in cut:
            said = "%s was truncated or replaced behind byte %d, and no copy of it was found"
            causes.append(said % (had.path, had.offset))
        elif had.live or had.offset < had.size:
            causes.append("%s is gone; what was written behind byte %d was not read" % (had.path, had.offset))
    causes += ["%s was rotated and compressed before any of it was read" % pack.place for pack in fresh]
    for cause in filter(None, causes):
        look.records.append(("gap", gap(now, "log", shown(cause), None, since, now)))


def _may_hold(pack: Seen, lost: list[Known]) -> bool:
    """Whether it may be one of these: gzip keeps the time of what it packs, so it may be older than the last look."""
    return any(pack.written_ns // SECOND >= had.written_ns // SECOND for had in lost)


def _packed_cause(host: Host, pack: Seen, offset: int) -> str:
    """What is lost of a file that was packed; nothing if gzip's own count says that all was read."""
    if pack.place.endswith(".gz") and pack.size >= 18:
        descriptor = host.open(pack.place)
        try:
            size = int.from_bytes(os.pread(descriptor, 4, pack.size - 4), "little")
        finally:
            os.close(descriptor)
        missing = (size - offset) % (1 << 32)
        return "%d bytes were compressed into %s before they were read" % (missing, pack.place) if missing else ""
    return "%s was compressed; what was behind byte %d may not have been read" % (pack.place, offset)


def _read(host: Host, known: Known, each: Seen, look: Look, now: int, budget: int) -> None:
    """Read one file on, as far as the budget goes."""
    was_still = (each.size, each.written_ns) == (known.size, known.written_ns)
    known.size, known.written_ns = each.size, each.written_ns
    if known.offset >= each.size:
        return
    try:
        descriptor = host.open(each.place)
    except Unreadable as error:
        if error.absent:  # renamed since: found by its inode at the next look
            look.more = True
            return
        raise
    try:
        if os.fstat(descriptor).st_ino != known.inode:
            look.more = True
            return
        is_final = was_still and not known.live
        for first, lines in _lines(descriptor, known, is_final, budget - look.read_bytes, look):
            told = {"kind": "log", "source": shown(known.path), "at": now, "lines": lines, "first_offset": first}
            told["offset_s"] = time.localtime(now).tm_gmtoff
            look.records.append(("log", canonical(dict(told, file=known.name))))
        _sample_now(descriptor, known)
    except OSError as error:
        raise unreadable(each.place, error) from error
    finally:
        os.close(descriptor)
    look.more = look.more or look.read_bytes >= budget


def _sample_now(descriptor: int, known: Known) -> None:
    known.head_bytes = min(SAMPLE, known.offset)
    known.head = hashlib.sha256(os.pread(descriptor, known.head_bytes, 0)).hexdigest()
    start = max(0, known.offset - SAMPLE)
    known.tail = hashlib.sha256(os.pread(descriptor, known.offset - start, start)).hexdigest()


def _lines(descriptor: int, known: Known, is_final: bool, budget: int, look: Look) -> Iterator[tuple[int, list[str]]]:
    """(offset of the first, lines): whole ones, and a last one without an end only where none can come any more."""
    if not known.head:
        known.head = hashlib.sha256(os.pread(descriptor, SAMPLE, 0)).hexdigest()  # so that the first record has a name
    while budget > 0:
        block = os.pread(descriptor, RECORD_BYTES, known.offset)
        end = block.rfind(b"\n") + 1
        if not end:
            end = _end_of_long(block, is_final)
        if not end:
            return
        first = known.offset
        lines = _split(block[:end], known)
        known.offset += end
        budget -= end
        look.read_bytes += end
        if lines:
            yield first, lines


def _end_of_long(block: bytes, is_final: bool) -> int:
    """How much of a block without a line end to take: all of a line that is too long, or of one that will not end."""
    return len(block) if len(block) > MOST_LINE or is_final else 0


def _split(block: bytes, known: Known) -> list[str]:
    """Lines of a block, long ones cut with a note; the rest of one that was cut before is passed over."""
    if known.drops:
        rest = block.find(b"\n") + 1
        if not rest:
            return []
        known.drops, block = False, block[rest:]
    ended = block.endswith(b"\n")
    parts = block.split(b"\n")
    if ended:
        parts.pop()
    elif parts and len(parts[-1]) > MOST_LINE:
        known.drops = True
    return [_cut(part) for part in parts] if block else []


def _cut(line: bytes) -> str:
    if len(line) <= MOST_LINE:
        return line.decode("utf-8", "backslashreplace")
    return line[:MOST_LINE].decode("utf-8", "backslashreplace") + "… [cut: the line goes on]"
