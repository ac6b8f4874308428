"""Answers of ours are read by AWS's own clients as AWS's would be."""

import pytest
from botocore.parsers import create_parser

from nephoscope.sandbox.answer import Answer, is_unimplemented, protocol, read, refuse, succeed
from nephoscope.sandbox.call import Denial
from tests.sandbox.made import call

DENIED = Denial("AccessDenied", "no <b>way</b>")


@pytest.mark.parametrize(
    ("service", "operation", "kind"),
    [
        ("ec2", "DescribeVpcs", "ec2"),
        ("iam", "ListUsers", "query"),
        ("s3", "ListBuckets", "rest-xml"),
        ("lambda", "ListFunctions", "rest-json"),
        ("kms", "ListKeys", "json"),
    ],
)
def test_a_refusal_is_understood_in_every_protocol(service, operation, kind):
    made = call(service, operation)
    answer = refuse(made, DENIED)
    raw = {"body": answer.body, "headers": {k.lower(): v for k, v in answer.headers}, "status_code": answer.status}

    error = create_parser(kind).parse(raw, None)["Error"]

    assert protocol(made) == kind
    assert error["Code"] == "AccessDenied"
    assert error["Message"] == "no <b>way</b>"
    assert read(made, answer).error_code == "AccessDenied"


def test_an_answer_of_ours_is_read_back():
    made = call("sts", "GetCallerIdentity")
    answer = succeed(made, {"UserId": "a", "Account": "1", "Arn": "arn"})
    assert read(made, answer).result == {"UserId": "a", "Account": "1", "Arn": "arn"}


def test_an_answer_that_cannot_be_read_is_no_error_of_ours():
    assert read(call("iam", "ListUsers"), Answer(200, (), b"<<<")).result == {}
    assert read(call("nowhere", ""), Answer(500, (), b"\xff")).error_code == "500"


def test_motos_page_for_people_is_recognised():
    page = b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>"
    assert is_unimplemented(Answer(404, (("Content-Type", "text/html"),), page))
    assert not is_unimplemented(Answer(404, (("Content-Type", "text/xml"),), b"<Error><Code>NoSuchKey</Code></Error>"))
