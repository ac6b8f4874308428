"""Ordinary changes of where data lies and what runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.company.organisation import ALL_BLOCKED
from nephoscope.sandbox.company.policies import allow, document, tls_only

if TYPE_CHECKING:
    from nephoscope.sandbox.changes.script import Actor, Script


def change(script: Script) -> None:
    """Buckets, databases, tables, queues, topics, secrets, keys, functions, images, clusters, trails."""
    production = script.company.production
    pipeline = script.role(production, "ReleasePipeline", "release-4711")
    database = script.user(production, "database-operator")
    engineer = script.role(production, "PlatformEngineer", "data-team")
    bucket(script, pipeline, f"meridian-analytics-{production.id[-6:]}")
    tables(script, database)
    databases(script, script.role(production, "DatabaseOperator", "database-team"))
    keys(script, database)
    messages(script, engineer)
    secrets(script, engineer)
    functions(script, pipeline)
    images(script, script.user(production, "release-manager"))
    clusters(script, engineer)
    trails(script, script.role(script.company.development, "Developer", "old-trail"))


def bucket(script: Script, actor: Actor, name: str) -> None:
    """A bucket is made, secured step by step, and another one's tags change."""

    def do(call: str, **parameters: Any) -> None:
        script.do(actor, f"s3.{call}", "S3::Bucket", name, Bucket=name, **parameters)

    do("create_bucket")
    do("put_public_access_block", PublicAccessBlockConfiguration=ALL_BLOCKED)
    do("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    do("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]})
    do("put_bucket_policy", Policy=tls_only(name))
    do("put_bucket_tagging", Tagging={"TagSet": [{"Key": "data", "Value": "analytics"}]})
    do("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})
    do("delete_bucket_policy")
    do("delete_public_access_block")


def tables(script: Script, actor: Actor) -> None:
    """A table gets backups and protection, another one comes and goes."""
    kind = "DynamoDB::Table"
    recovery = {"PointInTimeRecoveryEnabled": True}
    script.do(
        actor, "dynamodb.update_continuous_backups", kind, "carts",
        TableName="carts", PointInTimeRecoverySpecification=recovery,
    )  # fmt: skip
    script.do(actor, "dynamodb.update_table", kind, "carts", TableName="carts", DeletionProtectionEnabled=True)
    script.do(
        actor, "dynamodb.create_table", kind, "vouchers", TableName="vouchers", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    script.do(actor, "dynamodb.delete_table", kind, "vouchers", TableName="vouchers")


def databases(script: Script, actor: Actor) -> None:
    """The reporting database is closed, and one more is made and deleted."""
    kind, place = "RDS::DBInstance", {"region": "us-east-1"}
    for option in ({"PubliclyAccessible": False}, {"BackupRetentionPeriod": 7}, {"DeletionProtection": True}):
        modified = {"DBInstanceIdentifier": "reporting", **option}
        script.do(actor, "rds.modify_db_instance", kind, "reporting", **place, **modified)
    made = {
        "DBInstanceIdentifier": "trial",
        "DBInstanceClass": "db.t3.micro",
        "Engine": "postgres",
        "AllocatedStorage": 20,
        "MasterUsername": "trial",
        "MasterUserPassword": "sandbox-only-1",
    }
    script.do(actor, "rds.create_db_instance", kind, "trial", **place, **made)
    gone = {"DBInstanceIdentifier": "trial", "SkipFinalSnapshot": True}
    script.do(actor, "rds.delete_db_instance", kind, "trial", **place, **gone)


def keys(script: Script, actor: Actor) -> None:
    """A key is made, rotated, disabled and scheduled for deletion."""
    kind = "KMS::Key"
    made = script.do(actor, "kms.create_key", kind, ".KeyMetadata.KeyId", Description="vouchers")
    key = made["KeyMetadata"]["KeyId"]
    for call in ("enable_key_rotation", "disable_key_rotation", "disable_key", "enable_key"):
        script.do(actor, f"kms.{call}", kind, key, KeyId=key)
    script.do(actor, "kms.schedule_key_deletion", kind, key, KeyId=key, PendingWindowInDays=7)


def messages(script: Script, actor: Actor) -> None:
    """A queue and a topic get keys and policies; a queue of old goes."""
    kind = "SQS::Queue"
    url = script.do(actor, "sqs.create_queue", kind, ".QueueUrl", QueueName="vouchers")["QueueUrl"]
    encrypted = {"KmsMasterKeyId": "alias/aws/sqs"}
    script.do(actor, "sqs.set_queue_attributes", kind, url, QueueUrl=url, Attributes=encrypted)
    script.do(actor, "sqs.tag_queue", kind, url, QueueUrl=url, Tags={"team": "shop"})
    script.do(actor, "sqs.delete_queue", kind, url, QueueUrl=url)
    kind = "SNS::Topic"
    topic = script.do(actor, "sns.create_topic", kind, ".TopicArn", Name="vouchers")["TopicArn"]
    name = {"AttributeName": "DisplayName", "AttributeValue": "Vouchers"}
    script.do(actor, "sns.set_topic_attributes", kind, topic, TopicArn=topic, **name)
    policy = document({**allow("sns:Publish", topic), "Principal": {"AWS": script.company.development.id}})
    given = {"AttributeName": "Policy", "AttributeValue": policy}
    script.do(actor, "sns.set_topic_attributes", kind, topic, TopicArn=topic, **given)
    script.do(actor, "sns.delete_topic", kind, topic, TopicArn=topic)


def secrets(script: Script, actor: Actor) -> None:
    """A secret is made, shared, tagged and deleted."""
    kind = "SecretsManager::Secret"
    secret = script.do(actor, "secretsmanager.create_secret", kind, ".ARN", Name="vouchers", SecretString="x")["ARN"]
    reader = {**allow("secretsmanager:GetSecretValue"), "Principal": {"AWS": script.company.development.id}}
    call = "secretsmanager.put_resource_policy"
    script.do(actor, call, kind, secret, SecretId=secret, ResourcePolicy=document(reader))
    tags = [{"Key": "team", "Value": "shop"}]
    script.do(actor, "secretsmanager.tag_resource", kind, secret, SecretId=secret, Tags=tags)
    script.do(actor, "secretsmanager.delete_secret", kind, secret, SecretId=secret, RecoveryWindowInDays=7)


def functions(script: Script, actor: Actor) -> None:
    """A function's settings and rights change with a release."""
    kind, name = "Lambda::Function", "order-export"
    call = "lambda.update_function_configuration"
    script.do(actor, call, kind, name, FunctionName=name, Timeout=30)
    script.do(actor, call, kind, name, FunctionName=name, Runtime="python3.13")
    variables = {"Variables": {"TABLE": "orders"}}
    script.do(actor, call, kind, name, FunctionName=name, Environment=variables)
    opened = {"StatementId": "events", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    script.do(actor, "lambda.add_permission", kind, name, FunctionName=name, **opened)
    script.do(actor, "lambda.remove_permission", kind, name, FunctionName=name, StatementId="events")
    script.do(actor, "lambda.delete_function", kind, "image-resize", FunctionName="image-resize")


def images(script: Script, actor: Actor) -> None:
    """A repository for images is made, and its tags fixed."""
    kind, name = "ECR::Repository", "shop/vouchers"
    script.do(actor, "ecr.create_repository", kind, name, repositoryName=name)
    fixed = {"imageTagMutability": "IMMUTABLE"}
    script.do(actor, "ecr.put_image_tag_mutability", kind, name, repositoryName=name, **fixed)
    scanned = {"scanOnPush": True}
    call = "ecr.put_image_scanning_configuration"
    script.do(actor, call, kind, name, repositoryName=name, imageScanningConfiguration=scanned)
    script.do(actor, "ecr.delete_repository", kind, "tools/build", repositoryName="tools/build")


def clusters(script: Script, actor: Actor) -> None:
    """The cluster's API is opened to the office."""
    opened = {"endpointPublicAccess": True, "publicAccessCidrs": ["198.51.100.0/24"]}
    script.do(actor, "eks.update_cluster_config", "EKS::Cluster", "shop", name="shop", resourcesVpcConfig=opened)
    arn = f"arn:aws:eks:us-east-1:{actor.account.id}:cluster/shop"
    script.do(actor, "eks.tag_resource", "EKS::Cluster", "shop", resourceArn=arn, tags={"team": "platform"})


def trails(script: Script, actor: Actor) -> None:
    """Development's old trail begins to validate its files, pauses and goes on."""
    kind, name = "CloudTrail::Trail", script.company.development_trail
    script.do(actor, "cloudtrail.update_trail", kind, name, Name=name, EnableLogFileValidation=True)
    script.do(actor, "cloudtrail.stop_logging", kind, name, Name=name)
    script.do(actor, "cloudtrail.start_logging", kind, name, Name=name)
