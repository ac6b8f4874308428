"""Events are found under the names that LookupEvents gives them."""

from nephoscope.sandbox.lookup import named, username


def test_a_caller_is_listed_by_user_session_or_root():
    assert username({"userIdentity": {"userName": "jo"}}) == "jo"
    assert username({"userIdentity": {"type": "Root", "arn": "arn:aws:iam::1:root"}}) == "root"
    assert username({"userIdentity": {"arn": "arn:aws:sts::1:assumed-role/r/shift"}}) == "shift"


def test_resources_and_named_parameters_are_listed():
    record = {
        "resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"}],
        "requestParameters": {"userName": "jo", "tags": []},
    }
    assert named(record) == [
        {"ResourceType": "AWS::S3::Bucket", "ResourceName": "b"},
        {"ResourceType": "AWS::IAM::User", "ResourceName": "jo"},
    ]
