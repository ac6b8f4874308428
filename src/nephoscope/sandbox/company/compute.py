"""Machines and what runs on them: instances, disks, images, load balancers, groups, functions, clusters."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nephoscope.sandbox.company.network import Site
    from nephoscope.sandbox.company.organisation import Organisation
    from nephoscope.sandbox.company.reach import Keys, Reach

AGENT = (
    "#!/bin/bash\ncurl -fsS https://nephoscope.internal/agent.pyz -o /opt/agent.pyz && python3 /opt/agent.pyz run &\n"
)
CARELESS = "#!/bin/bash\nexport DB_HOST=orders.internal DB_PASSWORD=correct-horse-battery\n/opt/start\n"
# (name, group, is in the public subnet, instance profile, IMDSv2 only, user data)
MACHINES = (
    ("web-1", "web", True, "web-server", True, AGENT),
    ("web-2", "web", True, "web-server", False, AGENT),
    ("app-1", "app", False, "batch-worker", True, AGENT),
    ("app-2", "app", False, "", True, ""),
    ("bastion", "bastion", True, "", True, ""),
    ("ftp", "legacy", True, "", False, CARELESS),
    ("report-1", "app", False, "batch-worker", False, ""),
    ("database-replica", "database", False, "", True, AGENT),
)
COUNTS = {"us-east-1": 8, "eu-west-1": 6, "ap-southeast-1": 3, "us-west-2": 3}
FUNCTIONS = {
    "production": (
        ("order-intake", "python3.13", "order-function", {"TABLE": "orders"}),
        ("order-export", "python3.12", "order-function", {"TABLE": "orders", "API_TOKEN": "tok_sandbox_4711"}),
        ("report-nightly", "python3.8", "report-function", {}),
        ("image-resize", "nodejs22.x", "order-function", {}),
        ("webhook", "nodejs14.x", "order-function", {}),
    ),
    "development": (
        ("preview", "python3.13", "preview-function", {}),
        ("load-test", "python3.9", "preview-function", {"DB_PASSWORD": "correct-horse-battery"}),
    ),
    "security": (),
}
REPOSITORIES = (("shop/web", True, "IMMUTABLE"), ("shop/orders", True, "MUTABLE"), ("tools/build", False, "MUTABLE"))


@dataclass(frozen=True)
class Machine:
    """An instance and its interface."""

    instance_id: str
    interface_id: str


def run(organisation: Organisation, sites: list[Site], keys: dict[str, Keys]) -> dict[str, Machine]:
    """Launch every site's machines; load balancers and groups in production, functions and images per account.

    keys: programs' keys; the load test's stands in a function's variables. Returns `account/region/name` → machine.
    """
    machines: dict[str, Machine] = {}
    careless = keys["development/load-test"]
    leaked = {"LOAD_TEST_KEY": f"{careless.access_key_id}:{careless.secret}"}
    for site in sites:
        reach = organisation.reach(site.account)
        image = _image(reach, site)
        machines |= _launch(reach, site, image)
        _disks(reach, site)
        if site.account.name == "production":
            _balance(reach, site)
            _group(reach, site, image)
        if site.is_first and site.account.name != "security":
            _functions(reach, site, leaked)
            _repositories(reach, site)
            _cluster(reach, site)
    return machines


def _image(reach: Reach, site: Site) -> str:
    ec2 = reach.client("ec2", site.region)
    made = ec2.register_image(
        Name=f"base-{site.account.name}-2026.10",
        RootDeviceName="/dev/xvda",
        Architecture="x86_64",
        VirtualizationType="hvm",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}],
    )["ImageId"]
    if site.account.name == "development" and site.is_first:
        permission = {"Add": [{"Group": "all"}]}
        ec2.modify_image_attribute(ImageId=made, Attribute="launchPermission", LaunchPermission=permission)
    return reach.made_one("AWS::EC2::Image", made, site.region)


def _launch(reach: Reach, site: Site, image: str) -> dict[str, Machine]:
    machines: dict[str, Machine] = {}
    ec2 = reach.client("ec2", site.region)
    ec2.create_key_pair(KeyName="operators")
    reach.made_one("AWS::EC2::KeyPair", "operators", site.region)
    for number, machine in enumerate(MACHINES[: _machine_count(site)]):
        made = ec2.run_instances(**_machine(site, image, number, *machine))["Instances"][0]
        reach.made_one("AWS::EC2::Instance", made["InstanceId"], site.region)
        interface_id = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
        machines[f"{site.account.name}/{site.region}/{machine[0]}"] = Machine(made["InstanceId"], interface_id)
        for interface in made["NetworkInterfaces"]:
            reach.made_one("AWS::EC2::NetworkInterface", interface["NetworkInterfaceId"], site.region)
        for mapping in made.get("BlockDeviceMappings") or ():
            reach.made_one("AWS::EC2::Volume", mapping["Ebs"]["VolumeId"], site.region)
    return machines


def _machine_count(site: Site) -> int:
    return COUNTS[site.region] if site.account.name == "production" else 4 if site.is_first else 2


def _machine(
    site: Site, image: str, number: int, name: str, group: str, is_public: bool, profile: str, *rest: Any
) -> dict[str, Any]:
    """RunInstances' parameters. Interfaces carry the groups: moto joins `SecurityGroupIds` with the default ones."""
    is_modern, user_data = rest
    interface = {
        "DeviceIndex": 0,
        "SubnetId": site.public if is_public else site.private[number % 2],
        "AssociatePublicIpAddress": is_public,
        "Groups": [site.groups[group]],
    }
    found: dict[str, Any] = {
        "ImageId": image,
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceType": "t3.micro" if number % 2 else "m7i.large",
        "NetworkInterfaces": [interface],
        "MetadataOptions": {"HttpTokens": "required" if is_modern else "optional", "HttpEndpoint": "enabled"},
        "Monitoring": {"Enabled": number % 3 == 0},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
    }
    if number < 3:
        found["KeyName"] = "operators"
    if user_data:
        found["UserData"] = user_data
    if profile and site.account.name == "production":
        found["IamInstanceProfile"] = {"Name": profile}
    return found


def _disks(reach: Reach, site: Site) -> None:
    """Two disks and their snapshots: one encrypted, one not; in development the plain snapshot is public."""
    ec2 = reach.client("ec2", site.region)
    for is_encrypted in (True, False):
        volume = ec2.create_volume(AvailabilityZone=f"{site.region}a", Size=50, Encrypted=is_encrypted)["VolumeId"]
        snapshot = ec2.create_snapshot(VolumeId=volume, Description="weekly")["SnapshotId"]
        reach.made_one("AWS::EC2::Volume", volume, site.region)
        reach.made_one("AWS::EC2::Snapshot", snapshot, site.region)
        if site.account.name == "development" and not is_encrypted:
            ec2.modify_snapshot_attribute(
                SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
            )
    if site.is_first:
        ec2.enable_ebs_encryption_by_default()


def _balance(reach: Reach, site: Site) -> None:
    elb = reach.client("elbv2", site.region)
    balancer = elb.create_load_balancer(
        Name="shop", Subnets=site.subnets, SecurityGroups=[site.groups["web"]], Scheme="internet-facing"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    target = elb.create_target_group(Name="shop-web", Protocol="HTTP", Port=8080, VpcId=site.vpc)["TargetGroups"][0][
        "TargetGroupArn"
    ]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
    )
    if site.is_first:
        attributes = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=attributes)
    reach.made_one("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer, site.region)
    reach.made_one("AWS::ElasticLoadBalancingV2::TargetGroup", target, site.region)


def _group(reach: Reach, site: Site, image: str) -> None:
    autoscaling = reach.client("autoscaling", site.region)
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="shop-web", ImageId=image, InstanceType="t3.micro", SecurityGroups=[site.groups["web"]]
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="shop-web",
        LaunchConfigurationName="shop-web",
        MinSize=0,
        MaxSize=4,
        DesiredCapacity=0,
        VPCZoneIdentifier=",".join(site.private),
    )
    reach.made_one("AWS::AutoScaling::LaunchConfiguration", "shop-web", site.region)
    reach.made_one("AWS::AutoScaling::AutoScalingGroup", "shop-web", site.region)


def _code() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("main.py"), "def handle(event, context):\n    return event\n")
    return held.getvalue()


def _functions(reach: Reach, site: Site, leaked: dict[str, str]) -> None:
    functions, code = reach.client("lambda", site.region), _code()
    for name, runtime, role, variables in FUNCTIONS[site.account.name]:
        functions.create_function(
            FunctionName=name,
            Runtime=runtime,
            Role=site.account.role_arn(role),
            Handler="main.handle",
            Code={"ZipFile": code},
            Environment={"Variables": variables | (leaked if name == "load-test" else {})},
            Tags={"service": name.partition("-")[0]},
        )
        reach.made_one("AWS::Lambda::Function", name, site.region)
    if site.account.name == "production":
        functions.add_permission(
            FunctionName="webhook", StatementId="public", Action="lambda:InvokeFunction", Principal="*"
        )


def _repositories(reach: Reach, site: Site) -> None:
    ecr = reach.client("ecr", site.region)
    for name, is_scanned, mutability in REPOSITORIES:
        ecr.create_repository(
            repositoryName=name,
            imageScanningConfiguration={"scanOnPush": is_scanned},
            imageTagMutability=mutability,
        )
        reach.made_one("AWS::ECR::Repository", name, site.region)


def _cluster(reach: Reach, site: Site) -> None:
    is_production = site.account.name == "production"
    reach.client("eks", site.region).create_cluster(
        name="shop" if is_production else "preview",
        version="1.33" if is_production else "1.27",
        roleArn=site.account.role_arn("cluster" if is_production else "build-server"),
        resourcesVpcConfig={
            "subnetIds": list(site.private),
            "endpointPublicAccess": not is_production,
            "endpointPrivateAccess": is_production,
        },
    )
    reach.made_one("AWS::EKS::Cluster", "shop" if is_production else "preview", site.region)
