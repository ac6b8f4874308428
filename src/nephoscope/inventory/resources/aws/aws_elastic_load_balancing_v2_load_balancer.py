"""AWS::ElasticLoadBalancingV2::LoadBalancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Described, Draft
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

LISTENER = "ListenerArn Port Protocol SslPolicy Certificates DefaultActions AlpnPolicy MutualAuthentication"


class AwsElasticLoadBalancingV2LoadBalancer(Described):
    """Application, network and gateway load balancers, with their `Listeners`.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancer.html
    """

    type: ClassVar[str] = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    named_by = ("loadBalancerArn", "listenerArn", "resourceArns")
    makes_calls = True
    satellites = ("Listeners",)
    permissions = (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeTags",
    )
    service, operation, elements, by = "elbv2", "DescribeLoadBalancers", "LoadBalancers", "LoadBalancerArns"

    def draft(self, view: View, found: Any) -> Draft:
        arn = found["LoadBalancerArn"]
        draft = Draft(
            pick(found, "LoadBalancerArn DNSName Scheme Type IpAddressType", Name="LoadBalancerName"),
            observed=pick(found, "CreatedTime", "State"),
            arn=arn,
            name=found["LoadBalancerName"],
        )
        draft["LoadBalancerName"] = found["LoadBalancerName"]
        draft["LoadBalancerFullName"] = arn.partition(":loadbalancer/")[2]
        draft["CanonicalHostedZoneID"] = found.get("CanonicalHostedZoneId")
        draft["SecurityGroups"] = sorted(found.get("SecurityGroups", ()))
        draft["Subnets"] = sorted(zone["SubnetId"] for zone in found.get("AvailabilityZones", ()) if "SubnetId" in zone)
        with draft.part("/LoadBalancerAttributes"):
            answer = view.call("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=arn)
            draft["LoadBalancerAttributes"] = sorted(answer["Attributes"], key=lambda one: one["Key"])
        with draft.part("/Listeners"):
            listeners = view.every("elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn)
            draft["Listeners"] = [pick(one, LISTENER) for one in listeners]
        with draft.part("/Tags"):
            tags = view.call("elbv2", "DescribeTags", ResourceArns=[arn])["TagDescriptions"]
            draft["Tags"] = own_tags(tags[0].get("Tags")) if tags else []
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
        draft.relate("is contained in", "AWS::EC2::Subnet", draft.configuration["Subnets"])
        draft.relate("is associated with", "AWS::EC2::SecurityGroup", draft.configuration["SecurityGroups"])
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["LoadBalancerArn"]
