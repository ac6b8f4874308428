"""Cases from AWS's documentation of how policies are evaluated."""

import dataclasses

import pytest

from nephoscope.sandbox.iam.evaluate import Caller, Policies, Request, why_denied
from nephoscope.sandbox.iam.policy import parse_policy

ACCOUNT, OTHER = "111122223333", "444455556666"
ADA = Caller("IAMUser", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ada")
SESSION = Caller(
    "AssumedRole", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s", f"arn:aws:iam::{ACCOUNT}:role/reader"
)
ROOT = Caller("Root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
ANYBODY = Caller("Anonymous")
OBJECT = "arn:aws:s3:::reports/2026.csv"


def policy(*statements, name="p"):
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, name)


def allow(action="s3:GetObject", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="s3:GetObject", resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def why(caller=ADA, action="s3:GetObject", arn=OBJECT, context=None, **groups):
    groups.setdefault("resource_account", ACCOUNT)
    return why_denied(Request(caller, action, arn, context or {}), Policies(**groups))


def test_nothing_is_allowed_by_default():
    assert why() == "because no identity-based policy allows the s3:GetObject action"


def test_an_identity_policy_allows():
    assert why(identity=(policy(allow()),)) is None


def test_an_explicit_deny_wins_over_any_allow():
    both = (policy(allow("s3:*")), policy(deny()))
    assert why(identity=both) == "with an explicit deny in an identity-based policy"


def test_the_root_user_of_the_account_may_do_everything():
    assert why(ROOT) is None


def test_a_resource_policy_can_deny_the_root_user():
    statement = deny(Principal="*")
    assert why(ROOT, resource=(policy(statement),)) == "with an explicit deny in a resource-based policy"


@pytest.mark.parametrize(
    ("statement", "is_allowed"),
    [
        (allow("s3:Get*"), True),
        (allow("S3:GETOBJECT"), True),
        (allow(["ec2:*", "s3:GetObject"]), True),
        (allow("s3:PutObject"), False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, False),
        (allow(resource="arn:aws:s3:::reports/*"), True),
        (allow(resource="arn:aws:s3:::reports"), False),
        (allow(resource=["arn:aws:s3:::other/*", OBJECT]), True),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::reports/*"}, False),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}, True),
        (allow(resource="arn:aws:s3:::${aws:username}/*"), False),
        (allow(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), True),
        (allow(Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), False),
        (allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), False),
        (allow(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}), True),
    ],
)
def test_a_statement_covers_its_actions_resources_and_conditions(statement, is_allowed):
    context = {"aws:sourceip": ("203.0.113.7",)}
    assert (why(identity=(policy(statement),), context=context) is None) is is_allowed


def test_a_user_reaches_their_own_folder_by_a_variable():
    home = policy(allow(resource="arn:aws:s3:::home/${aws:username}/*"))
    context = {"aws:username": ("ada",)}
    assert why(arn="arn:aws:s3:::home/ada/x", identity=(home,), context=context) is None
    assert why(arn="arn:aws:s3:::home/bob/x", identity=(home,), context=context)


def test_a_denial_of_all_but_one_region_holds_in_the_others():
    fence = policy(
        allow("*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}})
    )
    assert why(identity=(fence,), context={"aws:requestedregion": ("eu-west-1",)}) is None
    assert why(identity=(fence,), context={"aws:requestedregion": ("ap-south-1",)})


def test_sessions_older_than_a_revocation_are_denied():
    revoked = policy(allow("*"), deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}))
    assert why(SESSION, identity=(revoked,), context={"aws:tokenissuetime": ("2025-12-31T00:00:00+00:00",)})
    assert why(SESSION, identity=(revoked,), context={"aws:tokenissuetime": ("2026-01-02T00:00:00+00:00",)}) is None
    assert why(ADA, identity=(revoked,)) is None


class TestInOneAccount:
    def test_a_resource_policy_that_names_the_user_is_enough(self):
        assert why(resource=(policy(allow(Principal={"AWS": ADA.arn})),)) is None

    def test_a_resource_policy_for_everybody_is_enough(self):
        assert why(resource=(policy(allow(Principal="*")),)) is None

    def test_a_resource_policy_that_names_the_account_leaves_it_to_identity_policies(self):
        for principal in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"):
            named = (policy(allow(Principal={"AWS": principal})),)
            assert why(resource=named) == "because no identity-based policy allows the s3:GetObject action"
            assert why(resource=named, identity=(policy(allow()),)) is None

    def test_naming_the_role_lets_its_sessions_in(self):
        assert why(SESSION, resource=(policy(allow(Principal={"AWS": SESSION.issuer_arn})),)) is None

    def test_a_key_that_names_nobody_lets_nobody_in(self):
        decrypt = (policy(allow("kms:Decrypt")),)
        assert why(action="kms:Decrypt", identity=decrypt, must_resource_allow=True) == (
            "because no resource-based policy allows the kms:Decrypt action"
        )

    def test_a_key_that_names_the_account_trusts_its_identity_policies(self):
        key = (policy(allow("kms:*", Principal={"AWS": ACCOUNT})),)
        decrypt = (policy(allow("kms:Decrypt")),)
        assert why(action="kms:Decrypt", identity=decrypt, resource=key, must_resource_allow=True) is None
        assert why(action="kms:Decrypt", resource=key, must_resource_allow=True)


class TestAcrossAccounts:
    def test_both_sides_have_to_allow(self):
        theirs, ours = (policy(allow(Principal={"AWS": ACCOUNT})),), (policy(allow()),)
        assert why(resource=theirs, identity=ours, resource_account=OTHER) is None
        assert why(resource=theirs, resource_account=OTHER) == (
            "because no identity-based policy allows the s3:GetObject action"
        )
        assert why(identity=ours, resource_account=OTHER) == (
            "because no resource-based policy allows the s3:GetObject action"
        )

    def test_a_bucket_open_to_everybody_still_needs_the_callers_own_policy(self):
        assert why(resource=(policy(allow(Principal="*")),), resource_account=OTHER)

    def test_even_root_needs_the_other_side(self):
        assert why(ROOT, resource_account=OTHER)

    def test_a_trust_with_an_external_id_wants_it(self):
        trust = parse_policy(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": "4711"}},
                },
            }
        )
        mine = (policy(allow("sts:AssumeRole")),)
        role = f"arn:aws:iam::{OTHER}:role/auditor"
        asked = {"action": "sts:AssumeRole", "identity": mine, "resource_account": OTHER}
        request = Request(ADA, "sts:AssumeRole", role, {"sts:externalid": ("4711",)})
        policies = Policies(identity=mine, resource=(trust,), resource_account=OTHER, must_resource_allow=True)
        assert why_denied(request, policies) is None
        assert why_denied(dataclasses.replace(request, context={}), policies)
        assert why(**asked)


class TestAnonymous:
    def test_only_a_resource_policy_for_everybody_lets_them_in(self):
        assert why(ANYBODY, resource=(policy(allow(Principal="*")),)) is None
        assert why(ANYBODY, resource=(policy(allow(Principal={"AWS": ACCOUNT})),))
        assert why(ANYBODY)


class TestLimits:
    def test_a_boundary_limits_what_identity_policies_allow(self):
        assert why(identity=(policy(allow("*")),), boundary=policy(allow("ec2:*"))) == (
            "because no permissions boundary allows the s3:GetObject action"
        )
        assert why(identity=(policy(allow("*")),), boundary=policy(allow("s3:*"))) is None

    def test_a_boundary_grants_nothing(self):
        assert why(boundary=policy(allow("*")))

    def test_a_boundary_does_not_limit_a_resource_policy_that_names_the_user(self):
        named = (policy(allow(Principal={"AWS": ADA.arn})),)
        assert why(resource=named, boundary=policy(allow("ec2:*"))) is None

    def test_a_boundary_limits_a_resource_policy_that_names_the_role(self):
        named = (policy(allow(Principal={"AWS": SESSION.issuer_arn})),)
        assert why(SESSION, resource=named, boundary=policy(allow("ec2:*")))
        by_session = (policy(allow(Principal={"AWS": SESSION.arn})),)
        assert why(SESSION, resource=by_session, boundary=policy(allow("ec2:*"))) is None

    def test_a_session_policy_limits_the_role(self):
        role = (policy(allow("s3:*")),)
        assert why(SESSION, identity=role, session=(policy(allow("s3:PutObject")),)) == (
            "because no session policy allows the s3:GetObject action"
        )
        assert why(SESSION, identity=role, session=(policy(allow("s3:Get*")),)) is None

    def test_a_control_policy_has_to_allow_on_every_level(self):
        mine = (policy(allow("*")),)
        everything, no_s3 = (policy(allow("*")),), (policy(allow("ec2:*")),)
        assert why(identity=mine, control=(everything, everything)) is None
        assert why(identity=mine, control=(everything, no_s3)) == (
            "because no service control policy allows the s3:GetObject action"
        )

    def test_a_control_policy_binds_the_members_root_user(self):
        fence = (policy(allow("*"), deny("s3:*")),)
        assert why(ROOT, control=(fence,)) == "with an explicit deny in a service control policy"


class TestNotPrincipal:
    def test_a_denial_spares_who_is_listed_with_their_account(self):
        statement = deny(NotPrincipal={"AWS": [ADA.arn, f"arn:aws:iam::{ACCOUNT}:root"]})
        mine = (policy(allow()),)
        assert why(identity=mine, resource=(policy(statement),)) is None
        assert why(SESSION, identity=mine, resource=(policy(statement),))

    def test_a_denial_that_lists_the_user_alone_hits_them_too(self):
        statement = deny(NotPrincipal={"AWS": [ADA.arn]})
        assert why(identity=(policy(allow()),), resource=(policy(statement),))


def test_a_service_is_let_in_by_the_resources_policy():
    trail = Caller("AWSService", service="cloudtrail.amazonaws.com")
    named = (policy(allow("s3:PutObject", Principal={"Service": "cloudtrail.amazonaws.com"})),)
    assert why(trail, "s3:PutObject", resource=named) is None
    assert why(dataclasses.replace(trail, service="config.amazonaws.com"), "s3:PutObject", resource=named)
