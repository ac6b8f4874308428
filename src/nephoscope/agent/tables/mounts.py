"""What is mounted where, with its options. Source: proc_pid_mountinfo(5)"""

from __future__ import annotations

import re
from typing import Any

from nephoscope.agent.host import Host, Unreadable

PLACES = ("/proc/1/mountinfo", "/proc/self/mountinfo")
ESCAPE = re.compile(r"\\([0-7]{3})")


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per mount point; of several at one point the last, which is the one that is seen."""
    path, lines = _lines(host)
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        before, sign, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if not sign or len(left) < 6 or len(right) < 3:
            raise Unreadable(path, "line %d is not as the kernel writes it" % number)
        point = _plain(left[4])
        found[point] = {
            "mount_point": point,
            "part": _plain(left[3]),  # of the file system: `/` but for bind mounts
            "options": sorted(set(left[5].split(",")) | set(right[2].split(","))),
            "file_system": right[0],
            "source": _plain(right[1]),
        }
    return list(found.values())


def _lines(host: Host) -> Any:
    try:
        return PLACES[0], host.lines(PLACES[0])
    except Unreadable:
        return PLACES[1], host.lines(PLACES[1])


def _plain(text: str) -> str:
    return ESCAPE.sub(lambda found: chr(int(found.group(1), 8)), text)
