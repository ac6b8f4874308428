"""What AWS makes of a property that a template leaves out, for the properties that checks ask about.

Sources: the property's page in CloudFormation's template reference, and the API's where that is silent. null: nothing
of the kind is there, as the readers of live resources say it.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.unresolved import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.templates.fold import Declared

GENERATED = "${generated}"  # AWS makes the name when it is deployed
EVERYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
ACCOUNT_OWNS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::${AWS::AccountId}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
AES256 = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
IDENTITY: dict[str, Any] = {"Policies": [], "ManagedPolicyArns": []}
DATABASE: dict[str, Any] = {"StorageEncrypted": False, "DeletionProtection": False, "BackupRetentionPeriod": 1}
LAUNCH: dict[str, Any] = {"UserData": None, "MetadataOptions": {"HttpTokens": "optional"}}
DEFAULTS: dict[str, dict[str, Any]] = {
    "AWS::AutoScaling::AutoScalingGroup": {"LaunchTemplate": None},
    "AWS::AutoScaling::LaunchConfiguration": {"UserData": None},
    "AWS::CloudTrail::Trail": {"EventSelectors": [], "AdvancedEventSelectors": []},
    "AWS::Config::ConfigurationRecorder": {
        "Recording": True,
        "RecordingGroup": {"AllSupported": True, "IncludeGlobalResourceTypes": False},
    },
    "AWS::EC2::Instance": {
        **LAUNCH,
        "NetworkInterfaces": Unresolved("whether it gets a public address, its subnet decides"),
    },
    "AWS::EC2::NetworkAcl": {"Entries": []},
    "AWS::EC2::RouteTable": {"Routes": [], "Associations": []},
    "AWS::EC2::SecurityGroup": {
        "GroupName": GENERATED,
        "SecurityGroupIngress": [],
        "SecurityGroupEgress": [EVERYWHERE],
    },
    "AWS::EC2::Subnet": {"MapPublicIpOnLaunch": False},
    "AWS::EC2::VPC": {"FlowLogs": []},
    "AWS::EC2::Volume": {"Encrypted": False},
    "AWS::ECR::Repository": {"RepositoryPolicyText": None},
    "AWS::EFS::FileSystem": {"Encrypted": False, "BackupPolicy": {"Status": "DISABLED"}, "FileSystemPolicy": None},
    "AWS::EKS::Cluster": {"Version": Unresolved("AWS takes its default version when it is deployed")},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"Listeners": []},
    "AWS::IAM::Group": IDENTITY,
    "AWS::IAM::Role": IDENTITY,
    "AWS::IAM::User": {**IDENTITY, "LoginProfile": None, "MfaDevices": []},
    "AWS::IAM::AccessKey": {"Status": "Active"},
    "AWS::KMS::Key": {"KeyPolicy": ACCOUNT_OWNS, "KeyState": "Enabled"},
    "AWS::Lambda::Function": {"Environment": None, "Permissions": [], "UrlConfig": None},
    "AWS::RDS::DBCluster": DATABASE,
    "AWS::RDS::DBInstance": {
        **DATABASE,
        "AutoMinorVersionUpgrade": True,
        "DBInstanceIdentifier": GENERATED,
        "MultiAZ": False,
        "PubliclyAccessible": Unresolved("its subnets decide where the template does not"),
    },
    "AWS::S3::Bucket": {
        "AclGrants": [],
        "BucketEncryption": AES256,
        "BucketPolicy": None,
        "MfaDelete": "Disabled",
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": None,
    },
    "AWS::SNS::Topic": {"TopicPolicy": None},
    "AWS::SQS::Queue": {"QueuePolicy": None, "SqsManagedSseEnabled": True},
    "AWS::SecretsManager::Secret": {"ResourcePolicy": None, "RotationEnabled": False},
}
# (type, a property that is set, what then stands for another that is not)
ELSEWHERE = Unresolved("what it is made from decides")
EXCEPTIONS: tuple[tuple[str, str, str, Any], ...] = (
    ("AWS::EC2::Instance", "LaunchTemplate", "MetadataOptions", Unresolved("its launch template decides")),
    ("AWS::EC2::Instance", "LaunchTemplate", "UserData", Unresolved("its launch template decides")),
    ("AWS::EC2::Instance", "LaunchTemplate", "IamInstanceProfile", Unresolved("its launch template decides")),
    ("AWS::EC2::Volume", "KmsKeyId", "Encrypted", True),
    ("AWS::EC2::Volume", "SnapshotId", "Encrypted", ELSEWHERE),
    ("AWS::RDS::DBCluster", "SnapshotIdentifier", "StorageEncrypted", ELSEWHERE),
    ("AWS::RDS::DBCluster", "SourceDBClusterIdentifier", "StorageEncrypted", ELSEWHERE),
    ("AWS::RDS::DBInstance", "DBClusterIdentifier", "BackupRetentionPeriod", Unresolved("its cluster decides")),
    ("AWS::RDS::DBInstance", "DBClusterIdentifier", "StorageEncrypted", Unresolved("its cluster decides")),
    ("AWS::RDS::DBInstance", "DBSnapshotIdentifier", "StorageEncrypted", ELSEWHERE),
    ("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier", "StorageEncrypted", ELSEWHERE),
    ("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier", "BackupRetentionPeriod", 0),
    ("AWS::S3::Bucket", "AccessControl", "OwnershipControls", None),
    ("AWS::SQS::Queue", "KmsMasterKeyId", "SqsManagedSseEnabled", False),
)


def complete(declared: Declared) -> None:
    """Fill in what the template leaves out; what AWS or another resource decides becomes not collected."""
    for name, value in _defaults(declared):
        if name in declared.properties or f"/{name}" in declared.not_collected:
            continue
        if isinstance(value, Unresolved):
            declared.not_collected[f"/{name}"] = value.cause
        else:
            declared.properties[name] = copy.deepcopy(value)


def _defaults(declared: Declared) -> Iterator[tuple[str, Any]]:
    for type_, given, name, value in EXCEPTIONS:
        if type_ == declared.type and (given in declared.properties or f"/{given}" in declared.not_collected):
            yield name, value
    yield from DEFAULTS.get(declared.type, {}).items()
