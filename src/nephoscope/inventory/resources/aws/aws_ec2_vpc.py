"""AWS::EC2::VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

LOG = "FlowLogId TrafficType LogDestinationType LogDestination LogGroupName FlowLogStatus"


class AwsEc2Vpc(Ec2):
    """VPCs, with the flow logs that cover all of each (`FlowLogs`) and whether it is the default one (`IsDefault`).

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html
    """

    type: ClassVar[str] = "AWS::EC2::VPC"
    id_prefix = "vpc-"
    permissions = ("ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeFlowLogs")
    makes_calls = True
    satellites = ("FlowLogs", "IsDefault")
    operation, elements, by, id_key = "DescribeVpcs", "Vpcs", "VpcIds", "VpcId"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "VpcId", "CidrBlock", "InstanceTenancy", "IsDefault"))
        associations = found.get("CidrBlockAssociationSet", ())
        draft["CidrBlockAssociations"] = [one["AssociationId"] for one in associations]
        draft["Tags"] = own_tags(found.get("Tags"))
        with draft.part("/FlowLogs"):
            logs = view.memo.once(
                ("flow logs", view.account, view.region),
                lambda: list(view.every("ec2", "DescribeFlowLogs", "FlowLogs")),
            )
            draft["FlowLogs"] = [pick(log, LOG) for log in logs if log.get("ResourceId") == found["VpcId"]]
        for key in ("EnableDnsSupport", "EnableDnsHostnames"):
            with draft.part(f"/{key}"):
                name = key[:1].lower() + key[1:]
                answer = view.call("ec2", "DescribeVpcAttribute", VpcId=found["VpcId"], Attribute=name)
                draft[key] = answer[key]["Value"]
        return draft
