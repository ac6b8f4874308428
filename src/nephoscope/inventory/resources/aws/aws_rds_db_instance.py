"""AWS::RDS::DBInstance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Described, Draft
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View

NAMES = (
    "DBInstanceIdentifier DBInstanceArn DBInstanceClass DBName Engine EngineVersion MasterUsername AvailabilityZone "
    "AutoMinorVersionUpgrade BackupRetentionPeriod CACertificateIdentifier CopyTagsToSnapshot DBClusterIdentifier "
    "DbiResourceId DeletionProtection Iops KmsKeyId LicenseModel MaxAllocatedStorage MonitoringInterval "
    "MonitoringRoleArn MultiAZ NetworkType PerformanceInsightsRetentionPeriod PreferredBackupWindow "
    "PreferredMaintenanceWindow PromotionTier PubliclyAccessible ReadReplicaDBInstanceIdentifiers StorageEncrypted "
    "StorageThroughput StorageType"
)
RENAMED = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "SourceDBInstanceIdentifier": "ReadReplicaSourceDBInstanceIdentifier",
}


class AwsRdsDbInstance(Described):
    """RDS database instances.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
    """

    type: ClassVar[str] = "AWS::RDS::DBInstance"
    named_by = ("dBInstanceIdentifier", "resourceName")
    permissions = ("rds:DescribeDBInstances",)
    service, operation, elements, by = "rds", "DescribeDBInstances", "DBInstances", "DBInstanceIdentifier"
    page_size = 100

    def get(self, view: View, id: str) -> Any | None:
        answer = view.maybe("rds", "DescribeDBInstances", DBInstanceIdentifier=id)
        return next(iter((answer or {}).get("DBInstances", ())), None)

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, NAMES, **RENAMED),
            observed=pick(found, "DBInstanceStatus InstanceCreateTime LatestRestorableTime"),
            arn=found["DBInstanceArn"],
        )
        endpoint = found.get("Endpoint", {})
        if "Port" in endpoint:
            draft["Endpoint"] = pick(endpoint, "Address", "HostedZoneId") | {"Port": str(endpoint["Port"])}
            draft["Port"] = str(endpoint["Port"])
        draft["AllocatedStorage"] = str(found["AllocatedStorage"]) if "AllocatedStorage" in found else None
        groups = [group["VpcSecurityGroupId"] for group in found.get("VpcSecurityGroups", ())]
        draft["VPCSecurityGroups"] = sorted(groups)
        draft["DBSubnetGroupName"] = found.get("DBSubnetGroup", {}).get("DBSubnetGroupName")
        parameters = found.get("DBParameterGroups", ())
        draft["DBParameterGroupName"] = parameters[0]["DBParameterGroupName"] if parameters else None
        draft["ManageMasterUserPassword"] = "MasterUserSecret" in found
        draft["Tags"] = own_tags(found.get("TagList"))
        draft.relate("is associated with", "AWS::EC2::SecurityGroup", groups)
        draft.relate("is contained in", "AWS::EC2::VPC", found.get("DBSubnetGroup", {}).get("VpcId"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["DBInstanceIdentifier"]
