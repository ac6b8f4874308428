"""Files in the folders of programs that run as their owner or group whoever starts them, with their digests."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Any, Iterator

from nephoscope.agent.host import Host, Unreadable, shown, unreadable

FOLDERS = (
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/lib",
    "/opt",
)
MOST_BYTES = 64 << 20


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per file, and one per folder that cannot be read; folders that are links to others are walked once."""
    found: list[dict[str, Any]] = []
    walked = set()
    for folder in FOLDERS:
        place = os.path.realpath(host.outside(folder))
        if place not in walked and os.path.isdir(place):
            walked.add(place)
            found.extend(_walk(host, folder, place))
    return found


def _walk(host: Host, folder: str, place: str) -> Iterator[dict[str, Any]]:
    left = [(folder, place)]
    while left:
        folder, place = left.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    path = "%s/%s" % (folder, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        left.append((path, entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                            yield _row(host, path, status)
        except OSError as error:
            reason = unreadable(folder, error)
            if not reason.absent:
                yield {"path": shown(folder), "cause": reason.cause}


def _row(host: Host, path: str, status: os.stat_result) -> dict[str, Any]:
    row: dict[str, Any] = {"path": shown(path), "mode": "%04o" % (status.st_mode & 0o7777), "bytes": status.st_size}
    row.update(uid=status.st_uid, gid=status.st_gid)
    try:
        row["sha256"] = hashlib.sha256(host.read(path, MOST_BYTES)).hexdigest()
    except Unreadable as error:
        row.update(sha256=None, cause=error.cause)
    return row
