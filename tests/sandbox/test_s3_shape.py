"""S3's parameters are logged as query string, header and body were."""

import pytest

from nephoscope.sandbox.s3_shape import request_parameters, scalar
from tests.sandbox.made import call


def test_the_words_of_the_query_string_are_kept_but_not_its_signature():
    made = call("s3", "GetBucketPolicyStatus", {"Bucket": "b"}, query="policyStatus=&X-Amz-Signature=1")
    assert request_parameters(made) == {
        "bucketName": "b",
        "Host": "b.s3.eu-west-1.amazonaws.com",
        "policyStatus": "",
    }


def test_a_policy_is_logged_as_json():
    made = call("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": '{"Version":"2012-10-17"}'}, query="policy")
    assert request_parameters(made)["bucketPolicy"] == {"Version": "2012-10-17"}


def test_a_body_is_logged_as_its_xml_was():
    body = b'<Tagging xmlns="http://s3/"><TagSet><Tag><Key>a</Key><Value>true</Value></Tag></TagSet></Tagging>'
    made = call("s3", "PutBucketTagging", {"Bucket": "b"}, query="tagging", body=body)
    assert request_parameters(made)["Tagging"] == {
        "xmlns": "http://s3/",
        "TagSet": {"Tag": {"Key": "a", "Value": True}},
    }


@pytest.mark.parametrize("body", [b"<a", b"\xff\xfe", b"<a><b></a>"])
def test_a_broken_body_is_left_out(body):
    made = call("s3", "PutBucketTagging", {"Bucket": "b"}, body=body)
    assert set(request_parameters(made)) == {"bucketName", "Host"}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("12", 12), ("012", "012"), ("a", "a"), ("", "")])
def test_text_that_looks_like_a_number_is_one(text, value):
    assert scalar(text) == value
