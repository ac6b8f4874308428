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
    "athena": _own("athena", {"GetWorkGroup.WorkGroup": "workgroup/{}", "CreateWorkGroup.Name": "workgroup/{}"}),
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
    "ecs": _own("ecs", {"clusterName": "cluster/{}", "DescribeClusters.clusters": "cluster/{}"}),
    "eks": _own(
        "eks",
        {
            "CreateNodegroup.clusterName": "cluster/{}",
            "fargateProfileName": "fargateprofile/*/{}/*",
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
            "CreateTargetGroup.Name": "targetgroup/{}/*",
            "Name": "loadbalancer/app/{}/*",
            "LoadBalancerArn": "loadbalancer/app/{}/*",
            "TargetGroupArn": "targetgroup/{}/*",
            "ListenerArn": "listener/app/{}/*/*",
            "RuleArn": "listener-rule/app/{}/*/*/*",
            "LoadBalancerName": "loadbalancer/{}",
        },
    ),
    "events": _own(
        "events",
        {
            "CreateEventBus.Name": "event-bus/{}",
            "DeleteEventBus.Name": "event-bus/{}",
            "DescribeEventBus.Name": "event-bus/{}",
            "DeleteRule.Name": "rule/{}",
            "DescribeRule.Name": "rule/{}",
            "DisableRule.Name": "rule/{}",
            "EnableRule.Name": "rule/{}",
            "PutRule.Name": "rule/{}",
            "Rule": "rule/{}",
        },
    ),
    "firehose": _own("firehose", {"DeliveryStreamName": "deliverystream/{}"}),
    "glue": _own("glue", {"JobName": "job/{}"}),
    "guardduty": _own("guardduty", {"FilterName": "detector/*/filter/{}", "DetectorId": "detector/{}"}),
    "iam": _global(
        "iam",
        {
            "CreatePolicy.PolicyName": "policy/{}",
            "CreateVirtualMFADevice.VirtualMFADeviceName": "mfa/{}",
            "DeleteVirtualMFADevice.SerialNumber": "mfa/{}",
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
    "kinesis": _own("kinesis", {"StreamName": "stream/{}"}),
    "kms": _own("kms", {"AliasName": "alias/{}", "KeyId": "key/{}", "DestinationKeyId": "key/{}"}),
    "lambda": _own("lambda", {"UUID": "event-source-mapping:{}", "FunctionName": _FUNCTION, "Resource": _FUNCTION}),
    "logs": _own(
        "logs",
        {
            "logStreamName": "log-group:*:log-stream:{}",
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
    "redshift": _own("redshift", {"CreateCluster.ClusterIdentifier": "cluster:{}"}),
    "secretsmanager": _own("secretsmanager", {"SecretId": "secret:{}", "Name": "secret:{}-??????"}),
    "sns": _own("sns", {"TopicArn": "{}", "TargetArn": "{}", "CreateTopic.Name": "{}"}),
    "sqs": _own("sqs", {"QueueUrl": "{}", "QueueName": "{}"}),
    "ssm": _own(
        "ssm",
        {
            "CreateDocument.Name": "document/{}",
            "DeleteDocument.Name": "document/{}",
            "DescribeDocument.Name": "document/{}",
            "GetDocument.Name": "document/{}",
            "DocumentName": "document/{}",
            "PutParameter.Name": "parameter/{}",
            "GetParameter.Name": "parameter/{}",
            "GetParameters.Names": "parameter/{}",
            "GetParametersByPath.Path": "parameter/{}",
            "DeleteParameter.Name": "parameter/{}",
        },
    ),
    "states": _own("states", {"stateMachineArn": "stateMachine:{}", "CreateStateMachine.name": "stateMachine:{}"}),
    "sts": _global("iam", {"RoleArn": "role/{}"}),
}

# What EC2 asks for beside its parameters: the resources that a call makes.
CREATED: dict[str, tuple[str, ...]] = {
    "AllocateAddress": ("elastic-ip/*",),
    "CreateFlowLogs": ("vpc-flow-log/*",),
    "CreateInternetGateway": ("internet-gateway/*",),
    "CreateLaunchTemplate": ("launch-template/*",),
    "CreateNatGateway": ("natgateway/*",),
    "CreateNetworkAcl": ("network-acl/*",),
    "CreateNetworkInterface": ("network-interface/*",),
    "CreateRouteTable": ("route-table/*",),
    "CreateSecurityGroup": ("security-group/*",),
    "CreateSubnet": ("subnet/*",),
    "CreateVolume": ("volume/*",),
    "CreateVpc": ("vpc/*",),
    "CreateVpcEndpoint": ("vpc-endpoint/*",),
    "RunInstances": ("instance/*", "network-interface/*", "volume/*"),
}

# Where EC2 asks for one only of the resources that the parameters name.
EC2_ONLY = {"CreateRoute": "RouteTableId", "ReplaceRoute": "RouteTableId"}

# Listing in IAM asks for the path.
IAM_PATHS = {
    "ListGroups": "group/",
    "ListInstanceProfiles": "instance-profile/",
    "ListRoles": "role/",
    "ListUsers": "user/",
}

# Actions that know no resource, whatever their parameters.
UNSCOPED: dict[str, frozenset[str]] = {
    "autoscaling": frozenset(
        (
            "DescribeLifecycleHooks", "DescribeLoadBalancerTargetGroups", "DescribeLoadBalancers", "DescribePolicies",
            "DescribeScalingActivities", "DescribeScheduledActions", "DescribeWarmPool",
        )
    ),
    "cloudformation": frozenset(("CreateStackSet",)),
    "dynamodb": frozenset(("ListBackups", "ListStreams")),
    "ec2": frozenset(("BundleInstance", "DescribeNetworkInterfaceAttribute", "GetSubnetCidrReservations")),
    "eks": frozenset(("CreateCluster",)),
    "elasticloadbalancing": frozenset(
        (
            "DescribeCapacityReservation", "DescribeInstanceHealth", "DescribeListenerAttributes",
            "DescribeListenerCertificates", "DescribeListeners", "DescribeLoadBalancerAttributes",
            "DescribeLoadBalancerPolicies", "DescribeRules", "DescribeTargetGroupAttributes", "DescribeTargetGroups",
            "DescribeTargetHealth",
        )
    ),
    "guardduty": frozenset(("GetAdministratorAccount",)),
    "kinesis": frozenset(
        ("DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "UpdateShardCount", "UpdateStreamMode")
    ),
    "kms": frozenset(("ListAliases",)),
    "lambda": frozenset(("CreateEventSourceMapping", "ListEventSourceMappings")),
    "logs": frozenset(("DescribeQueries",)),
}  # fmt: skip
