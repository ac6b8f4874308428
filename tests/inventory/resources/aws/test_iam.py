import json
from dataclasses import replace
from datetime import timedelta

import pytest

from nephoscope.inventory.engine import readers
from nephoscope.inventory.resource import Memo

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def people(view):
    """Ann is an administrator with a console password, MFA and one key; Bob has nothing."""
    policy = view.call("iam", "CreatePolicy", PolicyName="all", PolicyDocument=json.dumps(ADMIN))["Policy"]["Arn"]
    view.call("iam", "CreateGroup", GroupName="staff")
    view.call("iam", "CreateUser", UserName="bob")
    view.call("iam", "CreateUser", UserName="ann", Tags=[{"Key": "team", "Value": "red"}])
    view.call("iam", "PutUserPolicy", UserName="ann", PolicyName="inline", PolicyDocument=json.dumps(ADMIN))
    view.call("iam", "AttachUserPolicy", UserName="ann", PolicyArn=policy)
    view.call("iam", "AddUserToGroup", UserName="ann", GroupName="staff")
    view.call("iam", "CreateLoginProfile", UserName="ann", Password="correct horse")
    device = view.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName="ann")["VirtualMFADevice"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    view.call("iam", "EnableMFADevice", UserName="ann", SerialNumber=device["SerialNumber"], **codes)
    key = view.call("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    return {"policy": policy, "key": key}


def test_a_user_is_shown_with_policies_groups_password_and_mfa(items, people):
    users = {item.id: item for item in items("AWS::IAM::User")}

    ann = users["ann"].configuration
    assert ann["Policies"] == [{"PolicyName": "inline", "PolicyDocument": ADMIN}]
    assert ann["ManagedPolicyArns"] == [people["policy"]]
    assert ann["Groups"] == ["staff"]
    assert ann["LoginProfile"] == {"PasswordResetRequired": False}
    assert len(ann["MfaDevices"]) == 1
    assert users["ann"].tags == {"team": "red"}
    assert users["bob"].configuration["LoginProfile"] is None
    assert users["bob"].configuration["MfaDevices"] == []
    assert users["ann"].region == "global"


def test_an_old_credential_report_does_not_decide_what_a_user_has(items, view, people):
    readers()["AWS::IAM::User"].get(view, "ann")
    view.call("iam", "GenerateCredentialReport")
    later = replace(view, started_at=view.started_at + timedelta(hours=2))
    view.aws.used.clear()

    item = readers()["AWS::IAM::User"].read(later, "bob")

    assert item.configuration["LoginProfile"] is None
    assert "iam:GetLoginProfile" in view.aws.used


def test_a_user_read_again_takes_the_report_there_is_and_trusts_it_for_nothing_durable(items, view, people):
    items("AWS::IAM::User")
    view.call("iam", "CreateUser", UserName="eve")
    again = replace(view, memo=Memo(), is_single=True)
    view.aws.used.clear()

    item = readers()["AWS::IAM::User"].read(again, "eve")

    assert item.configuration["MfaDevices"] == []
    assert "iam:GenerateCredentialReport" not in view.aws.used
    assert {"iam:GetLoginProfile", "iam:ListMFADevices"} <= view.aws.used


def test_access_keys_have_their_owner_and_status(items, view, people):
    [key] = items("AWS::IAM::AccessKey")

    assert (key.id, key.configuration["UserName"], key.configuration["Status"]) == (people["key"], "ann", "Active")
    assert "CreateDate" in key.observed
    assert readers()["AWS::IAM::AccessKey"].read(view, people["key"]).configuration == key.configuration


def test_a_deleted_access_key_is_gone(view, people):
    view.call("iam", "DeleteAccessKey", UserName="ann", AccessKeyId=people["key"])

    assert readers()["AWS::IAM::AccessKey"].read(view, people["key"]) is None


def test_roles_groups_and_policies_have_their_documents(items, view, people):
    view.call("iam", "CreateRole", RoleName="web", AssumeRolePolicyDocument=json.dumps(TRUST))
    view.call("iam", "AttachRolePolicy", RoleName="web", PolicyArn=people["policy"])

    [role] = items("AWS::IAM::Role")
    assert role.configuration["AssumeRolePolicyDocument"] == TRUST
    assert role.configuration["ManagedPolicyArns"] == [people["policy"]]
    assert [group.id for group in items("AWS::IAM::Group")] == ["staff"]
    [policy] = items("AWS::IAM::ManagedPolicy")
    assert policy.id == people["policy"]
    assert policy.configuration["PolicyDocument"] == ADMIN


def test_an_account_without_a_password_policy_says_so(items, view):
    assert items("AWS::IAM::AccountPasswordPolicy")[0].configuration == {"AccountId": view.account, "Exists": False}

    view.call("iam", "UpdateAccountPasswordPolicy", MinimumPasswordLength=14)

    found = items("AWS::IAM::AccountPasswordPolicy")[0].configuration
    assert (found["Exists"], found["MinimumPasswordLength"]) == (True, 14)


def test_the_root_user_has_its_mfa_and_keys_shown(items):
    [root] = items("AWS::IAM::Root")

    assert root.configuration["AccountMFAEnabled"] is False
    assert root.configuration["AccountAccessKeysPresent"] is False


def test_without_the_report_users_still_come_and_say_what_is_not_known(view, people, denying):
    item = readers()["AWS::IAM::User"].read(denying(view, "GenerateCredentialReport"), "ann")

    assert item.not_collected == {"/observed/PasswordLastUsed": "iam:GenerateCredentialReport was denied"}
    assert item.configuration["LoginProfile"] == {"PasswordResetRequired": False}


def test_a_denied_login_profile_is_not_taken_for_none(view, people, denying):
    later = replace(view, started_at=view.started_at + timedelta(hours=2))

    item = readers()["AWS::IAM::User"].read(denying(later, "GetLoginProfile"), "ann")

    assert item.not_collected["/LoginProfile"] == "iam:GetLoginProfile was denied"
    assert "LoginProfile" not in item.configuration
