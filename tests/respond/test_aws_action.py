import pytest

from nephoscope.model.errors import CloudError, Vanished
from nephoscope.respond.actions.aws_protect_instance import AwsProtectInstance
from nephoscope.respond.aws_action import addresses_of


class Answering:
    """AWS that answers every call with the same, or the same error."""

    def __init__(self, answer):
        self.answer = answer

    def call(self, service, operation, **params):
        if isinstance(self.answer, str):
            raise CloudError(f"{service}:{operation}", self.answer)
        return self.answer

    def pages(self, service, operation, **params):
        yield self.call(service, operation, **params)


class World:
    def __init__(self, answer):
        self.aws = Answering(answer)


ACTION = AwsProtectInstance("123456789012", "eu-west-1", "i-1")


@pytest.mark.parametrize(
    "answer",
    [
        "InvalidInstanceID.NotFound",
        {"Reservations": []},
        {"Reservations": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "terminated"}}]}]},
    ],
)
def test_an_instance_that_is_not_there_has_vanished(answer):
    with pytest.raises(Vanished, match="i-1"):
        ACTION.instance(World(answer))


def test_an_instance_without_interfaces_has_vanished():
    with pytest.raises(Vanished):
        ACTION.interfaces(World({"NetworkInterfaces": []}))


def test_another_error_is_not_taken_for_an_end():
    with pytest.raises(CloudError, match="RequestLimitExceeded"):
        ACTION.instance(World("RequestLimitExceeded"))
    assert ACTION.maybe(World("Gone"), "ec2", "Any", ["Gone"]) is None


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_an_arn_is_of_its_regions_partition(region, partition):
    action = AwsProtectInstance("123456789012", region, "i-1")
    assert action.arn("ec2", "instance/i-1") == f"arn:{partition}:ec2:{region}:123456789012:instance/i-1"


def test_addresses_are_private_public_and_of_version_6():
    interface = {
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.4", "Association": {"PublicIp": "192.0.2.1"}}],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::4"}],
    }
    assert addresses_of([interface, {}]) == ["10.0.0.4", "192.0.2.1", "2001:db8::4"]
