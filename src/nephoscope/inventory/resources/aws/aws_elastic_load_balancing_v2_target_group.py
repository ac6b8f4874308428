"""AWS::ElasticLoadBalancingV2::TargetGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Described, Draft
from nephoscope.inventory.shape import pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = (
    "TargetGroupArn TargetGroupName Protocol ProtocolVersion Port VpcId TargetType IpAddressType LoadBalancerArns "
    "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol "
    "HealthCheckTimeoutSeconds HealthyThresholdCount UnhealthyThresholdCount Matcher"
)


class AwsElasticLoadBalancingV2TargetGroup(Described):
    """Target groups of load balancers.

    Limits: attributes, targets and tags take calls of their own, and are not read.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html
    """

    type: ClassVar[str] = "AWS::ElasticLoadBalancingV2::TargetGroup"
    named_by = ("targetGroupArn", "resourceArns")
    permissions = ("elasticloadbalancing:DescribeTargetGroups",)
    service, operation, elements, by = "elbv2", "DescribeTargetGroups", "TargetGroups", "TargetGroupArns"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, NAMES, Name="TargetGroupName"), arn=found["TargetGroupArn"], name=found["TargetGroupName"]
        )
        balancers = found.get("LoadBalancerArns", ())
        draft.relate("is attached to", "AWS::ElasticLoadBalancingV2::LoadBalancer", balancers)
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["TargetGroupArn"]
