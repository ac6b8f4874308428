"""Templates with answers that were not made here: AWS's own registry of Guard rules."""

import gzip
import json
from collections import Counter

import pytest
from tests.shared_data import shared

from nephoscope.assess.assessor import Assessor, builtin_checks
from nephoscope.inventory.templates import cloudformation
from nephoscope.inventory.templates.document import parse
from nephoscope.inventory.templates.items import items_of

SAME = {
    "AUTOSCALING_LAUNCH_CONFIG_PUBLIC_IP_DISABLED": "autoscaling_launch_configuration_assigns_no_public_ip",
    "CLOUDTRAIL_S3_DATAEVENTS_ENABLED": "cloudtrail_trail_records_object_writes",
    "CLOUDWATCH_LOG_GROUP_ENCRYPTED": "logs_log_group_is_encrypted_with_kms",
    "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED": "cloudtrail_trail_validates_log_files",
    "DYNAMODB_TABLE_ENCRYPTED_KMS": "dynamodb_table_is_encrypted_with_kms",
    "EC2_INSTANCE_PROFILE_ATTACHED": "ec2_instance_has_a_profile",
    "EFS_ENCRYPTED_CHECK": "efs_file_system_is_encrypted",
    "EKS_ENDPOINT_NO_PUBLIC_ACCESS": "eks_cluster_endpoint_is_private",
    "ELB_DELETION_PROTECTION_ENABLED": "elb_load_balancer_is_protected_from_deletion",
    "ELB_LOGGING_ENABLED": "elb_load_balancer_logs_requests",
    "ENCRYPTED_VOLUMES": "ec2_volume_is_encrypted",
    "IAM_NO_POLICY_ON_USER": "iam_user_has_no_policy_of_its_own",
    "IAM_ROLE_ELEVATED_MANAGED_POLICY_RULE": "iam_identity_is_no_administrator",
    "RDS_ENHANCED_MONITORING_ENABLED": "rds_instance_is_monitored_closely",
    "S3_BUCKET_LOGGING_ENABLED": "s3_bucket_logs_access",
    "S3_BUCKET_PUBLIC_READ_ACL": "s3_bucket_acl_is_not_public",
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED": "s3_bucket_blocks_public_access",
    "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED": "s3_bucket_has_default_encryption",
    "S3_BUCKET_SSL_REQUESTS_ONLY": "s3_bucket_requires_tls",
    "SECRETSMANAGER_ROTATION_ENABLED_CHECK": "secretsmanager_secret_rotates",
    "SNS_ENCRYPTED_KMS": "sns_topic_is_encrypted",
    "SQS_QUEUEPOLICY_NO_WILDCARD_PRINCIPAL": "sqs_queue_policy_is_not_public",
    "SQS_QUEUE_KMS_MASTER_KEY_ID_RULE": "sqs_queue_is_encrypted",
    "SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED": "vpc_subnet_assigns_no_public_ip",
}
# (rule, what their test is called) → why we say something else
OTHERWISE = {
    ("S3_BUCKET_PUBLIC_READ_ACL", "S3 bucket PublicReadWrite AccessControl"): "their rule asks about PublicRead alone",
    ("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", "S3 Bucket Encryption not set, FAIL"): (
        "since January 2023 S3 encrypts what does not say how"
    ),
    ("SQS_QUEUE_KMS_MASTER_KEY_ID_RULE", "SQS Queue without KmsMasterKeyId"): (
        "SQS encrypts by itself; our check asks for encryption, theirs for a KMS key"
    ),
}
CLASSIC = "AWS::ElasticLoadBalancing::LoadBalancer"


def cases():
    with gzip.open(shared("cfn_guard_tests") / "tests.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def is_silenced(template):
    """Whether the template asks to be passed over; ours are not silenced by what they judge, but by waivers."""
    text = json.dumps(template)
    return "SuppressedRules" in text or "rules_to_suppress" in text


def answer(case):
    document = parse(json.dumps(case["template"]), "template.json")
    if "Resources" not in (document or {}):
        return "SKIP"
    declared, _ = cloudformation.declared(document, "template.json")
    assessor = Assessor([builtin_checks()[SAME[case["rule"]]]])
    verdicts = {type(verdict).__name__ for item in items_of(declared) for _, verdict in assessor.judge(item)}
    return next((word.upper() for word in ("Fail", "Unknown", "Pass") if word in verdicts), "SKIP")


@pytest.fixture(scope="module")
def answers():
    """Each case of a rule that we have too, with our answer; silenced ones and classic load balancers apart."""
    return [
        (case, answer(case))
        for case in cases()
        if case["rule"] in SAME and not is_silenced(case["template"]) and CLASSIC not in json.dumps(case["template"])
    ]


def test_we_agree_on_every_template_but_those_listed_with_a_reason(answers):
    other = {(case["rule"], case["test"]) for case, ours in answers if ours != case["expected"]}
    assert other == set(OTHERWISE)


def test_enough_is_compared_to_mean_something(answers):
    expected = Counter(case["expected"] for case, _ in answers)
    assert expected["PASS"] >= 35
    assert expected["FAIL"] >= 40


def test_every_template_is_read_whatever_it_holds():
    for case in cases():
        document = parse(json.dumps(case["template"]), "template.json")
        if isinstance(document, dict) and document.get("Resources"):
            declared, _ = cloudformation.declared(document, "template.json")
            assert len(list(items_of(declared))) <= len(document["Resources"])
