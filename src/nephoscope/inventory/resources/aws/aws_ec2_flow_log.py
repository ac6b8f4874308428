"""AWS::EC2::FlowLog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = (
    "ResourceId TrafficType LogDestination LogDestinationType LogFormat LogGroupName MaxAggregationInterval "
    "DeliverLogsPermissionArn DeliverCrossAccountRole"
)
KINDS = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface", "tgw": "TransitGateway"}


class AwsEc2FlowLog(Ec2):
    """VPC flow logs.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html
    """

    type: ClassVar[str] = "AWS::EC2::FlowLog"
    id_prefix = "fl-"
    permissions = ("ec2:DescribeFlowLogs",)
    operation, elements, by, id_key = "DescribeFlowLogs", "FlowLogs", "FlowLogIds", "Id"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, NAMES, Id="FlowLogId"),
            observed=pick(found, "FlowLogStatus", "DeliverLogsStatus", "DeliverLogsErrorMessage", "CreationTime"),
        )
        kind = KINDS.get(found["ResourceId"].partition("-")[0])
        draft["ResourceType"] = kind
        draft["Tags"] = own_tags(found.get("Tags"))
        if kind:
            draft.relate("is associated with", f"AWS::EC2::{kind}", found["ResourceId"])
        return draft
