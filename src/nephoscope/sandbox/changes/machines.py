"""Ordinary changes of networks and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nephoscope.sandbox.changes.script import Actor, Script

REGION = "eu-west-1"


def change(script: Script) -> None:
    """A network is built, machines are moved into it, and part of it is taken down again."""
    company = script.company
    engineer = script.role(company.production, "PlatformEngineer", "network-team")
    vpc, subnet = network(script, engineer)
    group = doors(script, engineer, vpc)
    instance = machine(script, engineer, subnet, group)
    disks(script, script.role(company.production, "DatabaseOperator", "database-team"), instance)
    balancing(script, engineer, vpc, subnet, group)
    take_down(script, engineer, vpc)


def network(script: Script, actor: Actor) -> tuple[str, str]:
    """A VPC with a subnet, a gateway, a route table, an ACL and a flow log."""

    def do(call: str, kind: str, identity: str, **parameters: Any) -> Any:
        return script.do(actor, f"ec2.{call}", f"EC2::{kind}", identity, region=REGION, **parameters)

    vpc = do("create_vpc", "VPC", ".Vpc.VpcId", CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    do("modify_vpc_attribute", "VPC", vpc, VpcId=vpc, EnableDnsHostnames={"Value": True})
    do("create_tags", "VPC", vpc, Resources=[vpc], Tags=[{"Key": "Name", "Value": "analytics"}])
    made = do("create_subnet", "Subnet", ".Subnet.SubnetId", VpcId=vpc, CidrBlock="10.60.1.0/24")
    subnet = made["Subnet"]["SubnetId"]
    do("modify_subnet_attribute", "Subnet", subnet, SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    do("modify_subnet_attribute", "Subnet", subnet, SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
    path = ".InternetGateway.InternetGatewayId"
    gateway = do("create_internet_gateway", "InternetGateway", path)["InternetGateway"]["InternetGatewayId"]
    do("attach_internet_gateway", "InternetGateway", gateway, InternetGatewayId=gateway, VpcId=vpc)
    table = do("create_route_table", "RouteTable", ".RouteTable.RouteTableId", VpcId=vpc)["RouteTable"]["RouteTableId"]
    everywhere = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
    do("create_route", "RouteTable", table, RouteTableId=table, **everywhere)
    do("associate_route_table", "RouteTable", table, RouteTableId=table, SubnetId=subnet)
    do("delete_route", "RouteTable", table, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    acl = do("create_network_acl", "NetworkAcl", ".NetworkAcl.NetworkAclId", VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    rule = {"NetworkAclId": acl, "RuleNumber": 90, "Egress": False}
    do(
        "create_network_acl_entry", "NetworkAcl", acl, **rule, Protocol="6", RuleAction="deny",
        CidrBlock="192.0.2.0/24", PortRange={"From": 22, "To": 22},
    )  # fmt: skip
    do("delete_network_acl_entry", "NetworkAcl", acl, NetworkAclId=acl, RuleNumber=90, Egress=False)
    do(
        "create_flow_logs", "FlowLog", ".FlowLogIds.0", ResourceIds=[vpc], ResourceType="VPC", TrafficType="REJECT",
        LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{script.company.logs.flow_bucket}",
    )  # fmt: skip
    return vpc, subnet


def doors(script: Script, actor: Actor, vpc: str) -> str:
    """A security group whose rules come and go."""
    ec2 = {"region": REGION}
    made = script.do(
        actor, "ec2.create_security_group", "EC2::SecurityGroup", ".GroupId", **ec2,
        GroupName="analytics", Description="Analytics", VpcId=vpc,
    )  # fmt: skip
    group = str(made["GroupId"])
    for port, source in ((443, "10.10.0.0/15"), (5439, "10.60.0.0/16"), (22, "0.0.0.0/0")):
        rule = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}]
        call = "ec2.authorize_security_group_ingress"
        script.do(actor, call, "EC2::SecurityGroup", group, **ec2, GroupId=group, IpPermissions=rule)
    call = "ec2.revoke_security_group_ingress"
    script.do(actor, call, "EC2::SecurityGroup", group, **ec2, GroupId=group, IpPermissions=rule)
    every = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    call = "ec2.revoke_security_group_egress"
    script.do(actor, call, "EC2::SecurityGroup", group, **ec2, GroupId=group, IpPermissions=every)
    return group


def machine(script: Script, actor: Actor, subnet: str, group: str) -> str:
    """An instance from an image that is made of it again, with an interface beside its own."""
    ec2 = actor.reach.client("ec2", REGION)
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    place = {"region": REGION}
    launched = script.do(
        actor, "ec2.run_instances", "EC2::Instance", ".Instances.0.InstanceId", **place,
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
        NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}],
    )["Instances"][0]  # fmt: skip
    instance = str(launched["InstanceId"])
    script.last("EC2::NetworkInterface", launched["NetworkInterfaces"][0]["NetworkInterfaceId"])
    for disk in launched.get("BlockDeviceMappings") or ():
        script.last("EC2::Volume", disk["Ebs"]["VolumeId"])
    kind = "EC2::Instance"
    protect = {"InstanceId": instance, "HttpTokens": "required", "HttpEndpoint": "enabled"}
    script.do(actor, "ec2.modify_instance_metadata_options", kind, instance, **place, **protect)
    tags = [{"Key": "owner", "Value": "analytics"}]
    script.do(actor, "ec2.create_tags", kind, instance, **place, Resources=[instance], Tags=tags)
    keep = {"InstanceId": instance, "DisableApiTermination": {"Value": True}}
    script.do(actor, "ec2.modify_instance_attribute", kind, instance, **place, **keep)
    script.do(actor, "ec2.stop_instances", kind, instance, **place, InstanceIds=[instance])
    path = ".NetworkInterface.NetworkInterfaceId"
    made = script.do(
        actor, "ec2.create_network_interface", "EC2::NetworkInterface", path, **place, SubnetId=subnet, Groups=[group]
    )["NetworkInterface"]["NetworkInterfaceId"]
    kind = "EC2::NetworkInterface"
    script.do(actor, "ec2.delete_network_interface", kind, made, **place, NetworkInterfaceId=made)
    copied = script.do(
        actor, "ec2.create_image", "EC2::Image", ".ImageId", **place, InstanceId=instance, Name="analytics-1"
    )["ImageId"]
    others = {"Attribute": "launchPermission", "LaunchPermission": {"Add": [{"UserId": script.company.development.id}]}}
    script.do(actor, "ec2.modify_image_attribute", "EC2::Image", copied, **place, ImageId=copied, **others)
    return instance


def disks(script: Script, actor: Actor, instance: str) -> None:
    """A volume is attached, kept in a snapshot that is shared, and thrown away."""
    place, kind = {"region": REGION}, "EC2::Volume"
    zone = actor.reach.client("ec2", REGION).describe_instances(InstanceIds=[instance])["Reservations"][0]
    where = zone["Instances"][0]["Placement"]["AvailabilityZone"]
    volume = script.do(
        actor, "ec2.create_volume", kind, ".VolumeId", **place, AvailabilityZone=where, Size=8, Encrypted=True
    )["VolumeId"]
    attached = {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdf"}
    script.do(actor, "ec2.attach_volume", kind, volume, **place, **attached)
    script.do(actor, "ec2.detach_volume", kind, volume, **place, **attached)
    snapshot = script.do(
        actor, "ec2.create_snapshot", "EC2::Snapshot", ".SnapshotId", **place, VolumeId=volume, Description="before"
    )["SnapshotId"]
    shared = {"SnapshotId": snapshot, "Attribute": "createVolumePermission", "UserIds": [script.company.security.id]}
    for operation in ("add", "remove"):
        parameters = {**shared, "OperationType": operation}
        script.do(actor, "ec2.modify_snapshot_attribute", "EC2::Snapshot", snapshot, **place, **parameters)
    script.do(actor, "ec2.delete_volume", kind, volume, **place, VolumeId=volume)
    script.do(actor, "ec2.delete_snapshot", "EC2::Snapshot", snapshot, **place, SnapshotId=snapshot)


def balancing(script: Script, actor: Actor, vpc: str, subnet: str, group: str) -> None:
    """A load balancer with a target group, and an auto scaling group that grows."""
    place, kind = {"region": REGION}, "ElasticLoadBalancingV2::LoadBalancer"
    balancer = script.do(
        actor, "elbv2.create_load_balancer", kind, ".LoadBalancers.0.LoadBalancerArn", **place,
        Name="analytics", Subnets=[subnet], SecurityGroups=[group], Scheme="internal",
    )["LoadBalancers"][0]["LoadBalancerArn"]  # fmt: skip
    drop = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
    call = "elbv2.modify_load_balancer_attributes"
    script.do(actor, call, kind, balancer, **place, LoadBalancerArn=balancer, Attributes=drop)
    target_kind = "ElasticLoadBalancingV2::TargetGroup"
    target = script.do(
        actor, "elbv2.create_target_group", target_kind, ".TargetGroups.0.TargetGroupArn", **place,
        Name="analytics", Protocol="HTTP", Port=8080, VpcId=vpc,
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    health = {"TargetGroupArn": target, "HealthCheckPath": "/ready"}
    script.do(actor, "elbv2.modify_target_group", target_kind, target, **place, **health)
    script.do(actor, "elbv2.delete_load_balancer", kind, balancer, **place, LoadBalancerArn=balancer)
    script.do(actor, "elbv2.delete_target_group", target_kind, target, **place, TargetGroupArn=target)
    kind, name = "AutoScaling::AutoScalingGroup", "shop-web"
    call = "autoscaling.update_auto_scaling_group"
    for most in (6, 8):
        script.do(actor, call, kind, name, **place, AutoScalingGroupName=name, MaxSize=most)


def take_down(script: Script, actor: Actor, vpc: str) -> None:
    """The flow log and a group of the network that nobody needs any more."""
    ec2, place = actor.reach.client("ec2", REGION), {"region": REGION}
    spare = script.do(
        actor, "ec2.create_security_group", "EC2::SecurityGroup", ".GroupId", **place,
        GroupName="spare", Description="Spare", VpcId=vpc,
    )["GroupId"]  # fmt: skip
    script.do(actor, "ec2.delete_security_group", "EC2::SecurityGroup", spare, **place, GroupId=spare)
    logs = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
    flow_log = logs[0]["FlowLogId"]
    script.do(actor, "ec2.delete_flow_logs", "EC2::FlowLog", flow_log, **place, FlowLogIds=[flow_log])
