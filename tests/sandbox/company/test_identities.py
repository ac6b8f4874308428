import pytest

from nephoscope.sandbox.company.identities import GROUPS, POLICIES, ROLES, USERS
from nephoscope.sandbox.iam.policy import parse_policy

pytestmark = pytest.mark.slow


def test_every_user_is_hired_into_the_account_of_theirs(company, within):
    for account in company.accounts:
        users = {user["UserName"] for user in within(account).client("iam").list_users()["Users"]}
        assert {name for name, *_ in USERS[account.name]} <= users


def test_good_and_bad_are_mixed(company, within):
    strict, lax = (within(each).client("iam") for each in (company.security, company.production))
    lengths = [iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] for iam in (strict, lax)]
    assert lengths[0] >= 16 > lengths[1]
    iam = lax
    assert len(iam.list_access_keys(UserName="ci-deploy")["AccessKeyMetadata"]) == 2
    assert not iam.list_mfa_devices(UserName="ci-deploy")["MFADevices"]


def test_programs_keys_are_known(company):
    assert company.program_keys["development/ci-build"].access_key_id.startswith("AKIA")


def test_groups_and_roles_name_policies_that_exist():
    named = set(GROUPS.values()) | {rights for roles in ROLES.values() for _, _, rights in roles}
    assert all(name in {*POLICIES, "web-server", "order-function"} for name in named if not name.startswith("arn:"))
    assert all(parse_policy(text).statements for text in POLICIES.values())
