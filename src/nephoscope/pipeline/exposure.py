"""Items ─► whether the internet reaches an instance: address, security group, route and network ACL, or a balancer.

Limits: IPv4 only; where the subnet routes IPv6 to the internet nothing is called internal. Which targets a balancer has
is not read: that a security group admits the balancer's is what is seen. The network ACL is judged for TCP, by the
subnet of the first interface. Host firewalls, gateways and proxies are not seen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.assess.network import admitted, ingress, is_internet, openings
from nephoscope.model.errors import NotCollected
from nephoscope.model.view import view_of
from nephoscope.scan.priority import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nephoscope.assess.network import Opening
    from nephoscope.model.item import Item

INSTANCE, GROUP, ROUTES = "AWS::EC2::Instance", "AWS::EC2::SecurityGroup", "AWS::EC2::RouteTable"
ACL, BALANCER = "AWS::EC2::NetworkAcl", "AWS::ElasticLoadBalancingV2::LoadBalancer"
TYPES = (INSTANCE, GROUP, ROUTES, ACL, BALANCER)
UNCLEAR = (NotCollected, ValueError, TypeError, AttributeError)  # the last two: an item of another shape
JUDGED = ("tcp", "all")  # protocols of which the network ACL is judged
USUAL = (22, 80, 443, 3389, 8080, 8443)


@dataclass
class Network:
    """What instances are in, of all accounts: items by (account, region, id), and what a subnet is associated with.

    unread: accounts of which not every load balancer was read, so that having none is not known.
    """

    groups: dict[tuple[str, str, str], Any] = field(default_factory=dict[tuple[str, str, str], Any])
    by_subnet: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    main: dict[str, Any] = field(default_factory=dict[str, Any])
    balancers: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unread: set[str] = field(default_factory=set[str])


def network(items: Iterable[Item], unread: Iterable[str] = ()) -> Network:
    """Items of the types that decide, in any order; what cannot be read of one is left out, and is then not known."""
    found = Network(unread=set(unread))
    add = {GROUP: _add_group, ROUTES: _add_routes, ACL: _add_acl, BALANCER: _add_balancer}
    for item in items:
        if item.type in add:
            try:
                add[item.type](found, item, view_of(item))
            except UNCLEAR:
                found.unread |= {item.account} if item.type == BALANCER else set()
    return found


def _add_group(found: Network, item: Item, seen: Any) -> None:
    found.groups[item.account, item.region, item.id] = seen


def _add_acl(found: Network, _: Item, seen: Any) -> None:
    for each in seen.each("Associations"):
        found.by_subnet[ACL, str(each["SubnetId"])] = seen


def _add_balancer(found: Network, item: Item, seen: Any) -> None:
    if seen["Scheme"] == "internet-facing":
        for group in seen.each("SecurityGroups"):
            found.balancers[str(group)].append(item.name or item.id)


def _add_routes(found: Network, _: Item, seen: Any) -> None:
    for each in seen.each("Associations"):
        if each.get("SubnetId"):
            found.by_subnet[ROUTES, str(each["SubnetId"])] = seen
        elif each.get("Main"):
            found.main[str(seen["VpcId"])] = seen


def exposure(instance: Item, known: Network) -> Said:
    """`internet`, `balancer` or `internal`, with what shows it; empty if something that decides was not collected."""
    try:
        return _exposure(instance, known)
    except UNCLEAR as error:
        return Said("", f"not known: {error}")


def _exposure(instance: Item, known: Network) -> Said:
    seen = view_of(instance)
    groups = [(name, _group(instance, name, known)) for name in _names(seen)]
    reached, closed = _direct(instance, seen, groups, known)
    return reached or _behind(instance, groups, known) or _internal(instance, seen, known, closed)


def _direct(instance: Item, seen: Any, groups: Sequence[tuple[str, Any]], known: Network) -> tuple[Said | None, str]:
    """How the internet reaches its own address; or None, and what is closed."""
    if not _has_address(seen):
        return None, "it has no public address, and admits no balancer in reach"
    opened = [(name, each) for name, group in groups for each in openings(ingress(group)) if _is_any(each)]
    if not opened:
        return None, "no security group lets anything in from the internet"
    gateway = _gateway(instance, seen, known)
    if not gateway:
        return None, "its subnet has no route to an internet gateway"
    for name, each in sorted(opened, key=lambda one: one[1].protocol not in JUDGED):  # what can be said comes first
        if said := _admitted(seen, each, known):
            return Said("internet", f"public address; {name} opens {each}; route by {gateway}; ACL: {said}"), ""
    return None, "the network ACL of its subnet lets nothing of it in"


def _internal(instance: Item, seen: Any, known: Network, why: str) -> Said:
    """Raises ValueError where IPv6 may reach it, which is not judged."""
    for route in _routes(instance, seen, known).each("Routes"):
        target = str(route.get("GatewayId") or "")
        if target.startswith("igw-") and route.get("DestinationIpv6CidrBlock") == "::/0":
            raise ValueError(f"its subnet routes IPv6 by {target}, which is not judged")
    return Said("internal", why)


def _names(seen: Any) -> list[str]:
    """The security groups of an instance and of its interfaces."""
    interfaces = [str(name) for each in seen.each("NetworkInterfaces", ()) for name in each.each("GroupSet", ())]
    return list(dict.fromkeys([*(str(name) for name in seen.each("SecurityGroupIds")), *interfaces]))


def _group(instance: Item, name: str, known: Network) -> Any:
    group = known.groups.get((instance.account, instance.region, name))
    if group is None:
        raise ValueError(f"the security group {name} is not in the inventory")
    return group


def _has_address(seen: Any) -> bool:
    if seen.get("PublicIp"):
        return True
    return any(each.get("AssociatePublicIpAddress") is True for each in seen.each("NetworkInterfaces"))


def _is_any(opening: Opening) -> bool:
    return opening.protocol == "all" or bool(opening.ports)


def _behind(instance: Item, groups: Iterable[tuple[str, Any]], known: Network) -> Said | None:
    """Which internet-facing balancer its security groups admit. Raises ValueError where that cannot be said."""
    admits = ""
    for name, group in groups:
        for rule in ingress(group):
            source = rule.get("SourceSecurityGroupId")
            if source in known.balancers:
                return Said("balancer", f"{name} admits the internet-facing load balancer {known.balancers[source][0]}")
            admits = admits or (f"{name} admits {source}" if source else "")
    if admits and instance.account in known.unread:
        raise ValueError(f"{admits}, and not every load balancer of the account was read")
    return None


def _routes(instance: Item, seen: Any, known: Network) -> Any:
    """The route table of its subnet. Raises ValueError for one that is not in the inventory."""
    vpcs = [each.id for each in instance.relationships if each.type == "AWS::EC2::VPC"]
    vpc = str(seen.get("VpcId") or (vpcs[0] if vpcs else ""))
    table = known.by_subnet.get((ROUTES, _subnet(seen))) or known.main.get(vpc)
    if table is None:
        raise ValueError(f"the route table of {_subnet(seen)} is not in the inventory")
    return table


def _gateway(instance: Item, seen: Any, known: Network) -> str:
    """The internet gateway that its subnet's default route leads to; empty if there is none."""
    for route in _routes(instance, seen, known).each("Routes"):
        target = str(route.get("GatewayId") or "")
        if target.startswith("igw-") and is_internet(str(route.get("DestinationCidrBlock") or "10.0.0.0/8")):
            return target
    return ""


def _subnet(seen: Any) -> str:
    first = next((str(each["SubnetId"]) for each in seen.each("NetworkInterfaces", ()) if each.get("SubnetId")), "")
    return str(seen.get("SubnetId") or first)


def _admitted(seen: Any, opening: Opening, known: Network) -> str:
    """What of an opening the network ACL of the subnet lets in, in words; empty for nothing."""
    acl = known.by_subnet.get((ACL, _subnet(seen)))
    if acl is None:
        raise ValueError(f"the network ACL of {_subnet(seen)} is not in the inventory")
    if opening.protocol not in JUDGED:
        raise ValueError(f"the network ACL is not judged for {opening.protocol}")
    entries = list(acl.each("Entries"))
    return admitted(entries, sorted(set(_edges(entries, opening.ports))))


def _edges(entries: Iterable[Any], ports: range) -> Iterator[int]:
    """Ports at which what an ACL says may change, and the usual ones, as far as the opening has them."""
    yield from (port for port in (ports[0], ports[-1], *USUAL) if port in ports)
    for entry in entries:
        span = entry.get("PortRange")
        if span:
            edges = (span.number("From"), span.number("To"), span.number("To") + 1)
            yield from (port for port in edges if port in ports)
