"""Network interfaces: state, hardware address, addresses. Source: sysfs-class-net, proc_net(5)

IPv4 addresses are the kernel's local ones, given to the interface whose route covers them; one that none covers is told
under an interface of no name.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.tables.listening_ports import network_folder

FOLDER = "/sys/class/net"


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per interface."""
    net = network_folder(host)
    addresses = _ipv6(host, net)
    for name, address in _ipv4(host, net):
        addresses.setdefault(name, []).append(address)
    names = [name for name in host.names(FOLDER) if name != "bonding_masters"]
    found = [dict(_interface(host, name), addresses=sorted(addresses.pop(name, []))) for name in names]
    left = sorted(address for those in addresses.values() for address in those)
    return found + ([{"name": "", "addresses": left}] if left else [])


def _interface(host: Host, name: str) -> dict[str, Any]:
    folder = "%s/%s" % (FOLDER, name)
    row: dict[str, Any] = {"name": name}
    for file, key in (("address", "hardware_address"), ("operstate", "state"), ("mtu", "mtu"), ("flags", "flags")):
        row[key] = host.text("%s/%s" % (folder, file), 4096).strip()
    row["mtu"] = int(row["mtu"]) if row["mtu"].isdigit() else None
    row["is_promiscuous"] = bool(int(row.pop("flags"), 16) & 0x100)
    return row


def _ipv6(host: Host, net: str) -> dict[str, list[str]]:
    try:
        lines = host.lines(net + "/if_inet6")
    except Unreadable as error:
        if error.absent:  # IPv6 is off
            return {}
        raise
    found: dict[str, list[str]] = {}
    for line in lines:
        fields = line.split()
        address = ipaddress.ip_address(bytes.fromhex(fields[0]))
        found.setdefault(fields[5], []).append("%s/%d" % (address, int(fields[2], 16)))
    return found


def _ipv4(host: Host, net: str) -> list[tuple[str, str]]:
    routes = _routes(host, net)
    found: list[tuple[str, str]] = []
    for address in sorted(_local(host, net)):
        if address.is_loopback:
            found.append(("lo", str(address)))
            continue
        covering = [(network.prefixlen, name) for network, name in routes if address in network]
        found.append((max(covering)[1] if covering else "", str(address)))
    return found


def _local(host: Host, net: str) -> Any:
    """The addresses that fib_trie says are the machine's own."""
    found = set()
    last = ""
    for line in host.lines(net + "/fib_trie", 32 << 20):
        text = line.strip()
        if text.startswith("|--"):
            last = text[3:].strip()
        elif text.startswith("/32 host LOCAL") and last:
            found.add(ipaddress.IPv4Address(last))
    return found


def _routes(host: Host, net: str) -> list[tuple[ipaddress.IPv4Network, str]]:
    found: list[tuple[ipaddress.IPv4Network, str]] = []
    for line in host.lines(net + "/route")[1:]:
        fields = line.split()
        if len(fields) > 7:
            network, mask = (_word(fields[1]), _word(fields[7]))
            found.append((ipaddress.IPv4Network("%s/%s" % (network, mask), strict=False), fields[0]))
    return [each for each in found if each[0].prefixlen]


def _word(text: str) -> ipaddress.IPv4Address:
    raw = bytes.fromhex(text)
    return ipaddress.IPv4Address(raw[::-1] if sys.byteorder == "little" else raw)
