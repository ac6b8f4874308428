import pytest

from nephoscope.respond.action import builtin
from nephoscope.respond.role import response_policy, response_role, role_name


def granted(policy):
    return [each for one in policy["Statement"] if one["Effect"] == "Allow" for each in one["Action"]]


def test_a_role_holds_what_its_action_declares_and_nothing_else():
    for name, action in builtin().kinds.items():
        assert sorted(granted(response_policy(action))) == sorted(action.permissions), name


def test_no_two_actions_share_a_role_and_iam_takes_the_names():
    names = [role_name(name) for name in builtin().kinds]

    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 64
    assert role_name("aws_isolate_instance") == "NephoscopeRespond-aws_isolate_instance"


def test_what_may_change_roles_may_not_change_ours():
    deny = response_policy(builtin().kinds["aws_deny_role"])["Statement"][-1]

    assert (deny["Effect"], deny["Action"]) == ("Deny", ["iam:DeleteRolePolicy", "iam:PutRolePolicy"])
    assert "arn:*:iam::*:role/Nephoscope*" in deny["Resource"]
    assert {one["Effect"] for one in response_policy(builtin().kinds["aws_tag_resource"])["Statement"]} == {"Allow"}


def test_a_role_says_what_it_is_for():
    role = response_role("aws_restart_trail", builtin().kinds["aws_restart_trail"], "111122223333")

    assert role.description == "Nephoscope: Start a CloudTrail trail that was stopped."
    assert role.assumed_by()["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_every_permission_is_one_that_iam_knows():
    query = pytest.importorskip("policy_sentry.querying.actions")
    every = {permission for action in builtin().kinds.values() for permission in action.permissions}
    services = {permission.partition(":")[0] for permission in every}
    known = {action.lower() for service in services for action in query.get_actions_for_service(service)}

    assert {permission for permission in every if permission.lower() not in known} == set()
