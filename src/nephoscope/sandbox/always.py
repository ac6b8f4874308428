"""What AWS always, or never, writes into a record, whatever was asked and whatever moto answered."""

from __future__ import annotations

from typing import Any

REQUEST_ALWAYS: dict[tuple[str, str], dict[str, Any]] = {
    ("rds", "DescribeDBClusterSnapshots"): {"includeShared": False, "includePublic": False},
    ("rds", "DescribeDBClusters"): {"includeShared": False},
    ("rds", "DescribeDBSnapshots"): {"includeShared": False, "includePublic": False},
    ("rds", "DescribeDBEngineVersions"): {"defaultOnly": False},
    ("route53resolver", "DeleteResolverQueryLogConfig"): {"originSequenceNumber": 0},
    ("ssm", "DescribeParameters"): {"shared": False},
    ("ssm", "SendCommand"): {"interactive": False},
    ("lambda", "CreateFunction"): {"environment": {}, "description": ""},
    ("kms", "Decrypt"): {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    ("kms", "Encrypt"): {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
}
_ADDRESS = "CreateNatGatewayResponse.natGateway.natGatewayAddressSet.item"
_INSTANCE = "instancesSet.items[]"
_CARD = f"{_INSTANCE}.networkInterfaceSet.items[]"
_RDS_ALWAYS: dict[str, Any] = {
    "backupTarget": "region",
    "customerOwnedIpEnabled": False,
    "dBSubnetGroup.subnets[].subnetOutpost": {},
    "dedicatedLogVolume": False,
    "httpEndpointEnabled": False,
    "networkType": "IPV4",
    "performanceInsightsEnabled": False,
    "storageThroughput": 0,
    "pendingModifiedValues": {},
}
_RDS_NEVER = ("dBSubnetGroup.dBSubnetGroupArn", "enabledCloudwatchLogsExports", "latestRestorableTime")
_SNAPSHOT_ALWAYS: dict[str, Any] = {
    "availabilityZone": "{region}a",
    "dedicatedLogVolume": False,
    "licenseModel": "general-public-license",
    "optionGroupName": "default:mysql-8-0",
    "percentProgress": 0,
    "processorFeatures": [],
    "snapshotTarget": "region",
    "storageThroughput": 0,
    "storageType": "gp2",
    "vpcId": "",
}
_FUNCTION_ALWAYS: dict[str, Any] = {
    "environment": {},
    "revisionId": "{request}",
    "runtimeVersionConfig": {"runtimeVersionArn": "arn:aws:lambda:{region}::runtime:0"},
    "stateReason": "The function is being created.",
    "stateReasonCode": "Creating",
}
RESPONSE_NEVER: dict[tuple[str, str], tuple[str, ...]] = {
    ("ec2", "AuthorizeSecurityGroupEgress"): ("securityGroupRuleSet.items[].tagSet",),
    ("ec2", "AuthorizeSecurityGroupIngress"): ("securityGroupRuleSet.items[].tagSet",),
    ("ec2", "CreateNatGateway"): tuple(
        f"{_ADDRESS}.{name}" for name in ("associationId", "networkInterfaceId", "privateIp", "publicIp")
    ),
    ("ec2", "CreateNetworkInterface"): ("networkInterface.association",),
    ("ec2", "CreateSecurityGroup"): ("securityGroupArn",),
    ("ec2", "CreateSnapshot"): ("progress", "storageTier"),
    ("ec2", "CreateVolume"): ("attachmentSet",),
    ("ec2", "RunInstances"): (
        f"{_INSTANCE}.kernelId",
        f"{_INSTANCE}.sriovNetSupport",
        f"{_INSTANCE}.blockDeviceMapping.items",
        f"{_CARD}.association",
        f"{_CARD}.groupSet.items[].groupName",
    ),
    ("iam", "CreateRole"): ("role.maxSessionDuration", "role.roleLastUsed"),
    ("lambda", "CreateFunction"): ("layers",),
    ("lambda", "UpdateFunctionCode"): ("layers", "lastUpdateStatus"),
    ("rds", "CreateDBInstance"): (
        *_RDS_NEVER,
        *("availabilityZone", "endpoint", "instanceCreateTime"),
    ),
    ("rds", "CreateDBSnapshot"): ("originalSnapshotCreateTime", "snapshotCreateTime"),
    ("rds", "DeleteDBInstance"): _RDS_NEVER,
    ("rds", "DeleteDBSnapshot"): ("tagList",),
    ("ssm", "SendCommand"): ("command.notificationConfig.notificationEvents", "command.parameters"),
}
RESPONSE_ALWAYS: dict[tuple[str, str], dict[str, Any]] = {
    ("ec2", "AllocateAddress"): {"publicIpv4Pool": "amazon", "networkBorderGroup": "{region}"},
    ("ec2", "AuthorizeSecurityGroupEgress"): {
        "securityGroupRuleSet.items[].groupOwnerId": "{account}",
        "securityGroupRuleSet.items[].fromPort": -1,
        "securityGroupRuleSet.items[].toPort": -1,
    },
    ("ec2", "AuthorizeSecurityGroupIngress"): {"securityGroupRuleSet.items[].groupOwnerId": "{account}"},
    ("ec2", "CreateFlowLogs"): {"CreateFlowLogsResponse.clientToken": "{request}"},
    ("ec2", "CreateInternetGateway"): {"internetGateway.association": {}},
    ("ec2", "CreateNatGateway"): {
        "CreateNatGatewayResponse.clientToken": "{request}",
        f"{_ADDRESS}.isPrimary": True,
        f"{_ADDRESS}.status": "associating",
    },
    ("ec2", "CreateRouteTable"): {"routeTable.propagatingVgwSet": {}},
    ("ec2", "CreateSecurityGroup"): {"_return": True},
    ("ec2", "CreateSubnet"): {"subnet.enableDns64": False},
    ("ec2", "CreateVolume"): {"iops": 100, "multiAttachEnabled": False},
    ("ec2", "DeleteFlowLogs"): {"DeleteFlowLogsResponse.unsuccessful": ""},
    ("ec2", "DisassociateRouteTable"): {"associationState": {"state": "disassociating"}},
    ("ec2", "RunInstances"): {
        f"{_INSTANCE}.blockDeviceMapping": {},
        f"{_INSTANCE}.capacityReservationSpecification": {"capacityReservationPreference": "open"},
        f"{_INSTANCE}.cpuOptions": {"coreCount": 1, "threadsPerCore": 2},
        f"{_INSTANCE}.currentInstanceBootMode": "legacy-bios",
        f"{_INSTANCE}.enaSupport": True,
        f"{_INSTANCE}.enclaveOptions": {"enabled": False},
        f"{_INSTANCE}.hibernationOptions.configured": False,
        f"{_INSTANCE}.maintenanceOptions": {"autoRecovery": "default"},
        f"{_INSTANCE}.metadataOptions.httpProtocolIpv4": "enabled",
        f"{_INSTANCE}.privateDnsNameOptions": {
            "hostnameType": "ip-name",
            "enableResourceNameDnsARecord": False,
            "enableResourceNameDnsAAAARecord": False,
        },
        f"{_INSTANCE}.stateReason": {},
        f"{_INSTANCE}.stateReason.code": "pending",
        f"{_INSTANCE}.stateReason.message": "pending",
        f"{_CARD}.tagSet": {},
    },
    ("iam", "CreatePolicy"): {"policy.permissionsBoundaryUsageCount": 0},
    ("lambda", "CreateFunction"): _FUNCTION_ALWAYS,
    ("lambda", "UpdateFunctionCode"): _FUNCTION_ALWAYS,
    ("rds", "CreateDBInstance"): {
        **_RDS_ALWAYS,
        "certificateDetails": {"cAIdentifier": "rds-ca-rsa2048-g1"},
        "pendingModifiedValues.masterUserPassword": "****",
    },
    ("rds", "CreateDBSnapshot"): _SNAPSHOT_ALWAYS,
    ("rds", "CreateDBSubnetGroup"): {"subnets[].subnetOutpost": {}, "supportedNetworkTypes": ["IPV4"]},
    ("rds", "DeleteDBInstance"): {**_RDS_ALWAYS, "endpoint.hostedZoneId": "Z2R2ITUGPM61AM"},
    ("rds", "DeleteDBSnapshot"): {**_SNAPSHOT_ALWAYS, "tagList": []},
    ("ssm", "SendCommand"): {
        "command.alarmConfiguration": {"alarms": [], "ignorePollAlarmFailure": False},
        "command.clientName": "",
        "command.clientSourceId": "",
        "command.cloudWatchOutputConfig": {"cloudWatchLogGroupName": "", "cloudWatchOutputEnabled": False},
        "command.documentVersion": "$DEFAULT",
        "command.interactive": False,
        "command.notificationConfig.notificationEvents": [],
        "command.parameters": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "command.triggeredAlarms": [],
    },
}
