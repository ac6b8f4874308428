"""A record names the resources that its service names."""

from nephoscope.sandbox.answer import Outcome
from nephoscope.sandbox.subject import resources
from tests.sandbox.made import call

DONE = Outcome({})


def test_an_object_is_named_with_its_bucket():
    found = resources(call("s3", "GetObject", {"Bucket": "b", "Key": "k"}), DONE)
    assert [one["ARN"] for one in found] == ["arn:aws:s3:::b/k", "arn:aws:s3:::b"]


def test_a_role_is_named_unless_it_could_not_be_assumed():
    made = call("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::222222222222:role/r"})
    assert resources(made, DONE)[0]["accountId"] == "222222222222"
    assert resources(made, Outcome(None, "AccessDenied")) == []


def test_a_key_is_named_in_full():
    [found] = resources(call("kms", "Decrypt"), Outcome({"KeyId": "arn:aws:kms:eu-west-1:1:key/k"}))
    assert found["ARN"] == "arn:aws:kms:eu-west-1:1:key/k"
    [asked] = resources(call("kms", "DescribeKey", {"KeyId": "k"}), DONE)
    assert asked["ARN"] == "arn:aws:kms:eu-west-1:111111111111:key/k"


def test_most_services_name_none():
    assert resources(call("iam", "CreateUser", {"UserName": "a"}), DONE) == []
