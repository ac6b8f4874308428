"""Which parameter names the resource of an action, and how its ARN is written.

Templates: {} is the parameter's value, {region} and {account} the call's. The first parameter in a service's table
that the call has names the resource; EC2 asks for each.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations


def _own(service: str, forms: dict[str, str]) -> dict[str, str]:
    prefix = f"arn:aws:{service}:{{region}}:{{account}}:"
    return {parameter: prefix + form for parameter, form in forms.items()}


def _global(service: str, forms: dict[str, str]) -> dict[str, str]:
    return {parameter: f"arn:aws:{service}::{{account}}:{form}" for parameter, form in forms.items()}


_FUNCTION = "function:{}"
_EC2 = _own(
    "ec2",
    {
        "AllocationId": "elastic-ip/{}",
        "DhcpOptionsId": "dhcp-options/{}",
        "FlowLogIds": "vpc-flow-log/{}",
        "GroupId": "security-group/{}",
        "Groups": "security-group/{}",
        "GroupIds": "security-group/{}",
        "SecurityGroupIds": "security-group/{}",
        "InstanceId": "instance/{}",
        "InstanceIds": "instance/{}",
        "InternetGatewayId": "internet-gateway/{}",
        "KeyName": "key-pair/{}",
        "LaunchTemplateId": "launch-template/{}",
        "NatGatewayId": "natgateway/{}",
        "NetworkAclId": "network-acl/{}",
        "NetworkInterfaceId": "network-interface/{}",
        "RouteTableId": "route-table/{}",
        "SubnetId": "subnet/{}",
        "TransitGatewayId": "transit-gateway/{}",
        "VolumeId": "volume/{}",
        "VpcEndpointIds": "vpc-endpoint/{}",
        "VpcId": "vpc/{}",
        "VpcPeeringConnectionId": "vpc-peering-connection/{}",
        "VpnConnectionId": "vpn-connection/{}",
        "VpnGatewayId": "vpn-gateway/{}",
    },
) | {"ImageId": "arn:aws:ec2:{region}::image/{}", "SnapshotId": "arn:aws:ec2:{region}::snapshot/{}"}

RESOURCES: dict[str, dict[str, str]] = {
    "acm": _own("acm", {"CertificateArn": "certificate/{}"}),
    "athena": _own("athena", {"WorkGroup": "workgroup/{}"}),
    "autoscaling": _own(
        "autoscaling",
        {
            "AutoScalingGroupName": "autoScalingGroup:*:autoScalingGroupName/{}",
            "LaunchConfigurationName": "launchConfiguration:*:launchConfigurationName/{}",
        },
    ),
    "backup": _own("backup", {"BackupVaultName": "backup-vault:{}", "BackupPlanId": "backup-plan:{}"}),
    "cloudformation": _own("cloudformation", {"StackName": "stack/{}/*", "StackSetName": "stackset/{}:*"}),
    "cloudtrail": _own(
        "cloudtrail",
        {
            "Name": "trail/{}",
            "TrailName": "trail/{}",
            "ResourceId": "trail/{}",
            "EventDataStore": "eventdatastore/{}",
        },
    ),
    "cloudwatch": _own("cloudwatch", {"AlarmName": "alarm:{}", "AlarmNames": "alarm:{}"}),
    "config": _own("config", {"ConfigRuleName": "config-rule/{}"}),
    "dynamodb": _own("dynamodb", {"TableName": "table/{}", "ResourceArn": "table/{}"}),
    "ec2": _EC2,
    "ecr": _own("ecr", {"repositoryName": "repository/{}", "resourceArn": "repository/{}"}),
    "ecs": _own("ecs", {"cluster": "cluster/{}", "clusterName": "cluster/{}"}),
    "eks": _own(
        "eks",
        {
            "nodegroupName": "nodegroup/*/{}/*",
            "addonName": "addon/*/{}/*",
            "clusterName": "cluster/{}",
            "name": "cluster/{}",
            "resourceArn": "cluster/{}",
        },
    ),
    "elasticfilesystem": _own(
        "elasticfilesystem", {"AccessPointId": "access-point/{}", "FileSystemId": "file-system/{}"}
    ),
    "elasticloadbalancing": _own(
        "elasticloadbalancing",
        {
            "LoadBalancerArn": "loadbalancer/app/{}/*",
            "TargetGroupArn": "targetgroup/{}/*",
            "ListenerArn": "listener/app/{}",
            "RuleArn": "listener-rule/app/{}",
            "LoadBalancerName": "loadbalancer/{}",
        },
    ),
    "events": _own("events", {"Rule": "rule/{}", "EventBusName": "event-bus/{}"}),
    "firehose": _own("firehose", {"DeliveryStreamName": "deliverystream/{}"}),
    "glue": _own("glue", {"JobName": "job/{}"}),
    "guardduty": _own("guardduty", {"DetectorId": "detector/{}"}),
    "iam": _global(
        "iam",
        {
            "InstanceProfileName": "instance-profile/{}",
            "GroupName": "group/{}",
            "UserName": "user/{}",
            "RoleName": "role/{}",
            "PolicyArn": "policy/{}",
            "OpenIDConnectProviderArn": "oidc-provider/{}",
            "SAMLProviderArn": "saml-provider/{}",
            "ServerCertificateName": "server-certificate/{}",
        },
    ),
    "kinesis": _own("kinesis", {"StreamName": "stream/{}", "StreamARN": "stream/{}"}),
    "kms": _own("kms", {"AliasName": "{}", "KeyId": "key/{}", "TargetKeyId": "key/{}"}),
    "lambda": _own("lambda", {"FunctionName": _FUNCTION, "Resource": _FUNCTION, "UUID": "event-source-mapping:{}"}),
    "logs": _own(
        "logs",
        {
            "logGroupName": "log-group:{}",
            "logGroupIdentifier": "log-group:{}",
        },
    ),
    "rds": _own(
        "rds",
        {
            "DBInstanceIdentifier": "db:{}",
            "DBClusterIdentifier": "cluster:{}",
            "DBSnapshotIdentifier": "snapshot:{}",
            "DBClusterSnapshotIdentifier": "cluster-snapshot:{}",
            "DBSubnetGroupName": "subgrp:{}",
            "DBParameterGroupName": "pg:{}",
            "ResourceName": "db:{}",
        },
    ),
    "redshift": _own("redshift", {"ClusterIdentifier": "cluster:{}"}),
    "secretsmanager": _own("secretsmanager", {"SecretId": "secret:{}", "Name": "secret:{}-??????"}),
    "sns": _own("sns", {"TopicArn": "{}", "TargetArn": "{}", "ResourceArn": "{}", "Name": "{}"}),
    "sqs": _own("sqs", {"QueueUrl": "{}", "QueueName": "{}"}),
    "ssm": _own("ssm", {"DocumentName": "document/{}", "InstanceIds": "instance/{}"}),
    "states": _own("states", {"stateMachineArn": "stateMachine:{}", "name": "stateMachine:{}"}),
    "sts": {"RoleArn": "{}"},
}

# Launching an instance also makes these.
RUN_INSTANCES = ("instance/*", "network-interface/*", "volume/*")

# Listing in IAM asks for the path.
IAM_PATHS = {
    "ListGroups": "group/",
    "ListInstanceProfiles": "instance-profile/",
    "ListRoles": "role/",
    "ListUsers": "user/",
}

# Actions that know no resource, whatever their parameters: `*`. Those of EC2 that only describe are a rule of their own.
UNSCOPED: dict[str, frozenset[str]] = {}
