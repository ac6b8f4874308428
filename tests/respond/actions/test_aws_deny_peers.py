from dataclasses import replace

import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.actions.aws_deny_peers import AwsDenyPeers
from tests.respond.estate import ask, instance, place, terminate
from tests.respond.harness import Known, Promises, world_of

PEERS = ("192.0.2.7", "2001:db8::7")


class TestDenyPeers(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The denial of two peers of an instance, whose subnet's ACL has a first rule already."""
        launched = instance(aws)
        subnet = [{"Name": "association.subnet-id", "Values": [launched["SubnetId"]]}]
        [acl] = ask(aws, "ec2", "DescribeNetworkAcls", Filters=subnet)["NetworkAcls"]
        first = {"RuleNumber": 1, "Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.0.0.0/8"}
        ask(aws, "ec2", "CreateNetworkAclEntry", NetworkAclId=acl["NetworkAclId"], **first)
        return AwsDenyPeers(*place(aws), launched["InstanceId"], PEERS)

    def changed_back(self, aws, action, state):
        [acl] = state["acls"]
        ask(aws, "ec2", "DeleteNetworkAclEntry", NetworkAclId=acl, RuleNumber=2, Egress=False)

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_the_lowest_free_numbers_deny_both_ways(self, action, world, state, aws):
        action.apply(world, state)

        [acl] = state["acls"]
        entries = ask(aws, "ec2", "DescribeNetworkAcls", NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
        denied = [
            (each["Egress"], each["RuleNumber"], each.get("CidrBlock") or each.get("Ipv6CidrBlock"))
            for each in entries
            if each["RuleAction"] == "deny" and each["RuleNumber"] < 100
        ]
        assert sorted(denied) == [
            (False, 2, "192.0.2.7/32"),
            (False, 3, "2001:db8::7/128"),
            (True, 1, "192.0.2.7/32"),
            (True, 2, "2001:db8::7/128"),
        ]

    def test_the_busiest_peers_on_record_are_denied_and_what_is_no_address_is_not(self, action, aws):
        flows = [
            {"peer": "198.51.100.1", "bytes": 5},
            {"peer": "198.51.100.2", "bytes": 900},
            {"peer": "'; DROP", "bytes": 10_000},
        ]
        state = replace(action, peers=(), most=2).state(world_of(aws, Known(flows)))
        assert state["peers"] == ["198.51.100.2/32", "198.51.100.1/32"]

    def test_without_a_known_peer_nothing_is_denied(self, action, world):
        nobody = replace(action, peers=())
        with pytest.raises(Refused, match="nor on record"):
            nobody.apply(world, nobody.state(world))
