from nephoscope.respond.actions.aws_isolate_instance import AwsIsolateInstance
from tests.respond.estate import ask, instance, place, terminate
from tests.respond.harness import Known, Promises, world_of


class TestIsolateInstance(Promises):
    def arrange(self, aws):
        """The isolation of a running instance with two interfaces in two groups."""
        return AwsIsolateInstance(*place(aws), instance(aws)["InstanceId"])

    def changed_back(self, aws, action, state):
        interface, was = next(iter(state["interfaces"].items()))
        ask(aws, "ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface, Groups=was["groups"])

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_every_interface_is_in_one_empty_group(self, action, world, state, aws):
        [group] = action.apply(world, state)["groups"]

        [found] = ask(aws, "ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"]
        assert found["IpPermissions"] == found["IpPermissionsEgress"] == []
        assert {tuple(each["groups"]) for each in action.state(world)["interfaces"].values()} == {(group,)}
        assert len(state["interfaces"]) == 2

    def test_a_rule_in_the_quarantine_group_is_seen(self, action, world, state, aws):
        [group] = action.apply(world, state)["groups"]
        world_open = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ask(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[world_open])

        assert "not empty" in action.verify(world, state)

    def test_the_plan_names_the_flows_that_are_cut(self, action, state, aws):
        flow = {"peer": "10.0.7.4", "port": 5432, "direction": "outbound", "bytes": 2_100_000, "flows": 7}
        plan = " ".join(action.plan(world_of(aws, Known([flow])), state))

        assert "10.0.7.4:5432 outbound (2.1 MB)" in plan
        assert "tracked" in plan
