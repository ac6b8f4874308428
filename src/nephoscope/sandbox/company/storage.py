"""Where the company's data lies, what guards it, and what passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.company.organisation import ALL_BLOCKED
from nephoscope.sandbox.company.policies import allow, document, public_read, tls_only

if TYPE_CHECKING:
    from nephoscope.sandbox.company.identities import Keys
    from nephoscope.sandbox.company.network import Site
    from nephoscope.sandbox.company.organisation import Organisation
    from nephoscope.sandbox.company.reach import Reach

# (name, region, blocks public access, what its policy says, default encryption, has versions)
BUCKETS: dict[str, tuple[tuple[str, str, bool, str, str, bool], ...]] = {
    "security": (("evidence", "us-east-1", True, "tls", "aws:kms", True),),
    "production": (
        ("customer-exports", "us-east-1", True, "tls", "aws:kms", True),
        ("invoices", "us-east-1", True, "tls", "aws:kms", True),
        ("invoices-eu", "eu-west-1", True, "tls", "aws:kms", True),
        ("shop-assets", "us-east-1", False, "public", "AES256", False),
        ("shop-assets-eu", "eu-west-1", False, "public", "AES256", False),
        ("backups", "us-west-2", True, "", "aws:kms", True),
        ("order-events", "us-east-1", True, "", "AES256", False),
        ("partner-drop", "eu-west-1", False, "", "AES256", False),
        ("reports", "ap-southeast-1", True, "tls", "AES256", True),
        ("old-website", "us-east-1", False, "acl", "", False),
    ),
    "development": (
        ("build-artifacts", "us-east-1", True, "", "AES256", False),
        ("build-cache", "us-east-1", False, "public", "", False),
        ("experiments", "eu-west-1", False, "", "AES256", False),
        ("preview-sites", "us-east-1", False, "public", "", False),
    ),
}
TABLES = (("orders", True, True), ("carts", False, False), ("sessions", False, False))
DATABASES = (
    ("orders", "postgres", {"StorageEncrypted": True, "MultiAZ": True, "BackupRetentionPeriod": 30}),
    ("reporting", "mysql", {"StorageEncrypted": False, "PubliclyAccessible": True, "BackupRetentionPeriod": 0}),
)
GROUPS = (("/aws/lambda/order-intake", 365), ("/shop/web", 0), ("/shop/audit", 30))
LEAK = "config/.env.deploy"


def bucket_name(organisation: Organisation, account: str, name: str) -> str:
    """The full name of one of `BUCKETS`."""
    owner = next(each for each in organisation.accounts if each.name == account)
    return f"meridian-{name}-{owner.id[-6:]}"


def fill(organisation: Organisation, sites: list[Site], keys: dict[str, Keys]) -> None:
    """Make buckets, and at every site tables, queues, topics, secrets and keys.

    keys: programs' keys; the development's build server has left its own in a cache that everybody reads.
    """
    for account in organisation.accounts:
        for bucket in BUCKETS[account.name]:
            _bucket(organisation, account.name, *bucket)
    _leak(organisation, keys["development/ci-build"])
    for site in sites:
        reach = organisation.reach(site.account)
        _keys(reach, site)
        _messages(reach, site)
        _secrets(reach, site)
        _groups(reach, site)
        if site.account.name != "security":
            _tables(reach, site)
            _databases(reach, site)
            _file_systems(reach, site)


def _bucket(organisation: Organisation, account: str, name: str, region: str, *rest: Any) -> None:
    is_blocked, policy, encryption, has_versions = rest
    owner = next(each for each in organisation.accounts if each.name == account)
    reach, full = organisation.reach(owner), bucket_name(organisation, account, name)
    s3 = reach.client("s3", region)
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=full, **place)
    reach.made_one("AWS::S3::Bucket", full, region)
    for number in range(3):
        s3.put_object(Bucket=full, Key=f"{name}/part-{number}.csv", Body=f"id,total\n{number},10\n".encode())
    if policy in ("tls", "public"):
        s3.put_bucket_policy(Bucket=full, Policy=tls_only(full) if policy == "tls" else public_read(full))
    elif policy == "acl":
        s3.put_bucket_acl(Bucket=full, ACL="public-read")
    if is_blocked:
        s3.put_public_access_block(Bucket=full, PublicAccessBlockConfiguration=ALL_BLOCKED)
    if encryption:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": encryption}}
        s3.put_bucket_encryption(Bucket=full, ServerSideEncryptionConfiguration={"Rules": [rule]})
    if has_versions:
        s3.put_bucket_versioning(Bucket=full, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=full, Tagging={"TagSet": [{"Key": "data", "Value": name}]})


def _leak(organisation: Organisation, key: Keys) -> None:
    text = f"AWS_ACCESS_KEY_ID={key.access_key_id}\nAWS_SECRET_ACCESS_KEY={key.secret}\nDEPLOY_ENV=preview\n"
    bucket = bucket_name(organisation, "development", "build-cache")
    s3 = organisation.reach(organisation.development).client("s3")
    s3.put_object(Bucket=bucket, Key=LEAK, Body=text.encode())


def _keys(reach: Reach, site: Site) -> None:
    kms = reach.client("kms", site.region)
    for name, is_rotated in (("data", True), ("logs", False)) if site.is_first else (("data", True),):
        made = kms.create_key(Description=f"{name} of {site.account.name}")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made)
        if is_rotated:
            kms.enable_key_rotation(KeyId=made)
        reach.made_one("AWS::KMS::Key", made, site.region)


def _messages(reach: Reach, site: Site) -> None:
    sqs, sns = reach.client("sqs", site.region), reach.client("sns", site.region)
    anybody = document({**allow("sqs:SendMessage"), "Principal": "*"})
    for name, attributes in (("jobs", {"KmsMasterKeyId": "alias/aws/sqs"}), ("intake", {"Policy": anybody})):
        sqs.create_queue(QueueName=name, Attributes=attributes)
        reach.made_one("AWS::SQS::Queue", name, site.region)
    for name, attributes in (("alarms", {"KmsMasterKeyId": "alias/aws/sns"}), ("orders", {})):
        topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
        reach.made_one("AWS::SNS::Topic", topic, site.region)


def _secrets(reach: Reach, site: Site) -> None:
    secrets = reach.client("secretsmanager", site.region)
    names = ("shop/database", "shop/payments") if site.is_first else ("shop/database",)
    for name in names:
        made = secrets.create_secret(Name=name, SecretString='{"user":"shop","password":"sandbox"}')["ARN"]
        reach.made_one("AWS::SecretsManager::Secret", made, site.region)


def _groups(reach: Reach, site: Site) -> None:
    logs = reach.client("logs", site.region)
    for name, days in GROUPS if site.is_first else GROUPS[:1]:
        logs.create_log_group(logGroupName=name)
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        reach.made_one("AWS::Logs::LogGroup", name, site.region)


def _tables(reach: Reach, site: Site) -> None:
    dynamodb = reach.client("dynamodb", site.region)
    for name, is_recoverable, is_protected in TABLES if site.is_first else TABLES[:2]:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=is_protected,
        )
        if is_recoverable:
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        reach.made_one("AWS::DynamoDB::Table", name, site.region)


def _databases(reach: Reach, site: Site) -> None:
    rds = reach.client("rds", site.region)
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="d", SubnetIds=list(site.private))
    reach.made_one("AWS::RDS::DBSubnetGroup", "private", site.region)
    for name, engine, options in DATABASES if site.is_first else DATABASES[:1]:
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.medium",
            Engine=engine,
            AllocatedStorage=20,
            MasterUsername="shop",
            MasterUserPassword="sandbox-only-1",  # noqa: S106 - worth nothing anywhere
            DBSubnetGroupName="private",
            VpcSecurityGroupIds=[site.groups["database"]],
            **options,
        )
        reach.made_one("AWS::RDS::DBInstance", name, site.region)


def _file_systems(reach: Reach, site: Site) -> None:
    efs = reach.client("efs", site.region)
    made = efs.create_file_system(CreationToken="shared", Encrypted=site.is_first)["FileSystemId"]  # noqa: S106
    reach.made_one("AWS::EFS::FileSystem", made, site.region)
