"""Calls that leave the events that real trails hold, with parameters like those that were given then."""

import contextlib
import json

from botocore.exceptions import ClientError

ACCOUNT = "111111111111"
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeInstances"],"Resource":"*"}]}'
TAG = {"Key": "StratusRedTeam", "Value": "true"}
TAGS = [TAG, {"Key": "Name", "Value": "stratus"}]


def tags(kind, *, one=False):
    """A TagSpecifications of EC2."""
    return [{"ResourceType": kind, "Tags": [TAG] if one else TAGS}]


def refused(call, **given):
    """A call that is to fail."""
    with contextlib.suppress(ClientError):
        call(**given)


def without_account(request, **_):
    """The loopback has no address that begins with an account's number."""
    request.url = request.url.replace(f"//{ACCOUNT}.", "//")


def play(clients):
    """Make every call."""
    for part in (ec2, describe, iam, s3, cloudtrail, secrets, lambdas, rds, rest):
        part(clients)


def network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="default", TagSpecifications=tags("vpc"))["Vpc"][
        "VpcId"
    ]
    refused(ec2.create_vpc, CidrBlock="10.0.0.0/8", TagSpecifications=tags("vpc"))
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a", TagSpecifications=tags("subnet")
    )["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway"))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table"))["RouteTable"]["RouteTableId"]
    joined = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip"))["AllocationId"]
    nat = ec2.create_nat_gateway(
        AllocationId=address,
        SubnetId=subnet,
        ConnectivityType="public",
        ClientToken="86C58940",
        TagSpecifications=tags("natgateway"),
    )["NatGateway"]["NatGatewayId"]
    ec2.describe_nat_gateways(NatGatewayIds=[nat])
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.disassociate_route_table(AssociationId=joined)
    ec2.delete_route_table(RouteTableId=table)
    ec2.detach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway_id)
    ec2.release_address(AllocationId=address, NetworkBorderGroup="us-east-1")
    return vpc, subnet


def firewall(ec2, vpc):
    made = ec2.create_security_group(
        GroupName="open", Description="inbound", VpcId=vpc, TagSpecifications=tags("security-group")
    )
    group = made["GroupId"]
    tls = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[tls | {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "TLS"}]}]
    )
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    ec2.revoke_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    everything = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
    refused(
        ec2.revoke_security_group_egress,
        GroupId=group,
        IpPermissions=[{"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
    )
    ec2.authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
        ],
    )
    ec2.delete_security_group(GroupId=group)


def ec2(clients):
    ec2 = clients("ec2")
    vpc, subnet = network(ec2)
    firewall(ec2, vpc)
    card = ec2.create_network_interface(
        SubnetId=subnet,
        PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.10", "Primary": True}],
        TagSpecifications=tags("network-interface", one=True),
        ClientToken="C265B64D",
    )["NetworkInterface"]["NetworkInterfaceId"]
    clients("iam").create_instance_profile(InstanceProfileName="stealable")
    launched = ec2.run_instances(
        ImageId="ami-029eb80bc237bec6f",
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        ClientToken="D37569A7",
        IamInstanceProfile={"Name": "stealable"},
        NetworkInterfaces=[{"NetworkInterfaceId": card, "DeviceIndex": 0, "DeleteOnTermination": False}],
        CreditSpecification={"CpuCredits": "unlimited"},
        TagSpecifications=tags("instance", one=True),
    )
    instance = launched["Instances"][0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance], Force=True)
    ec2.start_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.describe_instances(InstanceIds=[instance], Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    ec2.describe_instance_attribute(InstanceId=instance, Attribute="instanceInitiatedShutdownBehavior")
    refused(ec2.describe_instance_attribute, InstanceId="i-8107c9c0", Attribute="userData")
    refused(ec2.get_password_data, InstanceId="i-8107c9c0")
    ec2.terminate_instances(InstanceIds=[instance])
    refused(ec2.detach_network_interface, AttachmentId="eni-attach-02aca132", Force=True)
    spare = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.delete_network_interface(NetworkInterfaceId=spare)
    disks(ec2)
    flow_logs(ec2, vpc)
    ec2.delete_subnet(SubnetId=ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"])
    ec2.delete_vpc(VpcId=ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"])


def flow_logs(ec2, vpc):
    made = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="cloud-watch-logs",
        LogDestination="arn:aws:logs:us-east-1:111111111111:log-group:flow",
        DeliverLogsPermissionArn="arn:aws:iam::111111111111:role/flow",
        MaxAggregationInterval=600,
        TagSpecifications=tags("vpc-flow-log", one=True),
    )["FlowLogIds"]
    ec2.describe_flow_logs(FlowLogIds=made)
    ec2.delete_flow_logs(FlowLogIds=made)


def disks(ec2):
    volume = ec2.create_volume(
        Size=1, AvailabilityZone="us-east-1a", ClientToken="7C289842", TagSpecifications=tags("volume")
    )["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags("snapshot", one=True))["SnapshotId"]
    for kind in ("add", "remove"):
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType=kind, UserIds=["012345678912"]
        )
    disk = {"SnapshotId": snapshot, "VolumeSize": 1, "DeleteOnTermination": True, "VolumeType": "standard"}
    image = ec2.register_image(
        Name="stratus",
        Architecture="x86_64",
        RootDeviceName="/dev/xvda",
        SriovNetSupport="simple",
        EnaSupport=False,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": disk}],
    )["ImageId"]
    ec2.create_tags(Resources=[image], Tags=[TAG])
    for kind in ("Add", "Remove"):
        ec2.modify_image_attribute(ImageId=image, LaunchPermission={kind: [{"UserId": "012345678901"}]})
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=snapshot)
    ec2.describe_volumes(VolumeIds=[volume])
    ec2.delete_volume(VolumeId=volume)


def describe(clients):
    ec2 = clients("ec2")

    def by(name, value):
        return [{"Name": name, "Values": [value]}]

    refused(ec2.describe_account_attributes, AttributeNames=["default-vpc", "supported-platforms"])
    refused(ec2.describe_addresses)
    refused(ec2.describe_addresses, AllocationIds=["eipalloc-08a083beb7e83dbc0"])
    refused(ec2.describe_availability_zones, Filters=by("state", "available"))
    refused(ec2.describe_customer_gateways)
    refused(ec2.describe_dhcp_options, MaxResults=1000)
    refused(ec2.describe_egress_only_internet_gateways, MaxResults=255)
    refused(ec2.describe_hosts, MaxResults=500)
    refused(ec2.describe_images, Owners=["amazon"], Filters=by("name", "amzn2-*"))
    refused(ec2.describe_instance_credit_specifications, InstanceIds=["i-0dbc91f429e48eeed"])
    refused(ec2.describe_instance_status, MaxResults=1000, IncludeAllInstances=False)
    refused(ec2.describe_internet_gateways, Filters=by("attachment.vpc-id", "vpc-098ff30ff74b36f73"))
    refused(ec2.describe_internet_gateways, InternetGatewayIds=["igw-02a84e4222d62e16b"])
    refused(ec2.describe_key_pairs)
    refused(ec2.describe_launch_templates, MaxResults=1)
    refused(ec2.describe_nat_gateways, Filters=by("vpc-id", "vpc-098ff30ff74b36f73"))
    refused(ec2.describe_network_acls, MaxResults=1000, Filters=by("vpc-id", "vpc-098ff30ff74b36f73"))
    refused(ec2.describe_network_interfaces, Filters=by("description", "AWS Lambda VPC ENI*"))
    refused(ec2.describe_placement_groups)
    refused(ec2.describe_regions, AllRegions=True)
    refused(ec2.describe_route_tables, MaxResults=100, Filters=by("association.main", "true"))
    refused(ec2.describe_route_tables, RouteTableIds=["rtb-0c7c2f4aff3677054"])
    refused(ec2.describe_security_groups, Filters=by("group-name", "default"))
    refused(ec2.describe_security_groups, GroupIds=["sg-04cfb7a4712d75b00"])
    refused(ec2.describe_snapshots, MaxResults=1000, OwnerIds=["111111111111"])
    refused(ec2.describe_subnets, Filters=by("vpc-id", "vpc-098ff30ff74b36f73"))
    refused(ec2.describe_subnets, SubnetIds=["subnet-0afaf7ba0564cac3a"])
    refused(ec2.describe_tags, Filters=by("resource-id", "i-0dbc91f429e48eeed"))
    refused(ec2.describe_volumes, VolumeIds=["vol-0fc2e34e74650e145"])
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    refused(ec2.describe_vpcs, VpcIds=[vpc])
    refused(ec2.describe_vpc_attribute, VpcId=vpc, Attribute="enableDnsSupport")
    refused(ec2.describe_vpc_classic_link, VpcIds=[vpc])
    refused(ec2.describe_vpc_classic_link_dns_support, VpcIds=[vpc])
    refused(ec2.describe_vpc_endpoints, Filters=by("vpc-id", vpc))
    refused(ec2.describe_vpc_peering_connections, MaxResults=1000)
    refused(ec2.describe_vpcs, VpcIds=["vpc-0fa94f40db415f317"])
    refused(ec2.describe_vpn_connections)
    refused(ec2.describe_vpn_gateways)
    refused(ec2.describe_volume_status, MaxResults=1000)
    refused(ec2.describe_vpc_endpoint_service_configurations, MaxResults=1000)
    refused(ec2.describe_addresses_attribute, AllocationIds=["eipalloc-04cbfdaf4b48e92d5"], Attribute="domain-name")
    refused(ec2.describe_address_transfers, AllocationIds=["eipalloc-04cbfdaf4b48e92d5"])


def iam(clients):
    iam = clients("iam")
    user, role, profile = {"UserName": "jo"}, {"RoleName": "lister"}, {"InstanceProfileName": "instance"}
    iam.create_user(Path="/", Tags=[TAG], **user)
    key = iam.create_access_key(**user)["AccessKey"]["AccessKeyId"]
    refused(iam.get_login_profile, **user)
    iam.create_login_profile(Password="correct horse 9 B!", PasswordResetRequired=False, **user)
    iam.get_login_profile(**user)
    iam.update_login_profile(Password="correct horse 8 B!", **user)
    iam.get_user(**user)
    for listed in ("access_keys", "groups_for_user", "mfa_devices", "ssh_public_keys", "signing_certificates"):
        getattr(iam, f"list_{listed}")(**user)
    refused(iam.list_service_specific_credentials, **user)
    admin = {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    iam.attach_user_policy(**user, **admin)
    iam.detach_user_policy(**user, **admin)
    made = iam.create_policy(PolicyName="lister", Path="/", PolicyDocument=POLICY, Description="", Tags=[TAG])
    policy = {"PolicyArn": made["Policy"]["Arn"]}
    iam.get_policy(**policy)
    iam.get_policy_version(VersionId="v1", **policy)
    iam.list_policy_versions(**policy)
    iam.list_entities_for_policy(**policy)
    iam.create_role(Path="/", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=3600, Tags=[TAG], **role)
    iam.attach_role_policy(**role, **policy)
    iam.put_role_policy(PolicyName="inline", PolicyDocument=POLICY, **role)
    iam.get_role(**role)
    refused(iam.get_role, RoleName="nobody")
    iam.get_role_policy(PolicyName="inline", **role)
    iam.list_attached_role_policies(**role)
    iam.list_role_policies(**role)
    iam.update_assume_role_policy(PolicyDocument=TRUST, **role)
    iam.create_instance_profile(Path="/", Tags=[TAG], **profile)
    iam.add_role_to_instance_profile(**profile, **role)
    iam.get_instance_profile(**profile)
    refused(iam.get_instance_profile, InstanceProfileName="nobody")
    iam.tag_instance_profile(Tags=[TAG], **profile)
    iam.list_instance_profiles_for_role(**role)
    iam.remove_role_from_instance_profile(**profile, **role)
    iam.delete_instance_profile(**profile)
    iam.delete_role_policy(PolicyName="inline", **role)
    iam.detach_role_policy(**role, **policy)
    iam.delete_role(**role)
    iam.delete_policy(**policy)
    iam.delete_login_profile(**user)
    refused(iam.delete_login_profile, **user)
    iam.delete_access_key(AccessKeyId=key, **user)
    iam.delete_user(**user)
    iam.list_users()
    iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")
    iam.get_account_summary()
    iam.get_account_authorization_details()


def s3(clients):
    s3, bucket = clients("s3"), {"Bucket": "stratus-red-team-bucket"}
    s3.create_bucket(ACL="private", **bucket)
    statement = {"Sid": "a", "Effect": "Allow", "Action": "s3:PutObject"}
    statement |= {
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Resource": "arn:aws:s3:::stratus-red-team-bucket/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    asked = (
        *("acl", "cors", "encryption", "lifecycle_configuration", "location", "logging", "policy", "policy_status"),
        *("replication", "request_payment", "tagging", "versioning", "website", "accelerate_configuration"),
    )
    for _ in range(2):
        for name in asked:
            refused(getattr(s3, f"get_bucket_{name}"), **bucket)
        refused(s3.get_public_access_block, **bucket)
        refused(s3.get_object_lock_configuration, **bucket)
        document = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Policy=json.dumps(document), **bucket)
        s3.put_bucket_tagging(Tagging={"TagSet": [TAG]}, **bucket)
        blocked = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
        s3.put_public_access_block(PublicAccessBlockConfiguration=blocked, **bucket)
    rule = {"ID": "nuke", "Status": "Enabled", "Filter": {"Prefix": "*"}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": [rule]}, **bucket)
    s3.delete_bucket_lifecycle(**bucket)
    s3.delete_bucket_policy(**bucket)
    s3.list_buckets()
    s3.put_object(Key="a", Body=b"x", **bucket)
    refused(s3.delete_bucket, **bucket)
    s3.delete_object(Key="a", **bucket)
    s3.delete_bucket(**bucket)


def cloudtrail(clients):
    clients("s3").create_bucket(Bucket="trails")
    trails, name = clients("cloudtrail"), {"Name": "stratus-trail"}
    made = trails.create_trail(S3BucketName="trails", IncludeGlobalServiceEvents=True, TagsList=[TAG], **name)
    arn = made["TrailARN"]
    trails.describe_trails(trailNameList=["stratus-trail"])
    trails.get_event_selectors(TrailName="stratus-trail")
    trails.list_tags(ResourceIdList=[arn])
    trails.start_logging(**name)
    trails.get_trail_status(**name)
    kinds = [{"Type": "AWS::S3::Object", "Values": []}, {"Type": "AWS::Lambda::Function", "Values": []}]
    selector = {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False, "DataResources": kinds}
    trails.put_event_selectors(
        TrailName="stratus-trail", EventSelectors=[selector | {"ExcludeManagementEventSources": []}]
    )
    trails.stop_logging(**name)
    trails.delete_trail(**name)
    for call in (trails.delete_trail, trails.start_logging, trails.stop_logging):
        refused(call, **name)
    wanted = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
    trails.lookup_events(LookupAttributes=wanted, MaxResults=5)


def secrets(clients):
    manager = clients("secretsmanager")
    secret = manager.create_secret(
        Name="stratus",
        Description="",
        ClientRequestToken="EB27BC9E-E072-4DA2-B851-E61421B8554E",
        ForceOverwriteReplicaSecret=False,
    )["ARN"]
    manager.put_secret_value(
        SecretId=secret, SecretString="x", ClientRequestToken="B2653160-28FA-486D-A1AE-2E4EF5AB057F"
    )
    manager.describe_secret(SecretId=secret)
    manager.get_resource_policy(SecretId=secret)
    manager.get_secret_value(SecretId=secret, VersionId="B2653160-28FA-486D-A1AE-2E4EF5AB057F")
    manager.list_secrets(MaxResults=100, Filters=[{"Key": "tag-key", "Values": ["StratusRedTeam"]}])
    manager.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    ssm, name = clients("ssm"), "/credentials/stratus/credentials-1"
    ssm.put_parameter(
        Name=name, Value="x", Type="SecureString", Overwrite=False, Tier="Standard", AllowedPattern="", Tags=[TAG]
    )
    ssm.get_parameter(Name=name, WithDecryption=True)
    ssm.get_parameters(Names=[name], WithDecryption=True)
    ssm.describe_parameters(MaxResults=10)
    ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    ssm.delete_parameter(Name=name)
    refused(ssm.describe_instance_information, Filters=[{"Key": "InstanceIds", "Values": ["i-00456a8d163f546ff"]}])
    refused(ssm.get_document, Name="AWS-GatherSoftwareInventory", DocumentVersion="1")
    refused(
        ssm.send_command,
        InstanceIds=["i-05c30218156bcc246"],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": ["id"]},
    )
    kms = clients("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    context = {"PARAMETER_ARN": "arn:aws:ssm:us-east-1:111111111111:parameter/a"}
    secret_context = {"SecretARN": secret, "SecretVersionId": "B2653160"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
    kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=secret_context)


def lambdas(clients):
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(*_): return 1")
    code, name = packed.getvalue(), {"FunctionName": "stratus"}
    role = clients("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    clients("s3").create_bucket(Bucket="code")
    clients("s3").put_object(Bucket="code", Key="main.zip", Body=code)
    functions = clients("lambda")
    functions.create_function(
        Role=role,
        Runtime="python3.9",
        Handler="main.handler",
        Code={"S3Bucket": "code", "S3Key": "main.zip"},
        Publish=False,
        MemorySize=128,
        Timeout=3,
        PackageType="Zip",
        Description="",
        Tags={"StratusRedTeam": "true"},
        **name,
    )
    functions.get_function(**name)
    refused(functions.get_function_code_signing_config, **name)
    functions.list_versions_by_function(MaxItems=10000, **name)
    functions.add_permission(StatementId="backdoor", Action="lambda:InvokeFunction", Principal="*", **name)
    functions.update_function_code(ZipFile=code, DryRun=False, Publish=False, **name)
    functions.remove_permission(StatementId="backdoor", **name)
    functions.delete_function(**name)


def rds(clients):
    ec2, rds = clients("ec2"), clients("rds")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]
    rds.create_db_subnet_group(
        DBSubnetGroupName="stratus", DBSubnetGroupDescription="for stratus", SubnetIds=subnets, Tags=TAGS
    )
    rds.create_db_instance(
        DBInstanceIdentifier="stratus",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        EngineVersion="8.0",
        AllocatedStorage=10,
        MasterUsername="admin",
        MasterUserPassword="long enough",
        DBName="stratus",
        DBSubnetGroupName="stratus",
        BackupRetentionPeriod=0,
        AutoMinorVersionUpgrade=True,
        PubliclyAccessible=False,
        StorageEncrypted=False,
        CopyTagsToSnapshot=False,
        DeletionProtection=False,
        Tags=[TAG],
    )
    rds.describe_db_instances(DBInstanceIdentifier="stratus")
    rds.create_db_snapshot(DBSnapshotIdentifier="exfiltration", DBInstanceIdentifier="stratus", Tags=[TAG])
    rds.describe_db_snapshots(DBSnapshotIdentifier="exfiltration")
    shared = {"AttributeName": "restore", "ValuesToAdd": ["012345678912"]}
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="exfiltration", **shared)
    arn = rds.describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
    rds.list_tags_for_resource(ResourceName=arn)
    rds.describe_db_subnet_groups(DBSubnetGroupName="stratus")
    rds.delete_db_snapshot(DBSnapshotIdentifier="exfiltration")
    rds.delete_db_instance(
        DBInstanceIdentifier="stratus",
        SkipFinalSnapshot=False,
        FinalDBSnapshotIdentifier="last",
        DeleteAutomatedBackups=True,
    )
    refused(rds.describe_db_clusters)
    refused(rds.describe_db_cluster_snapshots)
    refused(rds.describe_db_engine_versions, Engine="mysql")
    refused(rds.describe_orderable_db_instance_options, Engine="mysql", EngineVersion="8.0.32")
    refused(rds.describe_option_groups)
    refused(rds.describe_event_subscriptions)
    refused(rds.describe_global_clusters)
    refused(rds.describe_db_parameter_groups)


def rest(clients):
    sts, iam = clients("sts"), clients("iam")
    sts.get_caller_identity()
    role = iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.create_user(UserName="assumer")
    iam.put_user_policy(UserName="assumer", PolicyName="p", PolicyDocument=POLICY.replace("ec2:DescribeInstances", "*"))
    made = iam.create_access_key(UserName="assumer")["AccessKey"]
    key = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
    given = clients("sts", **key).assume_role(RoleArn=role, RoleSessionName="aws-go-sdk-1")["Credentials"]
    as_role = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
    refused(clients("organizations", **as_role).leave_organization)
    refused(clients("sts", **as_role).assume_role, RoleArn=role, RoleSessionName="aws-go-sdk-1")
    clients("sts", **key).get_federation_token(Name="stratus_red_team", Policy=POLICY)
    logs = clients("logs")
    logs.create_log_group(logGroupName="/stratus/flow", tags={"StratusRedTeam": "true"})
    logs.describe_log_groups(logGroupNamePrefix="/stratus/flow")
    logs.list_tags_log_group(logGroupName="/stratus/flow")
    logs.delete_log_group(logGroupName="/stratus/flow")
    clients("cloudwatch").describe_alarms(MaxRecords=100)
    clients("autoscaling").describe_auto_scaling_groups(MaxRecords=100)
    clients("elb").describe_load_balancers(PageSize=200)
    clients("organizations").create_organization(FeatureSet="ALL")
    clients("organizations").describe_organization()
    refused(clients("organizations").list_delegated_administrators, ServicePrincipal="cloudtrail.amazonaws.com")
    clients("guardduty").list_detectors()
    clients("route53").list_hosted_zones()
    refused(clients("securityhub").describe_hub)
    elsewhere(clients)
    lacking(clients)


def lacking(clients):
    """More operations that moto lacks, and those that name the account in the host."""
    model = {"modelId": "anthropic.claude-3-sonnet-20240229-v1:0"}
    refused(clients("bedrock").create_foundation_model_agreement, offerToken="o", **model)
    filters = {"ServiceCollection": {"ServiceNames": ["RDS"]}, "Statuses": ["ONGOING"]}
    span = {"FromTime": 1688905708.62, "ToTime": 1688992108.62}
    insights = clients("devops-guru").search_insights
    refused(insights, StartTimeRange=span, Type="PROACTIVE", Filters=filters, MaxResults=100)
    shared = {"resourceOwner": "SELF", "resourceType": "servicecatalog:Applications", "maxResults": 100}
    refused(clients("ram").list_resources, **shared)
    databases = clients("rds")
    refused(databases.describe_blue_green_deployments)
    refused(databases.describe_db_cluster_parameter_groups)
    refused(databases.describe_events, Duration=1440)
    anywhere = clients("rolesanywhere")
    role = f"arn:aws:iam::{ACCOUNT}:role/stratus-red-team-trust-anchor-role"
    named = {"name": "malicious-rolesanywhere-profile", "enabled": True, "tags": [{"key": "k", "value": "v"}]}
    refused(anywhere.create_profile, durationSeconds=3600, roleArns=[role], **named)
    certificate = {"sourceData": {"x509CertificateData": "-----BEGIN"}, "sourceType": "CERTIFICATE_BUNDLE"}
    refused(anywhere.create_trust_anchor, source=certificate, **named)
    identity = "ac4e09d1-a150-4924-bb76-23b00fa7c34a"
    refused(anywhere.delete_profile, profileId=identity)
    refused(anywhere.delete_trust_anchor, trustAnchorId=identity)
    resolver = clients("route53resolver")
    refused(resolver.delete_resolver_query_log_config, ResolverQueryLogConfigId="rqlc-4473f20ca554c07")
    refused(resolver.list_firewall_rule_group_associations, VpcId="vpc-098ff30ff74b36f73", MaxResults=100)
    inventories(clients("ssm"))
    refused(clients("bedrock").put_use_case_for_model_access, formData=b"{}")
    control = clients("s3control")
    control.meta.events.register("before-sign.s3-control", without_account)
    refused(control.get_public_access_block, AccountId=ACCOUNT)
    refused(control.get_storage_lens_configuration, AccountId=ACCOUNT, ConfigId="default-account-dashboard")
    refused(control.list_access_points, AccountId=ACCOUNT, Bucket="bucket", MaxResults=1)


def inventories(ssm):
    """What an instance's agent tells of it."""
    hashed = "lDHZTHFNUyHYPLo8R7wPSA=="
    at = "2023-07-10T11:57:45Z"
    item = {"TypeName": "AWS:Network", "SchemaVersion": "1.0", "CaptureTime": at, "ContentHash": hashed}
    refused(ssm.put_inventory, InstanceId="i-0dbc91f429e48eeed", Items=[item])
    compliant = {
        "Id": "56fcb26d-8140-4f3f-8f77-7ff7344b4057",
        "Title": "",
        "Severity": "UNSPECIFIED",
        "Status": "COMPLIANT",
        "Details": {"DocumentVersion": "1", "DocumentName": "AWS-GatherSoftwareInventory"},
    }
    refused(
        ssm.put_compliance_items,
        ResourceId="i-0dbc91f429e48eeed",
        ResourceType="ManagedInstance",
        ComplianceType="Association",
        ExecutionSummary={"ExecutionTime": 1688990293, "ExecutionId": "", "ExecutionType": ""},
        Items=[compliant],
        ItemContentHash=hashed,
    )


def elsewhere(clients):
    """Operations that moto lacks: the request is logged all the same."""
    profiles = clients("rolesanywhere")
    refused(profiles.list_profiles, pageSize=100)
    refused(profiles.list_trust_anchors, pageSize=100)
    refused(clients("account").get_region_opt_status, RegionName="eu-north-1")
    refused(clients("notifications").list_notification_hubs)
    refused(clients("resource-explorer-2").list_indexes, Type="AGGREGATOR")
    refused(clients("rds").describe_account_attributes)
    refused(clients("rds").describe_certificates)
    refused(clients("rds").describe_pending_maintenance_actions)
    guard = clients("guardduty")
    detector = guard.create_detector(Enable=True)["DetectorId"]
    guard.get_detector(DetectorId=detector)
    refused(
        guard.list_findings,
        DetectorId=detector,
        FindingCriteria={
            "Criterion": {
                "resource.resourceType": {"Eq": ["RDSDBInstance"]},
                "updatedAt": {"GreaterThanOrEqual": 1688905708576},
            }
        },
    )
    refused(guard.get_findings, DetectorId=detector, FindingIds=[])
    model = "anthropic.claude-3-sonnet-20240229-v1:0"
    refused(clients("bedrock-runtime").invoke_model, modelId=model, body=b"{}")
    bedrock = clients("bedrock")
    refused(bedrock.get_foundation_model_availability, modelId=model)
    refused(bedrock.list_foundation_model_agreement_offers, modelId=model)
    span = {"Start": "2023-06-01", "End": "2023-08-01"}
    without = [{"Dimensions": {"Key": "RECORD_TYPE", "Values": [name]}} for name in ("Credit", "Refund")]
    refused(
        clients("ce").get_cost_and_usage,
        TimePeriod=span,
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        Filter={"Not": {"Or": without}},
        GroupBy=[{"Key": "SERVICE", "Type": "DIMENSION"}],
    )
    refused(
        clients("ce").get_cost_forecast,
        TimePeriod=span,
        Granularity="MONTHLY",
        Metric="NET_UNBLENDED_COST",
        Filter={"Not": {"Or": without}},
    )
    ssm = clients("ssm")
    refused(ssm.start_session, Target="i-0dbc91f429e48eeed")
    refused(ssm.terminate_session, SessionId="christophe-wz")
    refused(
        ssm.get_command_invocation, CommandId="bbf52fc0-1a25-4020-b1b4-1872ff8edd12", InstanceId="i-0dbc91f429e48eeed"
    )
    refused(clients("servicecatalog-appregistry").list_applications, maxResults=100)
    refused(clients("devops-guru").get_resource_collection, ResourceCollectionType="AWS_CLOUD_FORMATION")
    refused(
        clients("health").describe_event_aggregates,
        aggregateField="eventTypeCategory",
        filter={
            "eventTypeCategories": ["scheduledChange"],
            "eventStatusCodes": ["open", "upcoming"],
            "startTimes": [{"from": 1688386400}],
        },
    )
