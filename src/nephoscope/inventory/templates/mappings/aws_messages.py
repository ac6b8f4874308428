"""Messages, keys, secrets and logs: SNS, SQS, KMS, Secrets Manager, CloudWatch Logs.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sns_topic
"""

from __future__ import annotations

from nephoscope.inventory.templates.fold import Fold
from nephoscope.inventory.templates.mapping import Json, One, To, Via

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name
TYPES: dict[str, To] = {
    "aws_sns_topic": To("AWS::SNS::Topic", {"name": "TopicName", "policy": Json("TopicPolicy.PolicyDocument")}),
    "aws_sns_topic_policy": To(
        "AWS::SNS::TopicPolicy",
        {"policy": Json("PolicyDocument"), "arn": "Topics"},
        folds=(Fold("AWS::SNS::Topic", "Topics", "TopicPolicy"),),
    ),
    "aws_sqs_queue": To("AWS::SQS::Queue", {"name": "QueueName", "policy": Json("QueuePolicy.PolicyDocument")}),
    "aws_sqs_queue_policy": To(
        "AWS::SQS::QueuePolicy",
        {"policy": Json("PolicyDocument"), "queue_url": "Queues"},
        folds=(Fold("AWS::SQS::Queue", "Queues", "QueuePolicy"),),
    ),
    "aws_kms_key": To(
        "AWS::KMS::Key",
        {"policy": Json("KeyPolicy"), "customer_master_key_spec": "KeySpec", "is_enabled": "Enabled"},
    ),
    "aws_kms_key_policy": To(
        "aws_kms_key_policy",
        {"policy": Json("Policy")},
        folds=(Fold("AWS::KMS::Key", "KeyId", "KeyPolicy", only="Policy"),),
    ),
    "aws_secretsmanager_secret": To(
        SECRET, {"name": "Name", "name_prefix": None, "policy": Json("ResourcePolicy.PolicyDocument")}
    ),
    "aws_secretsmanager_secret_policy": To(
        "AWS::SecretsManager::ResourcePolicy",
        {"policy": Json("PolicyDocument"), "secret_arn": "SecretId"},
        folds=(Fold(SECRET, "SecretId", "ResourcePolicy"),),
    ),
    "aws_secretsmanager_secret_rotation": To(
        "aws_secretsmanager_secret_rotation",
        {"rotation_rules": One("RotationRules"), "rotation_enabled": None},
        {"RotationEnabled": True},
        (Fold(SECRET, "SecretId"),),
    ),
    "aws_cloudwatch_log_group": To(
        "AWS::Logs::LogGroup",
        {
            "name": "LogGroupName",
            "name_prefix": None,
            "retention_in_days": Via("RetentionInDays", lambda days: days or None),
        },
    ),
}
