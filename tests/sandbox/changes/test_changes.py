import pytest

from nephoscope.model.errors import ConfigError
from nephoscope.sandbox import changes

pytestmark = pytest.mark.slow

# Every type that an inventory reads, but a root user's state, which nothing ordinary changes.
READ = (
    "EC2::Instance", "EC2::SecurityGroup", "EC2::NetworkInterface", "EC2::VPC", "EC2::Subnet", "EC2::RouteTable",
    "EC2::InternetGateway", "EC2::NetworkAcl", "EC2::Volume", "EC2::Snapshot", "EC2::Image", "EC2::FlowLog",
    "S3::Bucket", "IAM::User", "IAM::Role", "IAM::ManagedPolicy", "IAM::Group", "IAM::AccessKey",
    "IAM::AccountPasswordPolicy", "KMS::Key", "RDS::DBInstance", "Lambda::Function", "CloudTrail::Trail",
    "EKS::Cluster", "ECR::Repository", "SNS::Topic", "SQS::Queue", "SecretsManager::Secret",
    "ElasticLoadBalancingV2::LoadBalancer", "ElasticLoadBalancingV2::TargetGroup", "AutoScaling::AutoScalingGroup",
    "DynamoDB::Table",
)  # fmt: skip


@pytest.fixture(scope="module")
def truth(company):
    """The changes, as they were made."""
    return changes.play(company.endpoint_url, company=company)


def test_there_are_more_than_a_hundred_of_all_types(truth):
    assert len(truth) > 100
    assert {change.type for change in truth} == {f"AWS::{kind}" for kind in READ}


def test_they_are_by_several_people_and_programs(truth):
    assert len({change.actor for change in truth}) >= 6
    assert any(":user/" in change.actor for change in truth)


def test_they_are_told_in_order(truth):
    assert [change.at for change in truth] == sorted(change.at for change in truth)


def test_the_trail_records_every_one_with_its_actor(truth, recorded):
    seen = {(each["eventName"], each["userIdentity"].get("arn")) for each in recorded()}
    assert {(change.event_name, change.actor) for change in truth} <= seen


def test_nothing_but_the_loopback_is_changed(company):
    with pytest.raises(ConfigError, match="loopback"):
        changes.play("https://ec2.amazonaws.com", company=company)
