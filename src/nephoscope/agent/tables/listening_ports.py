"""Listening ports: TCP sockets that listen and UDP sockets that are bound, with the process that holds them.

Those of the first process's network namespace. Who holds a socket is unknown (with its cause) where a process's
descriptors cannot be read. Source: proc(5), proc_net(5)
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

from nephoscope.agent.host import Host, Unreadable

PROTOCOLS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}  # the state that means listening, or bound
ABSENT_MAY_BE = ("tcp6", "udp6")  # where IPv6 is off


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per socket."""
    folder = network_folder(host)
    sockets: list[dict[str, Any]] = []
    for protocol, state in PROTOCOLS.items():
        try:
            lines = host.lines("%s/%s" % (folder, protocol), 32 << 20)
        except Unreadable as error:
            if error.absent and protocol in ABSENT_MAY_BE:
                continue
            raise
        sockets.extend(_sockets(protocol, state, lines, "%s/%s" % (folder, protocol)))
    owners, unseen = _owners(host, {row["inode"] for row in sockets})
    for row in sockets:
        row.update(owners.get(row.pop("inode"), {"pid": None, "cause": _why(unseen)}))
    return sockets


def network_folder(host: Host) -> str:
    """The /proc/PID/net of the machine's own namespace, as far as it may be read."""
    try:
        host.read("/proc/1/net/tcp", 32 << 20)
    except Unreadable:
        return "/proc/net"
    return "/proc/1/net"


def _sockets(protocol: str, state: str, lines: list[str], path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split()
        try:
            if fields[3] == state:
                address, port = _address(fields[1])
                row = {"protocol": protocol, "address": address, "port": port, "uid": int(fields[7])}
                found.append(dict(row, inode=fields[9]))
        except (IndexError, ValueError) as error:
            raise Unreadable(path, "line %d is not as the kernel writes it: %r" % (number, error)) from error
    return found


def _address(text: str) -> tuple[str, int]:
    """(address, port) of the kernel's hex; words stand in the machine's byte order."""
    digits, port = text.split(":")
    raw = bytes.fromhex(digits)
    words = [raw[place : place + 4] for place in range(0, len(raw), 4)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return str(ipaddress.ip_address(packed)), int(port, 16)


def _owners(host: Host, inodes: Any) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """({inode: its holder}, causes why descriptors could not be read)"""
    owners: dict[str, dict[str, Any]] = {}
    unseen: list[str] = []
    for pid in (name for name in host.names("/proc") if name.isdigit()):
        folder = "/proc/%s/fd" % pid
        try:
            links = [host.link("%s/%s" % (folder, name)) for name in host.names(folder)]
        except Unreadable as error:
            if not error.absent:
                unseen.append(str(error))
            continue
        for link in links:
            inode = link[8:-1] if link.startswith("socket:[") else ""
            if inode in inodes:
                owners.setdefault(inode, {"pid": int(pid), "process": _name(host, pid)})
    return owners, unseen


def _name(host: Host, pid: str) -> Any:
    try:
        return host.text("/proc/%s/comm" % pid, 4096).strip()
    except Unreadable:
        return None


def _why(unseen: list[str]) -> str:
    if unseen:
        return "descriptors of %d processes could not be read, first: %s" % (len(unseen), unseen[0])
    return "no process of this namespace holds it: the kernel does, or it was just closed"
