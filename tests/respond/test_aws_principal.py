import json

import pytest
from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.respond.actions.aws_identity_facts import AwsIdentityFacts
from nephoscope.respond.aws_capture import Captured
from nephoscope.respond.aws_principal import ROLE, USER, keep_last_use, keep_role, keep_user
from tests.respond.captures import PLACE, Denying
from tests.respond.estate import ACCOUNT, READ, ask, role
from tests.respond.harness import world_of


@pytest.fixture
def aws():
    with mock_aws():
        yield Aws(
            (AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret"),), calls_per_s=10_000
        )


def capturing(aws):
    return Captured(world_of(aws), AwsIdentityFacts(**PLACE, role_name="web"), "identity")


def attached(aws, **who):
    arn = ask(aws, "iam", "CreatePolicy", PolicyName="read", PolicyDocument=json.dumps(READ))["Policy"]["Arn"]
    [kind] = [name.removesuffix("Name") for name in who]
    ask(aws, "iam", f"Attach{kind}Policy", PolicyArn=arn, **who)


def test_a_role_is_kept_with_the_text_of_its_policies(aws):
    role(aws)
    attached(aws, RoleName="web")
    aws.used.clear()
    one = capturing(aws)
    assert keep_role(one, "web")["Arn"].endswith(":role/web")
    assert aws.used == set(ROLE)
    assert one.told()["missing"] == []
    kept = one.world.evidence.kept
    assert "s3:ListAllMyBuckets" in kept["identity/role/web-inline-own.json"].decode()
    assert "s3:ListAllMyBuckets" in kept["identity/policy/read-v1.json"].decode()


def test_a_user_is_kept_with_groups_keys_and_their_last_use(aws):
    ask(aws, "iam", "CreateUser", UserName="ann")
    ask(aws, "iam", "CreateGroup", GroupName="staff")
    ask(aws, "iam", "AddUserToGroup", UserName="ann", GroupName="staff")
    ask(aws, "iam", "PutGroupPolicy", GroupName="staff", PolicyName="own", PolicyDocument=json.dumps(READ))
    ask(aws, "iam", "PutUserPolicy", UserName="ann", PolicyName="own", PolicyDocument=json.dumps(READ))
    attached(aws, UserName="ann")
    key = ask(aws, "iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    aws.used.clear()
    one = capturing(aws)
    assert keep_user(one, "ann")["UserName"] == "ann"
    assert aws.used == set(USER)
    assert keep_last_use(one, key) == "ann"
    one.told()
    assert {f"identity/key/{key}.json", "identity/group/staff-inline-own.json"} <= set(one.world.evidence.kept)


def test_what_is_denied_is_said(aws):
    role(aws)
    one = capturing(Denying(aws, "GetRolePolicy"))
    keep_role(one, "web")
    assert [each["permission"] for each in one.missing] == ["iam:GetRolePolicy"]
