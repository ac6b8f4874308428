"""AWS::EC2::SecurityGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._ec2 import Ec2, key
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsEc2SecurityGroup(Ec2):
    """Security groups, with their rules as CloudFormation writes them: one source or destination per rule.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html
    """

    type: ClassVar[str] = "AWS::EC2::SecurityGroup"
    id_prefix = "sg-"
    permissions = ("ec2:DescribeSecurityGroups",)
    operation, elements, by, id_key = "DescribeSecurityGroups", "SecurityGroups", "GroupIds", "Id"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "GroupId", "GroupName", "VpcId", Id="GroupId", GroupDescription="Description"))
        draft["SecurityGroupIngress"] = sorted(_rules(found.get("IpPermissions", ()), "Source"), key=key)
        draft["SecurityGroupEgress"] = sorted(_rules(found.get("IpPermissionsEgress", ()), "Destination"), key=key)
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.arn = view.arn("ec2", f"security-group/{found['GroupId']}")
        draft.name = found["GroupName"]
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("VpcId"))
        return draft


def _rules(permissions: Any, end: str) -> Iterator[dict[str, Any]]:
    for permission in permissions:
        rule = pick(permission, "IpProtocol", "FromPort", "ToPort")
        for peer in _peers(permission, end):
            yield rule | peer


def _peers(permission: dict[str, Any], end: str) -> Iterator[dict[str, Any]]:
    for one in permission.get("IpRanges", ()):
        yield pick(one, "CidrIp", "Description")
    for one in permission.get("Ipv6Ranges", ()):
        yield pick(one, "CidrIpv6", "Description")
    for one in permission.get("PrefixListIds", ()):
        yield pick(one, "Description", **{f"{end}PrefixListId": "PrefixListId"})
    for one in permission.get("UserIdGroupPairs", ()):
        owner = {"SourceSecurityGroupOwnerId": "UserId"} if end == "Source" else {}
        yield pick(one, "Description", **{f"{end}SecurityGroupId": "GroupId"}, **owner)
