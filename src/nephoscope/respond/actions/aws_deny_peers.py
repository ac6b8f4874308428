from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import Refused
from nephoscope.respond.aws_action import InstanceAction, addresses_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

GONE = ("InvalidNetworkAclEntry.NotFound", "InvalidNetworkAclID.NotFound")
THERE_ALREADY = ("NetworkAclEntryAlreadyExists",)
DIRECTIONS = {"inbound": False, "outbound": True}


@dataclass(frozen=True)
class AwsDenyPeers(InstanceAction):
    """Deny an EC2 instance's known peers in the network ACLs of its subnets, which ends tracked connections too.

    peers: their addresses; where none are given, those of the flows of the last `days`, busiest first. most: how many.
    Limits: an ACL hits every host of every subnet that shares it, as far as it speaks with these peers. Hosts of one
    subnet reach one another all the same. Peers that are not known are not denied. AWS lets an ACL hold 20 rules per
    direction unless the quota is raised.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
    """

    peers: tuple[str, ...] = ()
    days: int = 7
    most: int = 8

    tactic = "isolate"
    permissions = (
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeNetworkAcls",
        "ec2:CreateNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
    )
    may_differ = ("peers",)

    def state(self, world: World) -> State:
        """{"peers": [network, …], "acls": {ACL: {"subnets": …, "inbound": [rule number, …], "outbound": […]}}}."""
        interfaces = self.interfaces(world)
        subnets = sorted({str(each["SubnetId"]) for each in interfaces})
        of_subnets = [{"Name": "association.subnet-id", "Values": subnets}]
        acls = sorted(self.every(world, "ec2", "DescribeNetworkAcls", "NetworkAcls", Filters=of_subnets), key=str)
        return {"peers": self._peers(world, interfaces), "acls": {acl["NetworkAclId"]: _taken(acl) for acl in acls}}

    def apply(self, world: World, state: State) -> State:
        if not state["peers"]:
            raise Refused(f"no peer of {self.instance_id} is given, nor on record in the last {self.days} days")
        for acl, entry in _entries(state):
            self.maybe(world, "ec2", "CreateNetworkAclEntry", THERE_ALREADY, NetworkAclId=acl, **entry)
        return {"acls": list(state["acls"]), "peers": list(state["peers"])}

    def verify(self, world: World, state: State) -> str:
        there = self._there(world, state)
        missing = [f"{acl} {entry['RuleNumber']}" for acl, entry in _entries(state) if not _is_there(there, acl, entry)]
        return f"not denied: {', '.join(missing)}" if missing or not state["peers"] else ""

    def revert(self, world: World, state: State) -> None:
        there = self._there(world, state)
        for acl, entry in _entries(state):
            if _is_there(there, acl, entry):
                named = {"NetworkAclId": acl, "RuleNumber": entry["RuleNumber"], "Egress": entry["Egress"]}
                self.maybe(world, "ec2", "DeleteNetworkAclEntry", GONE, **named)

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        subnets = sorted({subnet for acl in state["acls"].values() for subnet in acl["subnets"]})
        return (
            f"{', '.join(state['acls'])}: {', '.join(state['peers']) or 'no known peer'} denied, in and out.",
            f"It hits every host of {', '.join(subnets)}; hosts of one subnet reach one another all the same.",
        )

    def _peers(self, world: World, interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
        flows = () if self.peers else world.known.flows(self.account, addresses_of(interfaces), self.days)
        busiest = sorted(flows, key=lambda flow: -int(flow.get("bytes") or 0))
        seen = self.peers or dict.fromkeys(str(flow.get("peer")) for flow in busiest)
        return [network for each in seen if (network := _network(each))][: self.most]

    def _there(self, world: World, state: State) -> dict[str, list[Mapping[str, Any]]]:
        """{ACL: its entries}; one that is gone has none."""
        asked = {
            acl: self.maybe(world, "ec2", "DescribeNetworkAcls", GONE, NetworkAclIds=[acl]) for acl in state["acls"]
        }
        return {acl: found["NetworkAcls"][0]["Entries"] if found else [] for acl, found in asked.items()}


def _taken(acl: Mapping[str, Any]) -> dict[str, Any]:
    taken: dict[str, Any] = {"subnets": sorted(str(each["SubnetId"]) for each in acl["Associations"])}
    for name, is_egress in DIRECTIONS.items():
        taken[name] = sorted(int(each["RuleNumber"]) for each in acl["Entries"] if each["Egress"] is is_egress)
    return taken


def _network(address: str) -> str:
    """The address as a network of itself; empty for what is no address."""
    try:
        return str(ipaddress.ip_network(address))
    except ValueError:
        return ""


def _entries(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rules that deny the peers, under the lowest free numbers: lower ones are heeded first."""
    for acl, taken in state["acls"].items():
        for name, is_egress in DIRECTIONS.items():
            free = (number for number in count(1) if number not in taken[name])
            for number, peer in zip(islice(free, len(state["peers"])), state["peers"], strict=True):
                family = {"Ipv6CidrBlock": peer} if ":" in peer else {"CidrBlock": peer}
                yield acl, {"RuleNumber": number, "Protocol": "-1", "RuleAction": "deny", "Egress": is_egress, **family}


def _is_there(there: Mapping[str, Sequence[Mapping[str, Any]]], acl: str, entry: Mapping[str, Any]) -> bool:
    return any(all(each.get(key) == value for key, value in entry.items()) for each in there[acl])
