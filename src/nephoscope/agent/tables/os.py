"""The operating system: one row of what it is, what runs and since when."""

from __future__ import annotations

import platform
from typing import Any

from nephoscope.agent.host import Host, Unreadable, pairs

NAMES = (
    "ID",
    "ID_LIKE",
    "NAME",
    "PRETTY_NAME",
    "VERSION_ID",
    "VERSION_CODENAME",
    "VARIANT_ID",
    "PLATFORM_ID",
    "CPE_NAME",
)


def release(host: Host) -> dict[str, str]:
    """os-release's pairs. Raises Unreadable where neither of its two places has it. Source: os-release(5)"""
    try:
        return pairs(host.text("/etc/os-release", 1 << 16))
    except Unreadable as error:
        if not error.absent:
            raise
        return pairs(host.text("/usr/lib/os-release", 1 << 16))


def rows(host: Host) -> list[dict[str, Any]]:
    """One row."""
    told = release(host)
    row: dict[str, Any] = {name.lower(): told[name] for name in NAMES if name in told}
    row["kernel"] = host.text("/proc/sys/kernel/osrelease", 4096).strip()
    row["kernel_version"] = host.text("/proc/version", 1 << 16).strip()
    row["hostname"] = host.text("/proc/sys/kernel/hostname", 4096).strip()
    row["architecture"] = platform.machine()  # the kernel is shared with whatever root is looked at
    row["boot_time"] = boot_time(host)
    row["boot_id"] = host.text("/proc/sys/kernel/random/boot_id", 4096).strip()
    row["machine_id"] = _machine_id(host)
    return [row]


def boot_time(host: Host) -> int:
    """When the kernel started, Unix seconds. Raises Unreadable."""
    for line in host.lines("/proc/stat"):
        if line.startswith("btime "):
            return int(line.split()[1])
    raise Unreadable("/proc/stat", "has no btime")


def _machine_id(host: Host) -> Any:
    try:
        return host.text("/etc/machine-id", 4096).strip()
    except Unreadable as error:
        if error.absent:
            return None
        raise
