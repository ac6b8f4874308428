"""VPC flow-log lines for the sandbox's machines: the company's usual traffic, the internet's noise, an attacker's.

Format: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

import hashlib
import ipaddress
import random
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nephoscope.sandbox.caller import Backends

DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
WINDOW_S = 60
MOST_WINDOWS = 24 * 60
TCP, UDP = 6, 17
SYN, SYN_ACK_FIN = 2, 19
CLIENTS = ("203.0.113.10", "203.0.113.55", "198.51.100.17", "192.0.2.44", "192.0.2.201")
NOISE = (("71.6.135.131", 23), ("89.248.165.12", 445), ("162.142.125.9", 3389), ("80.82.77.139", 8080))
OFFICE = "198.51.100.20"
# group → (remote addresses, our port, remote port), from outside in or from inside out
USUAL: dict[str, tuple[tuple[tuple[str, ...], int, int], ...]] = {
    "web": ((CLIENTS, 443, 0),),
    "app": (((), 8080, 0), (("52.94.133.131",), 0, 443)),
    "database": (((), 5432, 0),),
    "bastion": (((OFFICE,), 22, 0),),
    "legacy": (((OFFICE,), 21, 0), (("203.0.113.80",), 0, 443)),
}


@dataclass(frozen=True)
class Traffic:
    """Traffic that an incident adds to an interface: minute by minute, on each of the ports.

    local_port, remote_port: one of them 0 means a client's passing port. starts_at: seconds since 1970.
    """

    interface_id: str
    remote: str
    ports: tuple[int, ...]
    starts_at: int
    minutes: int = 60
    bytes_per_minute: int = 2400
    is_outbound: bool = True


@dataclass(frozen=True)
class Flow:
    """One direction of a connection in one window."""

    srcaddr: str
    dstaddr: str
    srcport: int
    dstport: int
    protocol: int
    packets: int
    bytes: int
    action: str
    direction: str
    tcp_flags: int = SYN_ACK_FIN


def mining(interface_id: str, pool: str, port: int, minutes: int = 240) -> Traffic:
    """A machine that talks to a mining pool, little and without end."""
    return Traffic(interface_id, pool, (port,), _now(), minutes, 4200)


def port_scan(interface_id: str, scanner: str, ports: Sequence[int]) -> Traffic:
    """Somebody who tries every port of an interface within a minute."""
    return Traffic(interface_id, scanner, tuple(ports), _now(), 1, 44, is_outbound=False)


def exfiltration(interface_id: str, remote: str, bytes_per_minute: int, minutes: int = 10) -> Traffic:
    """A machine that sends much to an address of nobody's."""
    return Traffic(interface_id, remote, (443,), _now(), minutes, bytes_per_minute)


def add(endpoint_url: str, traffic: Traffic) -> None:
    """Have the sandbox's flow logs tell of this traffic too. Raises StoreError where no sandbox answers."""
    from nephoscope.sandbox.control import steer

    steer(endpoint_url, "traffic", **asdict(traffic))


def parse(given: dict[str, Any]) -> Traffic:
    """The traffic that `add` sent. Raises TypeError or ValueError for anything else."""
    found = Traffic(**{**given, "ports": tuple(int(port) for port in given["ports"])})
    ipaddress.ip_address(found.remote)
    return found


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def records(
    backends: Backends,
    account: str,
    region: str,
    flow_log: Any,
    start_at: datetime,
    end_at: datetime,
    traffic: Sequence[Traffic] = (),
) -> list[str]:
    """A flow-log file's lines, its header first, of all windows of a minute that ended in the interval.

    flow_log: moto's. traffic: what incidents add. The same interval gives the same lines. After a long pause only
    the last day is told.
    """
    template = flow_log.log_format or DEFAULT_FORMAT
    fields = re.findall(r"\$\{([^}]+)\}", template)
    backend = backends.of("ec2")[account][region]
    interfaces = [one for one in list(backend.enis.values()) if _is_in(one, flow_log.resource_id)]
    lines = [" ".join(fields)]
    for window in _windows(start_at, end_at):
        for interface in interfaces:
            known = _known(interface, account, region, window)
            for flow in _kept(flow_log.traffic_type, _flows(interface, window, traffic)) or [None]:
                lines.append(_line(fields, known, flow))
    return lines


def _kept(traffic_type: str, flows: Iterator[Flow]) -> list[Flow]:
    wanted = {"ACCEPT": ("ACCEPT",), "REJECT": ("REJECT",)}.get(traffic_type, ("ACCEPT", "REJECT"))
    return [flow for flow in flows if flow.action in wanted]


def _windows(start_at: datetime, end_at: datetime) -> list[datetime]:
    """The beginnings of the windows whose end lies in (start_at, end_at]."""
    first = max(start_at, end_at - timedelta(seconds=WINDOW_S * MOST_WINDOWS))
    begin = int(first.timestamp()) // WINDOW_S * WINDOW_S
    last = int(end_at.timestamp()) // WINDOW_S * WINDOW_S
    return [datetime.fromtimestamp(moment, UTC) for moment in range(begin, last, WINDOW_S)]


def _is_in(interface: Any, resource_id: str) -> bool:
    """Whether the interface is running and belongs to the VPC, subnet or interface that is logged."""
    if interface.instance is None or getattr(interface.instance._state, "name", "") != "running":
        return False
    return resource_id in (interface.subnet.vpc_id, interface.subnet.id, interface.id)


def _known(interface: Any, account: str, region: str, window: datetime) -> dict[str, str]:
    begins = int(window.timestamp())
    return {
        "version": "5",
        "account-id": account,
        "interface-id": interface.id,
        "vpc-id": interface.subnet.vpc_id,
        "subnet-id": interface.subnet.id,
        "instance-id": interface.instance.id,
        "type": "IPv4",
        "start": str(begins),
        "end": str(begins + WINDOW_S - 1),
        "region": region,
        "az-id": str(getattr(interface.subnet, "availability_zone_id", "-") or "-"),
    }


def _line(fields: Sequence[str], known: dict[str, str], flow: Flow | None) -> str:
    values = known | (_told(flow) if flow else {"log-status": "NODATA"})
    if "vpc-id" not in fields:
        values["version"] = "2"
    return " ".join(values.get(name, "-") for name in fields)


def _told(flow: Flow) -> dict[str, str]:
    return {
        "srcaddr": flow.srcaddr,
        "dstaddr": flow.dstaddr,
        "pkt-srcaddr": flow.srcaddr,
        "pkt-dstaddr": flow.dstaddr,
        "srcport": str(flow.srcport),
        "dstport": str(flow.dstport),
        "protocol": str(flow.protocol),
        "packets": str(flow.packets),
        "bytes": str(flow.bytes),
        "action": flow.action,
        "log-status": "OK",
        "tcp-flags": str(flow.tcp_flags if flow.protocol == TCP else 0),
        "flow-direction": flow.direction,
        "traffic-path": "8" if flow.direction == "egress" else "-",
    }


def _flows(interface: Any, window: datetime, traffic: Sequence[Traffic]) -> Iterator[Flow]:
    chance = random.Random(hashlib.sha256(f"{interface.id} {window.isoformat()}".encode()).digest())  # noqa: S311
    for group in interface.group_set:
        for remotes, local_port, remote_port in USUAL.get(group.name, ()):
            addresses = remotes or (_neighbour(interface, chance),)
            for remote in chance.sample(addresses, min(len(addresses), 2)):
                yield from _usual(interface, chance, remote, local_port, remote_port)
    if interface.public_ip and chance.random() < 0.5:
        scanner, port = chance.choice(NOISE)
        yield _knock(interface, chance, scanner, port)
    begins = int(window.timestamp())
    for one in traffic:
        is_now = one.starts_at // WINDOW_S * WINDOW_S <= begins < one.starts_at + one.minutes * WINDOW_S
        if one.interface_id == interface.id and is_now:
            yield from _added(interface, chance, one)


def _neighbour(interface: Any, chance: random.Random) -> str:
    network = ipaddress.ip_network(interface.subnet.cidr_block)
    return str(network.network_address + chance.randrange(10, 60))


def _usual(interface: Any, chance: random.Random, remote: str, local: int, other: int) -> Iterator[Flow]:
    passing, size = chance.randrange(32768, 60999), chance.randrange(2_000, 60_000)
    if other:
        yield from _both(interface, remote, passing, other, size, is_outbound=True)
    elif is_let_in(interface, remote, local):
        yield from _both(interface, remote, local, passing, size, is_outbound=False)
    else:
        yield _knock(interface, chance, remote, local)


def _both(
    interface: Any, remote: str, local_port: int, remote_port: int, size: int, *, is_outbound: bool
) -> Iterator[Flow]:
    """A connection's two directions; the larger one is the answer, or what a sender sends."""
    ours = interface.private_ip_address
    out, back = (size, size // 8 + 120) if is_outbound else (size, size // 5 + 160)
    yield Flow(ours, remote, local_port, remote_port, TCP, out // 900 + 3, out, "ACCEPT", "egress")
    yield Flow(remote, ours, remote_port, local_port, TCP, back // 200 + 2, back, "ACCEPT", "ingress")


def _knock(interface: Any, chance: random.Random, remote: str, port: int) -> Flow:
    action = "ACCEPT" if is_let_in(interface, remote, port) else "REJECT"
    source_port = chance.randrange(32768, 60999)
    return Flow(remote, interface.private_ip_address, source_port, port, TCP, 1, 44, action, "ingress", SYN)


def _added(interface: Any, chance: random.Random, traffic: Traffic) -> Iterator[Flow]:
    for port in traffic.ports:
        if traffic.is_outbound:
            passing = chance.randrange(32768, 60999)
            size = traffic.bytes_per_minute + chance.randrange(0, 400)
            yield from _both(interface, traffic.remote, passing, port, size, is_outbound=True)
        else:
            yield _knock(interface, chance, traffic.remote, port)


def is_let_in(interface: Any, remote: str, port: int) -> bool:
    """Whether the interface's security groups admit TCP from an address to a port."""
    address = ipaddress.ip_address(remote)
    return any(
        _admits(rule, port) and address in ipaddress.ip_network(rule.ip_range["CidrIp"], strict=False)
        for group in interface.group_set
        for rule in group.ingress_rules
        if rule.ip_range.get("CidrIp")
    )


def _admits(rule: Any, port: int) -> bool:
    if str(rule.ip_protocol) == "-1":
        return True
    return str(rule.ip_protocol) in ("tcp", "6") and int(rule.from_port) <= port <= int(rule.to_port)
