"""Rules of security groups and network ACLs: which ports they open to the internet."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ALL_PORTS = range(65536)
_EVERYTHING = ("-1", "all")
_SOURCES = ("CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName")
_WITH_PORTS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp"}


@dataclass(frozen=True)
class Opening:
    """What one rule lets in from the internet: `tcp`, `udp` or `all`, and the ports, none for other protocols."""

    protocol: str
    ports: range
    source: str

    def lets_in(self, port: int, protocol: str = "tcp") -> bool:
        """Whether the port is reached through it."""
        return self.protocol in (protocol, "all") and port in self.ports

    def __str__(self) -> str:
        if self.protocol == "all":
            return f"everything from {self.source}"
        ports = f"{self.ports[0]}-{self.ports[-1]}" if len(self.ports) > 1 else "".join(map(str, self.ports))
        return f"{self.protocol} {ports} from {self.source}".replace("  ", " ")


def ingress(group: Any) -> Iterable[Any]:
    """The ingress rules of a security group; a rule that is a resource of its own is one."""
    return [group] if "IpProtocol" in group else group.each("SecurityGroupIngress")


def egress(group: Any) -> Iterable[Any]:
    """The egress rules of a security group; a rule that is a resource of its own is one."""
    return [group] if "IpProtocol" in group else group.each("SecurityGroupEgress")


def openings(rules: Iterable[Any]) -> Iterator[Opening]:
    """What each rule opens to the internet, lazily.

    Raises NotCollected for a prefix list whose entries are not in the rule as `SourcePrefixListEntries`; what was
    yielded before stands.
    """
    for rule in sorted(rules, key=lambda rule: "SourcePrefixListId" in rule):
        for source in _sources(rule):
            if is_internet(source):
                protocol = _protocol(rule["IpProtocol"])
                yield Opening(protocol, _ports(rule, protocol), source)
                break


def exposed(group: Any, ports: Mapping[int, str], protocol: str = "tcp") -> str:
    """The ports of some that a security group opens to the internet, in words; empty if none."""
    found: dict[int, str] = {}
    for opening in openings(ingress(group)):
        found |= {port: opening.source for port in ports if opening.lets_in(port, protocol)}
        if found:
            break
    return ", ".join(f"{ports[port]} ({port}) is open to {source}" for port, source in sorted(found.items()))


def is_internet(cidr: str) -> bool:
    """Whether a network is everyone: a prefix of length 0, or half of everything."""
    return ip_network(_text(cidr), strict=False).prefixlen <= 1


def _sources(rule: Any) -> Iterator[str]:
    found = [key for key in _SOURCES if rule.get(key) is not None]
    if not found:
        raise ValueError("a rule has no source")
    for key in ("CidrIp", "CidrIpv6"):
        if key in found:
            yield rule[key]
    if "SourcePrefixListId" in found:
        yield from rule.each("SourcePrefixListEntries")


def _protocol(value: Any) -> str:
    text = str(value).lower() if isinstance(value, int) and not isinstance(value, bool) else _text(value).lower()
    return "all" if text in _EVERYTHING else _WITH_PORTS.get(text, text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not a text: {str(value)[:40]}")
    return value


def _ports(rule: Any, protocol: str) -> range:
    if protocol == "all":
        return ALL_PORTS
    if protocol not in ("tcp", "udp"):
        return range(0)
    first, last = rule.number("FromPort", -1), rule.number("ToPort", -1)
    return ALL_PORTS if first == -1 else range(first, last + 1)


def admitted(entries: Iterable[Any], ports: Iterable[int]) -> str:
    """The first of some TCP ports that a network ACL lets in from everywhere, in words; empty if none.

    entries: evaluated by rising RuleNumber as AWS does; the first that covers everyone and the port decides.
    """
    inbound = sorted((e for e in entries if not e.flag("Egress", False)), key=lambda e: e.number("RuleNumber"))
    for port in ports:
        for family in ("CidrBlock", "Ipv6CidrBlock"):
            rule = next((e for e in inbound if _is_from_internet(e, family) and _reaches(e, port)), None)
            if rule is not None and _allows(rule):
                return f"rule {rule['RuleNumber']} allows port {port} from {rule[family]}"
    return ""


def _is_from_internet(entry: Any, family: str) -> bool:
    if entry.get("CidrBlock") is None and entry.get("Ipv6CidrBlock") is None:
        raise ValueError("a rule has no source")
    return entry.get(family) is not None and is_internet(entry[family])


def _allows(entry: Any) -> bool:
    action = entry["RuleAction"]
    if action not in ("allow", "deny"):
        raise ValueError(f"a rule neither allows nor denies: {str(action)[:40]}")
    return action == "allow"


def _reaches(entry: Any, port: int) -> bool:
    protocol = _protocol(entry["Protocol"])
    if protocol == "all":
        return True
    if protocol != "tcp":
        return False
    span = entry["PortRange"]
    return port in range(span.number("From"), span.number("To") + 1)
