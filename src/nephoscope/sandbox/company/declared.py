"""What the company declares in `sandbox/sources/`: a CloudFormation stack, and what Terraform would have made.

One thing has drifted: somebody opened SSH to the payment service's security group, which Terraform does not know.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nephoscope.sandbox.company.organisation import Organisation
    from nephoscope.sandbox.company.reach import Reach

STACK, STACK_REGION = "newsletter", "us-east-1"
TERRAFORM_REGION = "eu-west-1"
TAGS = {"service": "payments", "managed-by": "terraform"}
_NAMED = [{"Key": key, "Value": value} for key, value in {**TAGS, "Name": "payments"}.items()]


def source(name: str) -> str:
    """The text of one of the sources, `payments.tf` or `newsletter.yaml`."""
    return files("nephoscope.sandbox").joinpath("sources", name).read_text("utf-8")


def deploy(organisation: Organisation) -> None:
    """Deploy both into the production account."""
    reach = organisation.reach(organisation.production)
    _stack(reach)
    _network(reach)
    _data(reach)


def _stack(reach: Reach) -> None:
    stack = reach.client("cloudformation", STACK_REGION)
    stack.create_stack(StackName=STACK, TemplateBody=source("newsletter.yaml"), Capabilities=["CAPABILITY_NAMED_IAM"])
    reach.made_one("AWS::CloudFormation::Stack", STACK, STACK_REGION)
    for made in stack.describe_stack_resources(StackName=STACK)["StackResources"]:
        reach.made_one(made["ResourceType"], made["PhysicalResourceId"], STACK_REGION)


def _network(reach: Reach) -> None:
    ec2 = reach.client("ec2", TERRAFORM_REGION)
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.40.1.0/24", AvailabilityZone=f"{TERRAFORM_REGION}a")
    group = ec2.create_security_group(GroupName="payments", Description="Payment service", VpcId=vpc)["GroupId"]
    ec2.create_tags(Resources=[vpc, subnet["Subnet"]["SubnetId"]], Tags=_NAMED)
    ec2.create_tags(Resources=[group], Tags=_NAMED[:2])
    shop = {"CidrIp": "10.10.0.0/15", "Description": "HTTPS from the shop"}
    for port, source_range in ((443, shop), (22, {"CidrIp": "0.0.0.0/0", "Description": "temporary"})):
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [source_range]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    for kind, identity in (("VPC", vpc), ("Subnet", subnet["Subnet"]["SubnetId"]), ("SecurityGroup", group)):
        reach.made_one(f"AWS::EC2::{kind}", identity, TERRAFORM_REGION)


def _data(reach: Reach) -> None:
    kms = reach.client("kms", TERRAFORM_REGION)
    key = kms.create_key(
        Description="payments", Tags=[{"TagKey": name, "TagValue": value} for name, value in TAGS.items()]
    )["KeyMetadata"]
    kms.enable_key_rotation(KeyId=key["KeyId"])
    dynamodb = reach.client("dynamodb", TERRAFORM_REGION)
    dynamodb.create_table(
        TableName="payments",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["Arn"]},
        Tags=_NAMED[:2],
    )
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="payments", PointInTimeRecoverySpecification=recovery)
    attributes = {"MessageRetentionPeriod": "1209600", "KmsMasterKeyId": "alias/aws/sqs"}
    reach.client("sqs", TERRAFORM_REGION).create_queue(QueueName="settlements", Attributes=attributes, tags=TAGS)
    logs = reach.client("logs", TERRAFORM_REGION)
    logs.create_log_group(logGroupName="/payments/service", tags=TAGS)
    logs.put_retention_policy(logGroupName="/payments/service", retentionInDays=365)
    made = (
        ("AWS::KMS::Key", key["KeyId"]),
        ("AWS::DynamoDB::Table", "payments"),
        ("AWS::SQS::Queue", "settlements"),
        ("AWS::Logs::LogGroup", "/payments/service"),
    )
    for kind, identity in made:
        reach.made_one(kind, identity, TERRAFORM_REGION)
