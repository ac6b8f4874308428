"""Events are named as CloudTrail names them."""

import pytest

from nephoscope.sandbox.naming import changes, event_name, event_region, event_source, is_data, is_read_only
from tests.sandbox.made import call


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("lambda", "CreateFunction", "CreateFunction20150331"),
        ("lambda", "UpdateFunctionCode", "UpdateFunctionCode20150331v2"),
        ("lambda", "GetFunctionCodeSigningConfig", "GetFunctionCodeSigningConfig"),
        ("s3", "PutBucketLifecycleConfiguration", "PutBucketLifecycle"),
        ("s3", "GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
        ("s3control", "GetPublicAccessBlock", "GetAccountPublicAccessBlock"),
        ("ec2", "RunInstances", "RunInstances"),
    ],
)
def test_an_event_has_cloudtrails_name(service, operation, name):
    assert event_name(call(service, operation)) == name


def test_a_source_is_what_the_service_signs_with():
    assert event_source(call("cloudwatch", "DescribeAlarms", signing_name="monitoring")) == "monitoring.amazonaws.com"


def test_global_services_are_filed_under_one_region():
    assert event_region(call("iam", "CreateUser")) == "us-east-1"
    assert event_region(call("ec2", "CreateVpc")) == "eu-west-1"


def test_reading_is_told_from_writing():
    assert is_read_only(call("ec2", "DescribeVpcs"))
    assert is_read_only(call("kms", "Decrypt"))
    assert not is_read_only(call("sts", "GetFederationToken"))
    assert not is_read_only(call("ec2", "CreateVpc"))


def test_a_role_that_is_assumed_belongs_into_the_journal_though_it_reads():
    assert changes(call("sts", "AssumeRole"))
    assert not changes(call("sts", "GetCallerIdentity"))
    assert not changes(call("s3", "GetObject"))


def test_data_events_are_told_from_management_events():
    assert is_data(call("s3", "GetObject"))
    assert not is_data(call("s3", "PutBucketPolicy"))
