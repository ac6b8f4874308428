import pytest

from nephoscope.inventory.engine import readers


@pytest.fixture
def network(view):
    """A VPC with a subnet, a gateway, a route to it, a group open to the world and a flow log."""
    vpc = view.call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = view.call("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = view.call("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    view.call("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    table = view.call("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    view.call("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    view.call("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
    group = view.call("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    world = {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    view.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[ssh | world])
    view.call("s3", "CreateBucket", Bucket="flow-logs")
    view.call(
        "ec2",
        "CreateFlowLogs",
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flow-logs",
    )
    return {"vpc": vpc, "subnet": subnet, "gateway": gateway, "table": table, "group": group}


@pytest.fixture
def instance(view, network):
    """A running instance with one disk; launched by interface, since moto joins groups otherwise."""
    image = view.call("ec2", "RegisterImage", Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    interface = {"DeviceIndex": 0, "SubnetId": network["subnet"], "Groups": [network["group"]]}
    launched = view.call(
        "ec2",
        "RunInstances",
        ImageId=image,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[interface | {"AssociatePublicIpAddress": True}],
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}],
    )
    return launched["Instances"][0]["InstanceId"]


@pytest.mark.usefixtures("aws")
def test_a_security_group_has_one_rule_per_source(items, network):
    [group] = [item for item in items("AWS::EC2::SecurityGroup") if item.id == network["group"]]

    assert group.configuration["SecurityGroupIngress"] == [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0", "Description": "all"},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"},
    ]
    assert group.configuration["SecurityGroupEgress"] == [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]
    assert group.name == "web"


def test_an_instance_is_shown_with_its_network_disks_and_metadata_options(items, instance, network):
    [item] = items("AWS::EC2::Instance")

    assert item.id == instance
    assert item.name == "web-1"
    assert item.configuration["MetadataOptions"]["HttpTokens"] == "required"
    assert item.configuration["SecurityGroupIds"] == [network["group"]]
    assert item.configuration["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is True
    assert ("is contained in", network["vpc"]) in {(one.kind, one.id) for one in item.relationships}
    assert "LaunchTime" in item.observed


def test_a_terminated_instance_is_gone(items, instance, view):
    view.call("ec2", "TerminateInstances", InstanceIds=[instance])

    assert items("AWS::EC2::Instance") == []
    assert readers()["AWS::EC2::Instance"].read(view, instance) is None


def test_a_route_table_has_its_routes_and_subnets(items, network):
    [table] = [item for item in items("AWS::EC2::RouteTable") if item.id == network["table"]]

    routes = {route["DestinationCidrBlock"]: route["GatewayId"] for route in table.configuration["Routes"]}
    assert routes == {"10.0.0.0/16": "local", "0.0.0.0/0": network["gateway"]}
    assert [one["SubnetId"] for one in table.configuration["Associations"]] == [network["subnet"]]


def test_a_vpc_has_the_flow_logs_that_cover_it(items, network):
    by_id = {item.id: item for item in items("AWS::EC2::VPC")}

    assert [log["TrafficType"] for log in by_id.pop(network["vpc"]).configuration["FlowLogs"]] == ["ALL"]
    assert [other.configuration["FlowLogs"] for other in by_id.values()] == [[]]


def test_a_network_acl_has_its_entries_in_the_order_of_evaluation(items, network):
    [acl] = [item for item in items("AWS::EC2::NetworkAcl") if item.configuration["VpcId"] == network["vpc"]]

    numbers = [entry["RuleNumber"] for entry in acl.configuration["Entries"] if not entry["Egress"]]
    assert numbers == sorted(numbers)
    assert acl.configuration["Entries"][0]["Protocol"] == -1


def test_a_snapshot_says_who_may_use_it(items, instance, view):
    volume = view.call("ec2", "CreateVolume", AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    snapshot = view.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    view.call(
        "ec2",
        "ModifySnapshotAttribute",
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType="add",
        GroupNames=["all"],
    )

    [item] = [item for item in items("AWS::EC2::Snapshot") if item.id == snapshot]

    assert item.configuration["CreateVolumePermissions"] == [{"Group": "all"}]
    assert item.configuration["Encrypted"] is False


def test_an_image_says_who_may_launch_it(items, instance, view):
    image = view.call("ec2", "CreateImage", InstanceId=instance, Name="golden")["ImageId"]
    view.call("ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})

    [item] = [item for item in items("AWS::EC2::Image") if item.id == image]

    assert item.configuration["LaunchPermissions"] == [{"Group": "all"}]
    assert item.configuration["Public"] is True


def test_a_flow_log_names_what_it_covers(items, network):
    [log] = items("AWS::EC2::FlowLog")

    assert (log.configuration["ResourceType"], log.configuration["ResourceId"]) == ("VPC", network["vpc"])


def test_the_regions_default_for_encryption_is_read(items, view):
    assert items("AWS::EC2::AccountSettings")[0].configuration["EbsEncryptionByDefault"] is False

    view.call("ec2", "EnableEbsEncryptionByDefault")

    assert items("AWS::EC2::AccountSettings")[0].configuration["EbsEncryptionByDefault"] is True


@pytest.mark.parametrize(
    "resource_type",
    ["NetworkInterface", "Subnet", "InternetGateway", "Volume", "SecurityGroup", "VPC", "RouteTable", "NetworkAcl"],
)
def test_one_resource_read_again_is_as_it_was_listed(items, view, instance, resource_type):
    first = items(f"AWS::EC2::{resource_type}")[0]

    assert readers()[f"AWS::EC2::{resource_type}"].read(view, first.id).configuration == first.configuration


@pytest.mark.parametrize(
    ("resource_type", "id"),
    [("SecurityGroup", "sg-0123456789abcdef0"), ("Volume", "vol-0123456789abcdef0"), ("VPC", "vpc-0123456789abcdef0")],
)
def test_a_resource_that_is_not_there_is_deleted(view, resource_type, id):
    assert readers()[f"AWS::EC2::{resource_type}"].read(view, id) is None


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("resource_type", [name for name in readers() if name.startswith("AWS::EC2::")])
def test_a_reader_needs_all_the_permissions_it_declares_and_no_others(view, resource_type):
    volume = view.call("ec2", "CreateVolume", AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    view.call("ec2", "CreateSnapshot", VolumeId=volume)
    reader = readers()[resource_type]
    view.aws.used.clear()

    for found in reader.find(view):
        reader.read(view, reader.item(view, found).id)

    assert view.aws.used == set(reader.permissions)
