"""EC2: instances, launch templates, volumes.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/instance
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.mapping import Many, One, To, Via, tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.inventory.templates.mapping import Target


def _encoded(text: Any) -> str:
    return base64.b64encode(str(text).encode()).decode()


def _public_ip(value: Any) -> list[dict[str, Any]]:
    return [{"AssociatePublicIpAddress": value, "DeviceIndex": "0"}]


def _into_data(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A launch template's attributes, its own name apart from those of the instances it launches."""
    own = {key: values[key] for key in ("name", "tags") if key in values}
    return own | {"data": {key: value for key, value in values.items() if key not in ("name", "tags", "id", "arn")}}


LAUNCHED: dict[str, Target] = {
    "name_prefix": None,
    "metadata_options": One("MetadataOptions"),
    "iam_instance_profile": One("IamInstanceProfile"),
    "vpc_security_group_ids": "SecurityGroupIds",
    "network_interfaces": Many("NetworkInterfaces", {"security_groups": "Groups"}),
    "block_device_mappings": Many("BlockDeviceMappings", {"ebs": One("Ebs")}),
    "monitoring": One("Monitoring"),
    "tag_specifications": Many("TagSpecifications", {"tags": Via("Tags", tags)}),
}
TYPES: dict[str, To] = {
    "aws_instance": To(
        "AWS::EC2::Instance",
        {
            "ami": "ImageId",
            "associate_public_ip_address": Via("NetworkInterfaces", _public_ip),
            "launch_template": One("LaunchTemplate", {"id": "LaunchTemplateId", "name": "LaunchTemplateName"}),
            "metadata_options": One("MetadataOptions"),
            "user_data": Via("UserData", _encoded),
            "user_data_base64": "UserData",
            "vpc_security_group_ids": "SecurityGroupIds",
            "public_ip": None,
        },
    ),
    "aws_launch_template": To(
        "AWS::EC2::LaunchTemplate",
        {"name": "LaunchTemplateName", "data": One("LaunchTemplateData", LAUNCHED)},
        reshape=_into_data,
    ),
    "aws_ebs_volume": To("AWS::EC2::Volume"),
    "aws_ebs_encryption_by_default": To(
        "AWS::EC2::AccountSettings", {"enabled": "EbsEncryptionByDefault"}, {"EbsEncryptionByDefault": True}
    ),
    "aws_ssm_association": To("AWS::SSM::Association", {"name": "Name", "targets": Many("Targets")}),
}
