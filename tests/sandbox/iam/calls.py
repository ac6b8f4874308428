"""Calls and principals for the tests of IAM."""

from datetime import UTC, datetime

from nephoscope.sandbox.call import ApiCall, Principal, Session

ACCOUNT, OTHER = "111122223333", "444455556666"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def user(name="ada", account=ACCOUNT):
    return Principal("IAMUser", account, f"arn:aws:iam::{account}:user/{name}", "AIDAEXAMPLE", "AKIAEXAMPLE", name)


def role_session(name="reader", account=ACCOUNT, path="/", **more):
    issuer = f"arn:aws:iam::{account}:role{path}{name}"
    session = Session("Role", issuer, "AROAEXAMPLE", account, name, NOW, NOW, **{"name": "s", **more})
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session.name}"
    return Principal("AssumedRole", account, arn, f"AROAEXAMPLE:{session.name}", "ASIAEXAMPLE", session=session)


def call(service, operation, parameters=None, principal=None, **more):
    made = {
        "account": (principal or user()).account or ACCOUNT,
        "region": "us-east-1",
        "signing_name": more.pop("signing_name", service),
        "source_ip": "203.0.113.7",
        "user_agent": "aws-cli/2.31",
        "request_id": "r",
        "at": NOW,
        **more,
    }
    return ApiCall(
        service=service, operation=operation, parameters=parameters or {}, principal=principal or user(), **made
    )
