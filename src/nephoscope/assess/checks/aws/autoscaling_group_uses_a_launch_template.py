from nephoscope.assess import Fail, Pass, check


@check("AWS::AutoScaling::AutoScalingGroup", severity="low")
def autoscaling_group_uses_a_launch_template(group):
    """Auto Scaling group launches from a launch template.

    Why: launch configurations know neither new instance features nor versions, and AWS is retiring them.
    Fix: make a launch template of the launch configuration, and name it in the group.
    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html

    >>> autoscaling_group_uses_a_launch_template({"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "3"}})
    Pass()
    >>> autoscaling_group_uses_a_launch_template({"LaunchConfigurationName": "web"})
    Fail('it launches from the launch configuration web')
    >>> autoscaling_group_uses_a_launch_template({})
    Unknown('LaunchTemplate was not collected')
    """
    if group.get("LaunchConfigurationName"):
        return Fail(f"it launches from the launch configuration {group['LaunchConfigurationName']}")
    return Pass() if group.get("MixedInstancesPolicy") or group["LaunchTemplate"] else Fail("no launch template")
