import pytest
from moto import mock_aws

from nephoscope.sandbox.caller import open_backends
from nephoscope.sandbox.iam.actions import Need, required
from nephoscope.sandbox.iam.context import context_of
from tests.sandbox.iam.calls import ACCOUNT, NOW, call, role_session


@pytest.fixture
def context():
    """The condition keys of a call's first permission, on an empty moto."""
    with mock_aws():
        backends = open_backends()

        def of(*arguments, **more):
            made = call(*arguments, **more)
            need = (*required(made), Need("sts:GetCallerIdentity"))[0]
            return context_of(made, need, need.resource, backends)

        yield of


def test_a_call_tells_where_it_came_from_and_when(context):
    found = context("ec2", "DescribeInstances")
    assert found["aws:sourceip"] == ("203.0.113.7",)
    assert found["aws:useragent"] == ("aws-cli/2.31",)
    assert found["aws:currenttime"] == (NOW.isoformat(),)
    assert found["aws:requestedregion"] == ("us-east-1",)
    assert found["aws:securetransport"] == ("true",)
    assert found["aws:username"] == ("ada",)
    assert found["aws:principalarn"] == (f"arn:aws:iam::{ACCOUNT}:user/ada",)


def test_long_lived_keys_say_nothing_of_mfa(context):
    assert "aws:multifactorauthpresent" not in context("ec2", "DescribeInstances")
    session = context("ec2", "DescribeInstances", principal=role_session(has_mfa=True))
    assert session["aws:multifactorauthpresent"] == ("true",)
    assert session["aws:principalarn"] == (f"arn:aws:iam::{ACCOUNT}:role/reader",)
    assert session["aws:tokenissuetime"] == (NOW.isoformat(),)


def test_an_instances_credentials_name_the_instance(context):
    found = context("s3", "ListBuckets", principal=role_session(ec2_role_delivery="2.0"))
    assert found["ec2:roledelivery"] == ("2.0",)
    assert found["ec2:sourceinstancearn"][0].endswith(":instance/s")


def test_global_services_are_asked_in_virginia(context):
    assert context("iam", "ListUsers", region="eu-west-1")["aws:requestedregion"] == ("us-east-1",)


def test_parameters_that_policies_ask_about_become_keys(context):
    listed = context("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "home/", "MaxKeys": 5})
    assert (listed["s3:prefix"], listed["s3:max-keys"]) == (("home/",), ("5",))
    tagged = context("sqs", "CreateQueue", {"QueueName": "q", "tags": {"team": "data"}})
    assert (tagged["aws:requesttag/team"], tagged["aws:tagkeys"]) == (("data",), ("team",))
    key = context("kms", "Encrypt", {"KeyId": "k", "EncryptionContext": {"app": "a"}})
    assert key["kms:encryptioncontext:app"] == ("a",)
