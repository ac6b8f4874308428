from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from nephoscope.sandbox.changes.script import Actor, Script

ACCOUNT = SimpleNamespace(id="111122223333", name="production")


class Client:
    """A client that answers what it is given."""

    meta = SimpleNamespace(
        method_to_api_mapping={"create_vpc": "CreateVpc", "put_public_access_block": "PutPublicAccessBlock"}
    )

    def create_vpc(self, **given):
        return {"Vpc": {"VpcId": "vpc-1", "Tags": [{"Key": "a"}]}}

    def put_public_access_block(self, **given):
        return {}


@pytest.fixture
def script():
    return Script(SimpleNamespace())


ACTOR = Actor("arn:aws:iam::111122223333:user/a", ACCOUNT, SimpleNamespace(client=lambda service, region: Client()))


def test_a_change_is_known_by_the_answers_id(script):
    script.do(ACTOR, "ec2.create_vpc", "EC2::VPC", ".Vpc.VpcId", region="eu-west-1", CidrBlock="10.0.0.0/16")
    [change] = script.truth
    assert (change.event_name, change.type, change.id) == ("CreateVpc", "AWS::EC2::VPC", "vpc-1")
    assert (change.account, change.region) == ("111122223333", "eu-west-1")
    assert change.at <= datetime.now(UTC)


def test_a_call_may_change_several_resources(script):
    script.do(ACTOR, "ec2.create_vpc", "EC2::VPC", ".Vpc.VpcId")
    script.last("EC2::RouteTable", "rtb-1")
    assert [change.id for change in script.truth] == ["vpc-1", "rtb-1"]
    assert len({(change.at, change.event_name, change.actor) for change in script.truth}) == 1


def test_events_have_the_names_that_the_trail_gives_them(script):
    script.do(ACTOR, "s3.put_public_access_block", "S3::Bucket", "b", Bucket="b")
    assert script.truth[0].event_name == "PutBucketPublicAccessBlock"


def test_identities_lie_in_no_region(script):
    script.do(ACTOR, "ec2.create_vpc", "IAM::User", "u")
    assert script.truth[0].region == "global"
