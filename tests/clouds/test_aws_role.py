import json

import pytest

from nephoscope.clouds.aws_role import PrintedRole, by_service, cloudformation, pascal, policy, terraform

POLICY = policy(by_service(["ec2:CreateTags", "iam:PutRolePolicy", "ec2:CreateTags"], "Respond"))
ROLES = [PrintedRole(name, "Does one thing", POLICY, "111122223333", "e-${1}") for name in ("OneThing", "AnotherThing")]


def test_a_policy_has_one_statement_per_service_and_each_action_once():
    assert [(one["Sid"], one["Action"], one["Resource"]) for one in POLICY["Statement"]] == [
        ("RespondEc2", ["ec2:CreateTags"], "*"),
        ("RespondIam", ["iam:PutRolePolicy"], "*"),
    ]


def test_one_template_makes_several_roles():
    template = cloudformation(ROLES)

    assert set(template["Resources"]) == {"OneThing", "OneThingPolicy", "AnotherThing", "AnotherThingPolicy"}
    assert set(template["Outputs"]) == {"OneThingArn", "AnotherThingArn"}
    assert set(cloudformation(ROLES[:1])["Outputs"]) == {"RoleArn"}


def test_cloudformation_accepts_the_template():
    pytest.importorskip("cfnlint")
    from cfnlint.api import lint_all

    found = lint_all(json.dumps(cloudformation(ROLES)))

    assert [match for match in found if not match.rule.id.startswith("I")] == []


def test_terraform_of_several_roles_can_be_parsed():
    hcl2 = pytest.importorskip("hcl2")
    text = terraform(ROLES)

    assert len(hcl2.loads(text)["resource"]) == 6
    assert 'output "another_thing_role_arn"' in text
    assert "$${1}" in text


def test_names_are_put_together_from_words():
    role = PrintedRole("Respond-aws_isolate_instance", "", POLICY)
    assert role.logical_id == "RespondAwsIsolateInstance"
    assert 'resource "aws_iam_role" "respond_aws_isolate_instance"' in role.terraform()
    assert pascal("access-analyzer") == "AccessAnalyzer"
