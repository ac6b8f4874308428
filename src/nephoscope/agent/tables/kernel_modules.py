"""Kernel modules that are loaded. Source: proc_modules(5)"""

from __future__ import annotations

from typing import Any

from nephoscope.agent.host import Host, Unreadable

PATH = "/proc/modules"


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per module; taint flags as the kernel gives them (O: built outside the tree, E: unsigned)."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(host.lines(PATH), 1):
        fields = line.split()
        if len(fields) < 5:
            raise Unreadable(PATH, "line %d is not as the kernel writes it" % number)
        users = [name for name in fields[3].split(",") if name not in ("", "-")]
        taints = fields[6].strip("()") if len(fields) > 6 else ""
        found.append({"name": fields[0], "bytes": int(fields[1]), "used_by": sorted(users), "taints": taints})
    return found
