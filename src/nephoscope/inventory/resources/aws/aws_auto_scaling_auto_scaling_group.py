"""AWS::AutoScaling::AutoScalingGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Described, Draft
from nephoscope.inventory.shape import pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = (
    "AutoScalingGroupName AutoScalingGroupARN LaunchConfigurationName AvailabilityZones LoadBalancerNames "
    "TargetGroupARNs HealthCheckType HealthCheckGracePeriod NewInstancesProtectedFromScaleIn CapacityRebalance "
    "MaxInstanceLifetime PlacementGroup ServiceLinkedRoleARN TerminationPolicies"
)
TEMPLATE = "LaunchTemplateId LaunchTemplateName Version"


class AwsAutoScalingAutoScalingGroup(Described):
    """Auto Scaling groups.

    Limits: mixed instances policies are not read.
    Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
    """

    type: ClassVar[str] = "AWS::AutoScaling::AutoScalingGroup"
    named_by = ("autoScalingGroupName", "resourceId")
    permissions = ("autoscaling:DescribeAutoScalingGroups",)
    service, operation, elements = "autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups"
    by = "AutoScalingGroupNames"
    page_size = 100

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, NAMES), observed=pick(found, "CreatedTime"), arn=found["AutoScalingGroupARN"])
        draft.name = found["AutoScalingGroupName"]
        for key, theirs in (("MinSize", "MinSize"), ("MaxSize", "MaxSize"), ("Cooldown", "DefaultCooldown")):
            draft[key] = str(found[theirs])
        draft["DesiredCapacity"] = str(found["DesiredCapacity"])
        if "LaunchTemplate" in found:
            draft["LaunchTemplate"] = {"Version": "$Default"} | pick(found["LaunchTemplate"], TEMPLATE)
        draft["VPCZoneIdentifier"] = [subnet for subnet in found.get("VPCZoneIdentifier", "").split(",") if subnet]
        draft["Tags"] = [pick(tag, "Key Value PropagateAtLaunch") for tag in found.get("Tags", ())]
        instances = [instance["InstanceId"] for instance in found.get("Instances", ())]
        draft.observed["Instances"] = sorted(instances)
        draft.relate("is contained in", "AWS::EC2::Subnet", draft.configuration["VPCZoneIdentifier"])
        draft.relate("contains", "AWS::EC2::Instance", instances)
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["AutoScalingGroupName"]
