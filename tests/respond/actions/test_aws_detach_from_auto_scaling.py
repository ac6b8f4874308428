from nephoscope.respond.actions.aws_detach_from_auto_scaling import AwsDetachFromAutoScaling
from tests.respond.estate import ACCOUNT, REGION, ask, instance, place, terminate
from tests.respond.harness import Promises


def scaled(aws, lifecycle="InService", is_protected=False, profile=""):
    """An instance in the group `fleet`."""
    launched = instance(aws, profile)
    template = {"ImageId": launched["ImageId"], "InstanceType": "t3.micro"}
    ask(aws, "ec2", "CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=template)
    size = {"MinSize": 0, "MaxSize": 900, "DesiredCapacity": 0, "VPCZoneIdentifier": launched["SubnetId"]}
    named = {"AutoScalingGroupName": "fleet"}
    ask(aws, "autoscaling", "CreateAutoScalingGroup", **named, **size, LaunchTemplate={"LaunchTemplateName": "web"})
    member = named | {"InstanceIds": [launched["InstanceId"]]}
    ask(aws, "autoscaling", "AttachInstances", **member)
    ask(aws, "autoscaling", "SetInstanceProtection", **member, ProtectedFromScaleIn=is_protected)
    if lifecycle == "Standby":
        ask(aws, "autoscaling", "EnterStandby", **member, ShouldDecrementDesiredCapacity=True)
    return launched["InstanceId"]


class TestDetachFromAutoScaling(Promises):
    def arrange(self, aws):
        """The leave of an instance that is on standby and protected from scaling in."""
        return AwsDetachFromAutoScaling(*place(aws), scaled(aws, "Standby", is_protected=True))

    unused = frozenset()

    def changed_back(self, aws, action, state):
        member = {"AutoScalingGroupName": "fleet", "InstanceIds": [action.instance_id]}
        ask(aws, "autoscaling", "AttachInstances", **member)

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_another_instance_takes_its_place(self, aws, world):
        action = AwsDetachFromAutoScaling(ACCOUNT, REGION, scaled(aws))
        action.apply(world, action.state(world))

        [group] = ask(aws, "autoscaling", "DescribeAutoScalingGroups")["AutoScalingGroups"]
        assert group["DesiredCapacity"] == len(group["Instances"]) == 1
        assert group["Instances"][0]["InstanceId"] != action.instance_id

    def test_an_instance_of_no_group_is_left_as_it_is(self, aws, world):
        action = AwsDetachFromAutoScaling(ACCOUNT, REGION, instance(aws)["InstanceId"])
        state = action.state(world)
        action.apply(world, state)
        action.revert(world, state)

        assert state["group"] == action.state(world)["group"] == ""
        assert action.verify(world, state) == ""
        assert "no Auto Scaling group" in action.plan(world, state)[0]
