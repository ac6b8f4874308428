import json

import pytest
import typer

from nephoscope.cli.roles import roles


def test_the_policy_of_one_service_is_printed(capsys):
    roles(types="AWS::SNS")

    policy = json.loads(capsys.readouterr().out)
    assert {action for one in policy["Statement"] for action in one["Action"]} == {
        "ec2:DescribeRegions",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptions",
        "sns:ListTagsForResource",
        "sns:ListTopics",
    }


@pytest.mark.parametrize("format", ["cloudformation", "terraform"])
def test_a_role_names_who_may_assume_it(capsys, format):
    roles(format=format, trust="111122223333", external_id="e-1", log_bucket=["trail-bucket"])

    printed = capsys.readouterr().out
    assert "arn:aws:iam::111122223333:root" in printed
    assert "arn:aws:s3:::trail-bucket/*" in printed


def test_the_roles_of_actions_are_printed_apart(capsys):
    roles(respond="aws_tag_resource, aws_deny_role")

    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["NephoscopeRespond-aws_tag_resource", "NephoscopeRespond-aws_deny_role"]
    assert "ec2:CreateTags" in printed["NephoscopeRespond-aws_tag_resource"]["Statement"][0]["Action"]


def test_a_playbook_stands_for_its_actions(capsys):
    roles(respond="close_open_port,contain_role")

    assert list(json.loads(capsys.readouterr().out)) == [
        "NephoscopeRespond-aws_close_security_group_port",
        "NephoscopeRespond-aws_deny_role",
        "NephoscopeRespond-aws_revoke_role_sessions",
    ]


def test_the_role_that_keeps_evidence_holds_one_bucket_and_its_key(capsys):
    key = "arn:aws:kms:eu-west-1:111122223333:key/4c2f"
    roles(respond="aws_tag_resource", evidence_bucket="case-files", evidence_key=key)

    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["NephoscopeRespond-aws_tag_resource", "NephoscopeRespond-evidence"]
    kept = printed["NephoscopeRespond-evidence"]["Statement"]
    assert [one["Resource"] for one in kept] == ["arn:aws:s3:::case-files", "arn:aws:s3:::case-files/*", key]

    roles(evidence_bucket="case-files")
    assert "kms:" not in capsys.readouterr().out


@pytest.mark.parametrize("format", ["cloudformation", "terraform"])
def test_all_response_roles_are_printed_at_once(capsys, format):
    roles(format=format, respond="all", trust="111122223333")

    printed = capsys.readouterr().out
    assert "NephoscopeRespond-aws_isolate_instance" in printed
    assert "NephoscopeRead" not in printed


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "xml"},
        {"format": "terraform"},
        {"trust": "me"},
        {"log_bucket": ['b"]}']},
        {"log_bucket": ["logs"], "log_queue": "https://queue"},
        {"types": "AWS::Nothing"},
        {"respond": "aws_isolate"},
        {"evidence_bucket": "A/*"},
        {"evidence_bucket": "case-files", "evidence_key": "alias/evidence"},
        {"evidence_key": "arn:aws:kms:eu-west-1:111122223333:key/4c2f"},
    ],
    ids=str,
)
def test_a_wrong_option_is_named(wrong):
    with pytest.raises(typer.BadParameter):
        roles(**wrong)


def test_the_role_that_scans_disks_is_one_of_its_own(capsys):
    roles(scan=True)

    [(name, policy)] = json.loads(capsys.readouterr().out).items()
    assert name == "NephoscopeScan"
    assert any("ec2:DeleteSnapshot" in one["Action"] and one["Condition"] for one in policy["Statement"])
