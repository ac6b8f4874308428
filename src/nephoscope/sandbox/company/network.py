"""One network per account and region: public and private subnets, doors that are shut, and some that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.sandbox.company.organisation import Account, Logs, Organisation
    from nephoscope.sandbox.company.reach import Reach

# account → regions, the busiest first.
PLACES = {
    "security": ("us-east-1",),
    "production": ("us-east-1", "eu-west-1", "ap-southeast-1", "us-west-2"),
    "development": ("us-east-1", "eu-west-1"),
}
ANYWHERE = "0.0.0.0/0"
CUSTOM_FORMAT = (
    "${version} ${vpc-id} ${subnet-id} ${instance-id} ${interface-id} ${account-id} ${type} ${srcaddr} ${dstaddr} "
    "${srcport} ${dstport} ${pkt-srcaddr} ${pkt-dstaddr} ${protocol} ${bytes} ${packets} ${start} ${end} ${action} "
    "${tcp-flags} ${log-status} ${flow-direction} ${region}"
)


@dataclass(frozen=True)
class Site:
    """The network of one account in one region."""

    account: Account
    region: str
    vpc: str
    public: str
    private: tuple[str, str]
    groups: dict[str, str]
    is_first: bool

    @property
    def subnets(self) -> list[str]:
        return [self.public, *self.private]


def lay(organisation: Organisation, logs: Logs) -> list[Site]:
    """Lay out every site and log the traffic of most."""
    sites: list[Site] = []
    for account in organisation.accounts:
        for index, region in enumerate(PLACES[account.name]):
            site = _site(organisation.reach(account), account, region, index)
            _log_traffic(organisation.reach(account), site, logs)
            sites.append(site)
    return sites


def _site(reach: Reach, account: Account, region: str, index: int) -> Site:
    ec2 = reach.client("ec2", region)
    block = f"10.{_second_octet(account, index)}"
    vpc = _tagged(reach, ec2.create_vpc, "Vpc", "vpc", region, f"{account.name}-{region}", CidrBlock=f"{block}.0.0/16")
    subnets = [
        _tagged(
            reach, ec2.create_subnet, "Subnet", "subnet", region, name, VpcId=vpc,
            CidrBlock=f"{block}.{number}.0/24", AvailabilityZone=f"{region}{'aab'[number]}",
        )
        for number, name in enumerate(("public", "private-a", "private-b"))
    ]  # fmt: skip
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    _open(reach, region, vpc, subnets[0])
    _limit(reach, region, vpc, is_open=account.name == "development")
    groups = dict(_groups(reach, account, region, vpc, block))
    return Site(account, region, vpc, subnets[0], (subnets[1], subnets[2]), groups, index == 0)


def _second_octet(account: Account, index: int) -> int:
    return {"security": 0, "production": 10, "development": 20}[account.name] + index


def _tagged(reach: Reach, create: Any, answer: str, kind: str, region: str, name: str, **parameters: Any) -> str:
    tags = [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]
    made = create(TagSpecifications=tags, **parameters)[answer][f"{answer}Id"]
    return reach.made_one(f"AWS::EC2::{_TYPES.get(answer, answer)}", made, region)


_TYPES = {"Vpc": "VPC", "InternetGateway": "InternetGateway"}


def _open(reach: Reach, region: str, vpc: str, subnet: str) -> None:
    ec2 = reach.client("ec2", region)
    gateway = _tagged(reach, ec2.create_internet_gateway, "InternetGateway", "internet-gateway", region, "edge")
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = _tagged(reach, ec2.create_route_table, "RouteTable", "route-table", region, "public", VpcId=vpc)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def _limit(reach: Reach, region: str, vpc: str, *, is_open: bool) -> None:
    ec2 = reach.client("ec2", region)
    acl = _tagged(reach, ec2.create_network_acl, "NetworkAcl", "network-acl", region, "edge", VpcId=vpc)
    ports = {} if is_open else {"PortRange": {"From": 443, "To": 443}}
    ec2.create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=100,
        Protocol="-1" if is_open else "6",
        RuleAction="allow",
        Egress=False,
        CidrBlock=ANYWHERE,
        **ports,
    )


def _groups(reach: Reach, account: Account, region: str, vpc: str, block: str) -> Iterator[tuple[str, str]]:
    inside = f"{block}.0.0/16"
    doors = {
        "web": [(443, ANYWHERE)],
        "app": [(8080, inside)],
        "database": [(5432, inside), (3306, inside)],
        "bastion": [(22, "198.51.100.0/24")],
        "legacy": [(21, ANYWHERE), (3389, ANYWHERE)] if account.name == "production" else [(22, ANYWHERE)],
    }
    ec2 = reach.client("ec2", region)
    for name, rules in doors.items():
        group = ec2.create_security_group(GroupName=name, Description=f"{name} servers", VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}
                for port, source in rules
            ],
        )
        yield name, reach.made_one("AWS::EC2::SecurityGroup", group, region)


def _log_traffic(reach: Reach, site: Site, logs: Logs) -> None:
    """Every site but the last of production; the second of production in a format of its own."""
    if site.region == "us-west-2":
        return
    own = {"LogFormat": CUSTOM_FORMAT} if site.region == "eu-west-1" else {}
    made = reach.client("ec2", site.region).create_flow_logs(
        ResourceIds=[site.vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{logs.flow_bucket}",
        MaxAggregationInterval=60,
        **own,
    )
    for flow_log in made["FlowLogIds"]:
        reach.made_one("AWS::EC2::FlowLog", flow_log, site.region)
