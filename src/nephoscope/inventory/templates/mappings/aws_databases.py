"""Databases and file systems: RDS, DynamoDB, EFS.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/db_instance
"""

from __future__ import annotations

from nephoscope.inventory.templates.fold import Fold
from nephoscope.inventory.templates.mapping import Json, Many, One, To

SYSTEM = "AWS::EFS::FileSystem"
DATABASE = {"multi_az": "MultiAZ", "snapshot_identifier": "DBSnapshotIdentifier", "password": None}
TYPES: dict[str, To] = {
    "aws_db_instance": To(
        "AWS::RDS::DBInstance",
        {
            **DATABASE,
            "identifier": "DBInstanceIdentifier",
            "identifier_prefix": None,
            "replicate_source_db": "SourceDBInstanceIdentifier",
            "db_subnet_group_name": "DBSubnetGroupName",
        },
        {"PubliclyAccessible": False, "BackupRetentionPeriod": 0},
    ),
    "aws_rds_cluster": To(
        "AWS::RDS::DBCluster",
        {
            "cluster_identifier": "DBClusterIdentifier",
            "snapshot_identifier": "SnapshotIdentifier",
            "replication_source_identifier": "SourceDBClusterIdentifier",
            "master_password": None,
        },
    ),
    "aws_rds_cluster_instance": To(
        "AWS::RDS::DBInstance",
        {"cluster_identifier": "DBClusterIdentifier", "identifier": "DBInstanceIdentifier", "identifier_prefix": None},
        {"PubliclyAccessible": False},
    ),
    "aws_dynamodb_table": To(
        "AWS::DynamoDB::Table",
        {
            "name": "TableName",
            "point_in_time_recovery": One(
                "PointInTimeRecoverySpecification", {"enabled": "PointInTimeRecoveryEnabled"}
            ),
            "server_side_encryption": One(
                "SSESpecification", {"enabled": "SSEEnabled", "kms_key_arn": "KMSMasterKeyId"}
            ),
            "attribute": Many("AttributeDefinitions", {"name": "AttributeName", "type": "AttributeType"}),
        },
    ),
    "aws_efs_file_system": To(SYSTEM),
    "aws_efs_backup_policy": To(
        "aws_efs_backup_policy",
        {"backup_policy": One("BackupPolicy")},
        folds=(Fold(SYSTEM, "FileSystemId"),),
    ),
    "aws_efs_file_system_policy": To(
        "aws_efs_file_system_policy",
        {"policy": Json("Policy"), "bypass_policy_lockout_safety_check": None},
        folds=(Fold(SYSTEM, "FileSystemId", "FileSystemPolicy", only="Policy"),),
    ),
}
