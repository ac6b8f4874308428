import json

import pytest

from nephoscope.collect.aws_files import AwsLogFiles
from nephoscope.collect.digests import PERMISSIONS
from nephoscope.inventory.engine import readers
from nephoscope.inventory.role import Logs, Role

ROLE = Role(
    frozenset({"s3:ListAllMyBuckets", "ec2:DescribeVpcs"}),
    (Logs("trail-bucket", "arn:aws:sqs:eu-west-1:111122223333:logs", "arn:aws:kms:eu-west-1:111122223333:key/k"),),
    trust="111122223333",
    external_id="e-1",
)


def actions(policy):
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_a_policy_holds_what_was_declared_and_regions_and_nothing_else():
    policy = Role(frozenset({"s3:ListAllMyBuckets"})).policy()

    assert actions(policy) == {"s3:ListAllMyBuckets", "ec2:DescribeRegions"}


def test_logs_are_read_from_the_named_bucket_queue_and_key_only():
    by_action = {action: one["Resource"] for one in ROLE.policy()["Statement"] for action in one["Action"]}

    assert by_action["s3:GetObject"] == "arn:aws:s3:::trail-bucket/*"
    assert by_action["s3:ListBucket"] == "arn:aws:s3:::trail-bucket"
    assert by_action["sqs:ReceiveMessage"].endswith(":logs")
    assert by_action["kms:Decrypt"].endswith("key/k")


def test_what_reading_logs_needs_is_what_the_sources_declare():
    logs = actions({"Statement": Logs("b", "arn:q").statements()})

    assert logs == {*AwsLogFiles.permissions, *PERMISSIONS}


def test_the_role_asks_for_the_external_id():
    [statement] = ROLE.printed().assumed_by()["Statement"]

    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "e-1"}}


def test_statements_of_two_buckets_have_names_of_their_own():
    sids = [one["Sid"] for one in Role(frozenset(), (Logs("a-b"), Logs("c-d"))).policy()["Statement"]]

    assert len(sids) == len(set(sids))


def test_terraform_can_be_parsed_and_takes_no_text_for_a_template():
    hcl2 = pytest.importorskip("hcl2")

    text = Role(frozenset({"s3:ListAllMyBuckets"}), trust="111122223333", external_id="${file}").terraform()

    assert hcl2.loads(text)["resource"]
    assert "$${file}" in text


def test_cloudformation_accepts_the_template():
    pytest.importorskip("cfnlint")
    from cfnlint.api import lint_all

    found = lint_all(json.dumps(ROLE.cloudformation()))

    assert [match for match in found if not match.rule.id.startswith("I")] == []


def test_every_permission_is_one_that_iam_knows_and_only_reads():
    actions_of = pytest.importorskip("policy_sentry.querying.actions")
    every = {permission for reader in readers().values() for permission in reader.permissions}
    services = {permission.partition(":")[0] for permission in every}
    known = {action.lower() for service in services for action in actions_of.get_actions_for_service(service)}
    writing = {
        action.lower()
        for service in services
        for level in ("Write", "Permissions management", "Tagging")
        for action in actions_of.get_actions_with_access_level(service, level)
    }

    assert {permission for permission in every if permission.lower() not in known} == set()
    assert {permission for permission in every if permission.lower() in writing} == set()
