import pytest

from nephoscope.sandbox.company.network import CUSTOM_FORMAT, PLACES

pytestmark = pytest.mark.slow


def ids(company, kind, region=None):
    return [each.id for each in company.resources if each.type == kind and region in (None, each.region)]


def test_every_place_has_a_network(company):
    # one VPC each, and the one of the payment service
    assert len(ids(company, "AWS::EC2::VPC")) == sum(map(len, PLACES.values())) + 1


def test_some_doors_are_open_to_the_world_and_most_are_not(company, within):
    ec2 = within(company.production).client("ec2")
    groups = ec2.describe_security_groups(GroupIds=ids(company, "AWS::EC2::SecurityGroup", "us-east-1")[5:10])
    open_ports = {
        rule["FromPort"]: group["GroupName"]
        for group in groups["SecurityGroups"]
        for rule in group["IpPermissions"]
        if {"CidrIp": "0.0.0.0/0"} in rule["IpRanges"]
    }
    assert open_ports == {443: "web", 21: "legacy", 3389: "legacy"}


def test_traffic_is_logged_in_two_formats_and_in_one_place_not_at_all(company, within):
    production = within(company.production)
    formats = {
        region: [log.get("LogFormat") for log in production.client("ec2", region).describe_flow_logs()["FlowLogs"]]
        for region in PLACES["production"]
    }
    assert formats["eu-west-1"] == [CUSTOM_FORMAT]
    assert len(formats["us-east-1"]) == 1
    assert formats["us-east-1"] != [CUSTOM_FORMAT]
    assert formats["us-west-2"] == []
