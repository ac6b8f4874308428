import pytest

from nephoscope.sandbox.caller import Backends
from nephoscope.sandbox.iam.owned import (
    full_arn,
    instance_arn,
    must_resource_allow,
    owner_of,
    passed_role,
    resource_policies,
)
from tests.sandbox.iam.calls import ACCOUNT


class Buckets(dict):
    """What moto keeps of S3, with no bucket in it."""

    bucket_accounts: dict = {}


EMPTY = Backends({}, {"s3": Buckets(), "kms": {}, "sqs": {}, "secretsmanager": {}})


@pytest.mark.parametrize(
    ("arn", "owner"),
    [
        (f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", ACCOUNT),
        ("arn:aws:iam::aws:policy/AdministratorAccess", ""),
        ("arn:aws:s3:::nobodys", ""),
        ("*", ""),
    ],
)
def test_the_owner_stands_in_the_arn_or_with_the_bucket(arn, owner):
    assert owner_of(arn, EMPTY) == owner


def test_what_nobody_made_keeps_its_name_and_has_no_policy():
    for arn in (f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/a", f"arn:aws:iam::{ACCOUNT}:role/r", "arn:aws:s3:::b/k", "*"):
        assert full_arn(arn, EMPTY) == arn
        assert passed_role(arn, EMPTY) == arn
        assert resource_policies(arn, EMPTY) == ()


def test_keys_and_trust_have_to_speak_even_at_home():
    assert must_resource_allow("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k")
    assert must_resource_allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/r")
    assert not must_resource_allow("kms:ListKeys", "*")
    assert not must_resource_allow("s3:GetObject", "arn:aws:s3:::b/k")


class Region:
    """EC2 in one region, with one instance."""

    def get_instance_by_id(self, name):
        return name if name == "i-1" else None


def test_an_instance_is_named_with_the_region_that_it_is_in():
    backends = Backends({}, {"ec2": {ACCOUNT: {"eu-west-1": Region()}}})

    assert instance_arn(ACCOUNT, "i-1", backends) == f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"
    assert instance_arn(ACCOUNT, "i-2", backends) == f"arn:aws:ec2:*:{ACCOUNT}:instance/i-2"
    assert instance_arn("999999999999", "i-1", backends).startswith("arn:aws:ec2:*:")
