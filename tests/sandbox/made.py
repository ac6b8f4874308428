"""Calls made by hand, for tests of what is said about them."""

from datetime import UTC, datetime

from nephoscope.sandbox.call import ApiCall, Principal

NOW = datetime(2026, 11, 21, 9, 43, 30, tzinfo=UTC)
JO = Principal("IAMUser", "111111111111", "arn:aws:iam::111111111111:user/jo", "AIDA1", "AKIA1", "jo")


def call(service, operation, parameters=None, **given):
    """One call by the user jo."""
    known = {
        "account": "111111111111",
        "region": "eu-west-1",
        "signing_name": service,
        "principal": JO,
        "source_ip": "198.51.100.7",
        "user_agent": "aws-cli/2",
        "request_id": "00000000-0000-0000-0000-000000000001",
        "at": NOW,
        "content_type": "application/x-www-form-urlencoded" if service == "ec2" else "",
    }
    return ApiCall(service=service, operation=operation, parameters=parameters or {}, **known | given)
