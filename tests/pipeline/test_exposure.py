import pytest

from nephoscope.model.item import Item, Relationship
from nephoscope.pipeline.exposure import exposure, network

VPC = Relationship("is contained in", "AWS::EC2::VPC", "vpc-1")
ALL = "0.0.0.0/0"


def item(kind, id_, configuration, **others):
    return Item(f"AWS::{kind}", id_, "1", "eu-west-1", configuration, **others)


def instance(**changes):
    interface = {"SubnetId": "subnet-1", "GroupSet": ["sg-1"], "AssociatePublicIpAddress": True}
    said = {"SecurityGroupIds": ["sg-1"], "NetworkInterfaces": [interface], "PublicIp": "203.0.113.7"} | changes
    return item("EC2::Instance", "i-1", {k: v for k, v in said.items() if v is not None}, relationships=(VPC,))


def group(*rules, id_="sg-1"):
    return item("EC2::SecurityGroup", id_, {"SecurityGroupIngress": list(rules)})


def rule(first=443, last=443, protocol="tcp", **source):
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last, **(source or {"CidrIp": ALL})}


def routes(gateway="igw-1", **association):
    table = {
        "VpcId": "vpc-1",
        "Routes": [{"DestinationCidrBlock": ALL, "GatewayId": gateway}],
        "Associations": [association or {"SubnetId": "subnet-1"}],
    }
    return item("EC2::RouteTable", "rtb-1", table)


def acl(*entries):
    return item("EC2::NetworkAcl", "acl-1", {"Associations": [{"SubnetId": "subnet-1"}], "Entries": list(entries)})


def entry(number, action, first=None, last=None):
    span = {"PortRange": {"From": first, "To": last}} if first is not None else {}
    protocol = 6 if span else -1
    return {"RuleNumber": number, "RuleAction": action, "Egress": False, "CidrBlock": ALL, "Protocol": protocol} | span


OPEN = (group(rule()), routes(), acl(entry(100, "allow")))


def test_address_group_route_and_acl_together_are_the_internet():
    said = exposure(instance(), network(OPEN))
    assert said.value == "internet"
    assert all(part in said.why for part in ("sg-1 opens tcp 443", "igw-1", "rule 100 allows port 443"))


@pytest.mark.parametrize(
    ("it", "around", "why"),
    [
        (instance(PublicIp=None, NetworkInterfaces=[{"SubnetId": "subnet-1"}]), OPEN, "no public address"),
        (instance(), (group(rule(CidrIp="10.0.0.0/8")), *OPEN[1:]), "no security group"),
        (instance(), (group(rule(protocol="icmp")), *OPEN[1:]), "no security group"),
        (instance(), (OPEN[0], routes("nat-1"), OPEN[2]), "no route"),
        (instance(), (*OPEN[:2], acl(entry(1, "deny", 0, 65535), entry(2, "allow"))), "network ACL"),
    ],
)
def test_where_one_of_them_is_closed_it_is_internal(it, around, why):
    said = exposure(it, network(around))
    assert (said.value, why in said.why) == ("internal", True)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_what_the_inventory_lacks_is_not_known_and_never_internal(missing):
    around = [each for at, each in enumerate(OPEN) if at != missing]
    said = exposure(instance(), network(around))
    assert (said.value, "not in the inventory" in said.why) == ("", True)


def test_a_denied_read_is_not_known():
    closed = Item(**{**vars(OPEN[0]), "configuration": {}, "not_collected": {"/SecurityGroupIngress": "AccessDenied"}})
    said = exposure(instance(), network((closed, *OPEN[1:])))
    assert (said.value, "AccessDenied" in said.why) == ("", True)


def test_a_port_between_others_that_the_acl_lets_in_is_enough():
    around = (group(rule(1000, 2000)), OPEN[1], acl(entry(1, "allow", 1500, 1500), entry(2, "deny")))
    assert exposure(instance(), network(around)).value == "internet"


def test_udp_alone_is_not_judged():
    said = exposure(instance(), network((group(rule(53, 53, "udp")), *OPEN[1:])))
    assert (said.value, "udp" in said.why) == ("", True)


def test_a_main_route_table_holds_for_subnets_without_one():
    assert exposure(instance(), network((OPEN[0], routes(Main=True), OPEN[2]))).value == "internet"


def test_a_group_that_admits_a_balancer_in_reach_is_behind_it():
    balancer = item(
        "ElasticLoadBalancingV2::LoadBalancer", "lb", {"Scheme": "internet-facing", "SecurityGroups": ["sg-lb"]}
    )
    around = (group(rule(SourceSecurityGroupId="sg-lb")), balancer)
    hidden = instance(PublicIp=None, NetworkInterfaces=[{"SubnetId": "subnet-1"}])
    assert exposure(hidden, network(around)).value == "balancer"
    inner = item("ElasticLoadBalancingV2::LoadBalancer", "lb", {"Scheme": "internal", "SecurityGroups": ["sg-lb"]})
    known = (around[0], inner, OPEN[1])
    assert exposure(hidden, network(known)).value == "internal"
    said = exposure(hidden, network(known, unread=["1"]))
    assert (said.value, "not every load balancer" in said.why) == ("", True)
    unclear = Item(**{**vars(inner), "configuration": {}, "not_collected": {"/Scheme": "AccessDenied"}})
    assert exposure(hidden, network((around[0], unclear, OPEN[1]))).value == ""


def test_udp_hides_no_tcp_that_is_open():
    assert exposure(instance(), network((group(rule(53, 53, "udp"), rule()), *OPEN[1:]))).value == "internet"


def test_where_ipv6_leads_to_the_internet_nothing_is_called_internal():
    table = {**routes("nat-1").configuration}
    table["Routes"] = [*table["Routes"], {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1"}]
    said = exposure(instance(), network((OPEN[0], item("EC2::RouteTable", "rtb-1", table), OPEN[2])))
    assert (said.value, "IPv6" in said.why) == ("", True)


@pytest.mark.parametrize("value", [7, "x", [7], {"a": 1}, None])
@pytest.mark.parametrize("key", ["SecurityGroupIds", "NetworkInterfaces", "PublicIp"])
def test_nonsense_is_not_known_or_judged_but_never_a_crash(key, value):
    assert exposure(instance(**{key: value}), network(OPEN)).why
