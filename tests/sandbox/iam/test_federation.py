import base64
import json

import pytest

from nephoscope.sandbox.call import Principal
from nephoscope.sandbox.iam.evaluate import Caller, Policies, Request, why_denied
from nephoscope.sandbox.iam.federation import federated_caller, federation_keys
from nephoscope.sandbox.iam.policy import parse_policy
from tests.sandbox.iam.calls import ACCOUNT, call

ISSUER = "token.actions.githubusercontent.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"


def token(**claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.sig"


def by_token(text):
    given = {"RoleArn": ROLE, "WebIdentityToken": text, "RoleSessionName": "ci"}
    return call("sts", "AssumeRoleWithWebIdentity", given, principal=Principal("Anonymous"), account=ACCOUNT)


def decide(subject, made):
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {f"{ISSUER}:sub": subject}},
        },
    }
    keys = {key: (value,) for key, value in federation_keys(made).items()}
    policies = Policies(resource=(parse_policy(trust),), resource_account=ACCOUNT, must_resource_allow=True)
    return why_denied(Request(federated_caller(made), "sts:AssumeRoleWithWebIdentity", ROLE, keys), policies)


def test_a_pipelines_token_assumes_the_role_that_trusts_its_repository():
    made = by_token(token(iss=f"https://{ISSUER}", sub="repo:meridian/shop:ref:refs/heads/main"))
    assert decide("repo:meridian/shop:*", made) is None
    assert decide("repo:other/*", made)


def test_another_providers_token_does_not():
    assert decide("*", by_token(token(iss="https://example.com", sub="repo:meridian/shop")))


@pytest.mark.parametrize("text", ["", "a.b", "a.!!!.c", "a.W10.c", "e30." + "A" * 30_000 + ".x"])
def test_what_is_no_token_opens_nothing(text):
    made = by_token(text)
    assert federation_keys(made) == {}
    assert decide("*", made)


def test_a_saml_provider_is_named_by_its_arn():
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
    made = call("sts", "AssumeRoleWithSAML", {"PrincipalArn": provider, "RoleArn": ROLE})
    assert federated_caller(made) == Caller("Federated", service=provider)


def test_ordinary_calls_are_signed():
    assert federated_caller(call("sts", "AssumeRole")) is None
    assert federation_keys(call("ec2", "DescribeInstances")) == {}
