from dataclasses import replace

from nephoscope.respond.actions.aws_cut_tracked_connections import AwsCutTrackedConnections
from tests.respond.estate import ask, instance, place, terminate
from tests.respond.harness import Faulty, Promises, denied


class TestCutTrackedConnections(Promises):
    def arrange(self, aws):
        """The cutting of an instance's connections, with no time lost."""
        return AwsCutTrackedConnections(*place(aws), instance(aws)["InstanceId"], open_s=0)

    unused = frozenset()

    def changed_back(self, aws, action, state):
        tag = {"Key": "nephoscope:connections-cut"}
        ask(aws, "ec2", "DeleteTags", Resources=[action.instance_id], Tags=[tag])

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_the_groups_are_untracked_both_ways_while_open(self, action, world, state, aws):
        opened = []

        class Seen:
            used = aws.used

            def call(self, service, operation, **params):
                answer = aws.call(service, operation, **params)
                if operation == "ModifyNetworkInterfaceAttribute":
                    opened.extend(
                        ask(aws, "ec2", "DescribeSecurityGroups", GroupIds=params["Groups"])["SecurityGroups"]
                    )
                return answer

            def pages(self, *args, **params):
                return aws.pages(*args, **params)

        action.apply(replace(world, aws=Seen()), state)

        for direction in ("IpPermissions", "IpPermissionsEgress"):
            rules = opened[0][direction]
            assert {rule["IpProtocol"] for rule in rules} == {"-1"}
            assert "0.0.0.0/0" in [each["CidrIp"] for rule in rules for each in rule["IpRanges"]]
            assert "::/0" in [each["CidrIpv6"] for rule in rules for each in rule["Ipv6Ranges"]]
        assert action.state(world) == state

    def test_no_interface_stays_open_when_a_call_is_denied(self, action, world, state, aws):
        at = 0
        while denied(action.apply, replace(world, aws=Faulty(aws, at := at + 1, "denied")), state):
            assert action.state(world) == state or is_shut_by_revert(action, world, state)
        assert at > 10


def is_shut_by_revert(action, world, state):
    """Whether the interface that a denial kept open is shut by what the runner does then."""
    action.revert(world, state)
    return action.state(world) == state
