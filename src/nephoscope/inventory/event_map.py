"""Which resource types, and which of their properties, a write event touches.

The map of events to types is made from the permissions that CloudFormation's resource schemas list, and kept beside
as `write_events.json`; what they do not say, or call by another name than CloudTrail, stands here.
Make it anew with `python -m nephoscope.inventory.event_map`, where cfn-lint is installed.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.engine import readers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DATA = Path(__file__).with_name("write_events.json")
SCHEMAS = "data/schemas"
READING = ("Get", "List", "Describe", "Batch", "Pass", "Head", "Query", "Scan")
# What changes the content of a resource, and never the resource.
CONTENT = ("PutItem", "UpdateItem", "DeleteItem", "DeleteObject", "PutObjectAcl", "InvokeFunction", "PutLogEvents")
# Types that are folded into others here.
FOLDED = {
    "AWS::EC2::GatewayRouteTableAssociation": "AWS::EC2::RouteTable",
    "AWS::EC2::NetworkAclEntry": "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkInterfaceAttachment": "AWS::EC2::NetworkInterface",
    "AWS::EC2::Route": "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroupEgress": "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress": "AWS::EC2::SecurityGroup",
    "AWS::EC2::SubnetNetworkAclAssociation": "AWS::EC2::NetworkAcl",
    "AWS::EC2::SubnetRouteTableAssociation": "AWS::EC2::RouteTable",
    "AWS::EC2::VPCGatewayAttachment": "AWS::EC2::InternetGateway",
    "AWS::EC2::VolumeAttachment": "AWS::EC2::Volume",
    "AWS::ElasticLoadBalancingV2::Listener": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::IAM::GroupPolicy": "AWS::IAM::Group",
    "AWS::IAM::RolePolicy": "AWS::IAM::Role",
    "AWS::IAM::UserPolicy": "AWS::IAM::User",
    "AWS::IAM::UserToGroupAddition": "AWS::IAM::User",
    "AWS::Lambda::Permission": "AWS::Lambda::Function",
    "AWS::Lambda::Url": "AWS::Lambda::Function",
    "AWS::S3::BucketPolicy": "AWS::S3::Bucket",
    "AWS::SNS::Subscription": "AWS::SNS::Topic",
    "AWS::SNS::TopicInlinePolicy": "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy": "AWS::SNS::Topic",
    "AWS::SQS::QueueInlinePolicy": "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy": "AWS::SQS::Queue",
    "AWS::SecretsManager::ResourcePolicy": "AWS::SecretsManager::Secret",
    "AWS::SecretsManager::RotationSchedule": "AWS::SecretsManager::Secret",
}
# The IAM prefix of a CloudFormation service, where it is not its name in lower case.
PREFIXES = {
    "EFS": "elasticfilesystem",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
}
INSTANCE, INTERFACE, VOLUME = "AWS::EC2::Instance", "AWS::EC2::NetworkInterface", "AWS::EC2::Volume"
WITH_VPC = ("AWS::EC2::VPC", "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkAcl", "AWS::EC2::RouteTable")
# Events by source and name: all the types each touches, in place of what the schemas say.
TOUCHED: dict[str, dict[str, str | tuple[str, ...]]] = {
    "autoscaling": {
        "SetDesiredCapacity": "AWS::AutoScaling::AutoScalingGroup",
        "AttachInstances": "AWS::AutoScaling::AutoScalingGroup",
        "DetachInstances": "AWS::AutoScaling::AutoScalingGroup",
    },
    "config": {"StopConfigurationRecorder": "AWS::Config::ConfigurationRecorder"},
    "ec2": {
        "AssociateAddress": (INSTANCE, INTERFACE),
        "AttachNetworkInterface": (INSTANCE, INTERFACE),
        "CopyImage": "AWS::EC2::Image",
        "CopySnapshot": "AWS::EC2::Snapshot",
        "CreateFlowLogs": ("AWS::EC2::FlowLog", "AWS::EC2::VPC"),
        "CreateImage": ("AWS::EC2::Image", "AWS::EC2::Snapshot"),
        "CreateSnapshot": "AWS::EC2::Snapshot",
        "CreateSnapshots": "AWS::EC2::Snapshot",
        "CreateDefaultVpc": (*WITH_VPC, "AWS::EC2::Subnet", "AWS::EC2::InternetGateway"),
        "CreateSubnet": ("AWS::EC2::Subnet", "AWS::EC2::NetworkAcl"),
        "CreateVpc": WITH_VPC,
        "DeleteFlowLogs": ("AWS::EC2::FlowLog", "AWS::EC2::VPC"),
        "DeleteSnapshot": "AWS::EC2::Snapshot",
        "DeleteSubnet": ("AWS::EC2::Subnet", "AWS::EC2::NetworkAcl", "AWS::EC2::RouteTable"),
        "DeleteVpc": WITH_VPC,
        "DeregisterImage": "AWS::EC2::Image",
        "DetachNetworkInterface": (INSTANCE, INTERFACE),
        "DisableEbsEncryptionByDefault": "AWS::EC2::AccountSettings",
        "DisassociateAddress": (INSTANCE, INTERFACE),
        "EnableEbsEncryptionByDefault": "AWS::EC2::AccountSettings",
        "ModifyImageAttribute": "AWS::EC2::Image",
        "ModifyInstanceAttribute": (INSTANCE, INTERFACE),
        "ModifyNetworkInterfaceAttribute": (INSTANCE, INTERFACE),
        "ModifySecurityGroupRules": "AWS::EC2::SecurityGroup",
        "ModifySnapshotAttribute": "AWS::EC2::Snapshot",
        "RegisterImage": "AWS::EC2::Image",
        "ResetImageAttribute": "AWS::EC2::Image",
        "ResetSnapshotAttribute": "AWS::EC2::Snapshot",
        "RunInstances": (INSTANCE, INTERFACE, VOLUME),
        "StartInstances": (INSTANCE, INTERFACE),
        "StopInstances": (INSTANCE, INTERFACE),
        "TerminateInstances": (INSTANCE, INTERFACE, VOLUME),
    },
    "eks": {"AssociateEncryptionConfig": "AWS::EKS::Cluster", "UpdateClusterConfig": "AWS::EKS::Cluster"},
    "elasticfilesystem": {"CreateTags": "AWS::EFS::FileSystem"},
    "elasticloadbalancing": {
        "AddListenerCertificates": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "CreateListener": (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "AWS::ElasticLoadBalancingV2::TargetGroup",
        ),
        "RemoveListenerCertificates": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    },
    "iam": {
        "AttachGroupPolicy": "AWS::IAM::Group",
        "AttachRolePolicy": "AWS::IAM::Role",
        "AttachUserPolicy": "AWS::IAM::User",
        "CreateAccessKey": ("AWS::IAM::AccessKey", "AWS::IAM::Root"),
        "DeactivateMFADevice": ("AWS::IAM::User", "AWS::IAM::Root"),
        "DeleteAccessKey": ("AWS::IAM::AccessKey", "AWS::IAM::Root"),
        "DeleteAccountPasswordPolicy": "AWS::IAM::AccountPasswordPolicy",
        "DetachGroupPolicy": "AWS::IAM::Group",
        "DetachRolePolicy": "AWS::IAM::Role",
        "DetachUserPolicy": "AWS::IAM::User",
        "EnableMFADevice": ("AWS::IAM::User", "AWS::IAM::Root"),
        "SetDefaultPolicyVersion": "AWS::IAM::ManagedPolicy",
        "TagPolicy": "AWS::IAM::ManagedPolicy",
        "UntagPolicy": "AWS::IAM::ManagedPolicy",
        "UpdateAccessKey": "AWS::IAM::AccessKey",
        "UpdateAccountPasswordPolicy": "AWS::IAM::AccountPasswordPolicy",
    },
    "kms": {"CancelKeyDeletion": "AWS::KMS::Key", "ReplicateKey": "AWS::KMS::Key"},
    "logs": {"TagLogGroup": "AWS::Logs::LogGroup", "UntagLogGroup": "AWS::Logs::LogGroup"},
    "rds": {"StartDBInstance": "AWS::RDS::DBInstance", "StopDBInstance": "AWS::RDS::DBInstance"},
    "s3": {
        "DeleteAccountPublicAccessBlock": "AWS::S3::AccountPublicAccessBlock",
        "DeleteBucketLifecycle": "AWS::S3::Bucket",
        "DeleteBucketOwnershipControls": "AWS::S3::Bucket",
        "DeleteBucketPublicAccessBlock": "AWS::S3::Bucket",
        "DeleteBucketTagging": "AWS::S3::Bucket",
        "DeletePublicAccessBlock": ("AWS::S3::Bucket", "AWS::S3::AccountPublicAccessBlock"),
        "PutAccountPublicAccessBlock": "AWS::S3::AccountPublicAccessBlock",
        "PutBucketCors": "AWS::S3::Bucket",
        "PutBucketEncryption": "AWS::S3::Bucket",
        "PutBucketLifecycle": "AWS::S3::Bucket",
        "PutBucketLifecycleConfiguration": "AWS::S3::Bucket",
        "PutBucketTagging": "AWS::S3::Bucket",
        "PutPublicAccessBlock": ("AWS::S3::Bucket", "AWS::S3::AccountPublicAccessBlock"),
    },
    "secretsmanager": {"RestoreSecret": "AWS::SecretsManager::Secret"},
    "sns": {
        "AddPermission": "AWS::SNS::Topic",
        "ConfirmSubscription": "AWS::SNS::Topic",
        "RemovePermission": "AWS::SNS::Topic",
    },
    "sqs": {"AddPermission": "AWS::SQS::Queue", "RemovePermission": "AWS::SQS::Queue"},
}
# Events that touch only some properties of a type: {words of the event's name: properties}.
ONLY = {
    "(Put|Delete)BucketPolicy": "BucketPolicy",
    "PutBucketAcl": "AclGrants",
    "(Put|Delete)BucketPublicAccessBlock": "PublicAccessBlockConfiguration",
    "(Put|Delete)BucketEncryption": "BucketEncryption",
    "PutBucketVersioning": "VersioningConfiguration MfaDelete ObjectLockEnabled ObjectLockConfiguration",
    "PutBucketLogging": "LoggingConfiguration AclGrants",
    "(Put|Delete)Bucket(Lifecycle|LifecycleConfiguration)": "LifecycleConfiguration",
    "(Put|Delete)BucketWebsite": "WebsiteConfiguration",
    "(Put|Delete)BucketOwnershipControls": "OwnershipControls",
    "Put(Bucket)?ObjectLockConfiguration": "ObjectLockEnabled ObjectLockConfiguration",
    "(Put|Delete)BucketTagging|(Create|Delete|Add|Remove|CreateOrUpdate)Tags|(Tag|Untag)[A-Z][A-Za-z]+": (
        "Tags FileSystemTags"
    ),
    "(AddTagsTo|RemoveTagsFrom)Resource": "Tags",
    "(Put|Delete)(User|Role|Group)Policy": "Policies",
    "(Attach|Detach)(User|Role|Group)Policy": "ManagedPolicyArns",
    "(AddUserTo|RemoveUserFrom)Group": "Groups",
    "(Create|Update|Delete)LoginProfile": "LoginProfile",
    "(Enable|Deactivate)MFADevice": "MfaDevices AccountMFAEnabled",
    "UpdateAssumeRolePolicy": "AssumeRolePolicyDocument",
    "(Create|Delete|SetDefault)PolicyVersion": "PolicyDocument DefaultVersionId Versions",
    "(Put|Delete)(User|Role)PermissionsBoundary": "PermissionsBoundary",
    "UpdateAccessKey": "Status",
    "(Authorize|Revoke|UpdateSecurityGroupRuleDescriptions)(SecurityGroup)?Ingress": "SecurityGroupIngress",
    "(Authorize|Revoke|UpdateSecurityGroupRuleDescriptions)(SecurityGroup)?Egress": "SecurityGroupEgress",
    "ModifySecurityGroupRules": "SecurityGroupIngress SecurityGroupEgress",
    "(Create|Replace|Delete)Route": "Routes",
    "(Associate|Disassociate|Replace)RouteTable(Association)?|ReplaceNetworkAclAssociation": "Associations",
    "(Create|Replace|Delete)NetworkAclEntry": "Entries",
    "(Attach|Detach)InternetGateway": "Attachments",
    "(Attach|Detach)Volume": "Attachments Volumes BlockDeviceMappings",
    "(Modify|Reset)SnapshotAttribute": "CreateVolumePermissions",
    "(Modify|Reset)ImageAttribute": "LaunchPermissions Public Description",
    "ModifyInstanceMetadataOptions": "MetadataOptions",
    "(Start|Stop)Instances": "State PublicIp PublicDnsName NetworkInterfaces Association",
    "(Monitor|Unmonitor)Instances": "Monitoring",
    "(Associate|Disassociate|Replace)IamInstanceProfile(Association)?": "IamInstanceProfile",
    "PutKeyPolicy": "KeyPolicy",
    "(Enable|Disable)KeyRotation": "EnableKeyRotation",
    "(Enable|Disable)Key|(Schedule|Cancel)KeyDeletion": "Enabled KeyState",
    "(Add|Remove)Permission": "Permissions TopicPolicy QueuePolicy",
    "(Create|Update|Delete)FunctionUrlConfig": "UrlConfig",
    "UpdateFunctionCode": "CodeSha256 Architectures PackageType",
    "(Start|Stop)Logging": "IsLogging",
    "PutEventSelectors": "EventSelectors AdvancedEventSelectors",
    "(Set|Delete)RepositoryPolicy": "RepositoryPolicyText",
    "PutImageScanningConfiguration": "ImageScanningConfiguration",
    "PutImageTagMutability": "ImageTagMutability",
    "Subscribe|Unsubscribe|ConfirmSubscription": "Subscription",
    "(Put|Delete)ResourcePolicy": "ResourcePolicy",
    "(Rotate|CancelRotate)Secret": "RotationEnabled RotationRules RotationLambdaARN",
    "(Put|Delete)RetentionPolicy": "RetentionInDays",
    "(Associate|Disassociate)KmsKey": "KmsKeyId",
    "UpdateContinuousBackups": "PointInTimeRecoverySpecification",
    "(Put|Delete)FileSystemPolicy": "FileSystemPolicy",
    "PutBackupPolicy": "BackupPolicy",
    "(Start|Stop)ConfigurationRecorder": "Recording",
    "(Create|Modify|Delete)Listener|(Add|Remove)ListenerCertificates": "Listeners LoadBalancerArns",
    "ModifyLoadBalancerAttributes": "LoadBalancerAttributes",
    "SetSecurityGroups": "SecurityGroups",
    "SetSubnets": "Subnets",
}
_ONLY = [(re.compile(names), frozenset(properties.split())) for names, properties in ONLY.items()]
# Lambda's events carry the date of its API: CreateFunction20150331, AddPermission20150331v2.
_API_DATE = re.compile(r"\d{8}(v\d)?$")


def event_name(name: str) -> str:
    """An event's name as the API calls it."""
    return _API_DATE.sub("", name)


@lru_cache(maxsize=10_000)
def types_of(source: str, name: str) -> tuple[str, ...]:
    """The resource types that an event may change; none if it changes none that is read.

    source: `ec2.amazonaws.com`; name: CloudTrail's eventName.
    """
    return _all().get(source.partition(".")[0], {}).get(event_name(name), ())


def sources_of(types: Collection[str]) -> list[str]:
    """The event sources (`ec2`) whose events may change resources of these types."""
    return [source for source, names in _all().items() if any(set(found) & set(types) for found in names.values())]


@cache
def properties_of(name: str) -> frozenset[str] | None:
    """The top-level properties that an event can change; None if that is not known."""
    return next((properties for names, properties in _ONLY if names.fullmatch(event_name(name))), None)


@cache
def _all() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    events: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for source, names in json.loads(DATA.read_text()).items():
        events[source].update({name: tuple(types) for name, types in names.items()})
    for source, names in TOUCHED.items():
        events[source].update({name: (types,) if isinstance(types, str) else types for name, types in names.items()})
    return events


def build(schemas: Path) -> dict[str, dict[str, list[str]]]:
    """{source: {event: [type, …]}} of the types that are read, from the folder of cfn-lint's schemas.

    A permission of another service (a key's grant, a role that is passed) says nothing of the resource, and is left
    out.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for folded, file in json.loads((schemas / "providers" / "us-east-1.json").read_text()).items():
        resource_type = FOLDED.get(str(folded)) or str(folded)
        if resource_type in readers():
            schema = json.loads((schemas / "resources" / f"{file}.json").read_text())
            for source, name in _writes(schema, resource_type):
                found[source][name].add(resource_type)
    return {
        source: {name: sorted(types) for name, types in sorted(names.items())}
        for source, names in sorted(found.items())
    }


def _writes(schema: Mapping[str, Any], resource_type: str) -> set[tuple[str, str]]:
    service = resource_type.split("::")[1]
    prefix = PREFIXES.get(service, service.lower())
    handlers = (schema.get("handlers", {}).get(kind, {}) for kind in ("create", "update", "delete"))
    permissions = (one.partition(":") for handler in handlers for one in handler.get("permissions", ()))
    return {
        (prefix, name)
        for source, _, name in permissions
        if source.lower() == prefix and name.isalnum() and not name.startswith((*READING, *CONTENT))
    }


def main() -> None:
    """Write `write_events.json` anew."""
    import cfnlint

    schemas = Path(str(cfnlint.__file__)).parent / SCHEMAS
    lines = (f"{json.dumps(source)}: {json.dumps(names)}" for source, names in build(schemas).items())
    DATA.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    sys.stderr.write(f"{DATA} written\n")


if __name__ == "__main__":
    main()
