"""The organisation: its accounts, how one gets into them, its trail and where its logs lie."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from nephoscope.sandbox.company.policies import ADMINISTRATOR, allow, document, log_archive, trust
from nephoscope.sandbox.company.reach import Keys, Reach, root_keys

ACCESS_ROLE = "OrganizationAccountAccessRole"
READ_ROLE = "NephoscopeRead"
EXTERNAL_ID = "meridian-nephoscope"
RESPOND_ROLE = "NephoscopeRespond-{action}"
PRODUCT_USER = "nephoscope"
TRAIL = "organisation-trail"
DEVELOPMENT_TRAIL = "development-trail"


@dataclass(frozen=True)
class Account:
    """One account of the organisation."""

    id: str
    name: str

    def role_arn(self, name: str) -> str:
        """The ARN of one of its roles."""
        return f"arn:aws:iam::{self.id}:role/{name}"


@dataclass(frozen=True)
class Organisation:
    """The organisation with a reach of administrator's rights in each account."""

    id: str
    security: Account
    production: Account
    development: Account
    reaches: dict[str, Reach] = field(repr=False)

    @property
    def accounts(self) -> tuple[Account, Account, Account]:
        return self.security, self.production, self.development

    def reach(self, account: Account) -> Reach:
        """The administrator's reach into an account."""
        return self.reaches[account.id]


@dataclass(frozen=True)
class Logs:
    """Where the organisation's logs lie and who is told of them."""

    trail_bucket: str
    trail_queue_url: str
    flow_bucket: str
    flow_queue_url: str


def found(endpoint_url: str, management: str) -> Organisation:
    """Found the organisation and its two member accounts, and assume the access role in each.

    management: the account id of the organisation's management, where security works too.
    """
    root = Reach(endpoint_url, root_keys(management), user_agent="aws-cli/2.31.3 md/awscrt#0.27.6 ua/2.1")
    organizations = root.client("organizations")
    identity = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    production, development = (_account(organizations, name) for name in ("production", "development"))
    reaches = {management: root}
    for account in (production, development):
        _let_in(endpoint_url, account)
        reaches[account.id] = root.assume(account.role_arn(ACCESS_ROLE), "account-setup")
        reaches[account.id].made = []
    return Organisation(identity, Account(management, "security"), production, development, reaches)


def _account(organizations: Any, name: str) -> Account:
    made = organizations.create_account(AccountName=name, Email=f"aws-{name}@example.com")
    return Account(made["CreateAccountStatus"]["AccountId"], name)


def _let_in(endpoint_url: str, account: Account) -> None:
    """Give the access role its rights, as AWS does when it makes an account."""
    root = Reach(endpoint_url, root_keys(account.id))
    if root.client("sts").get_caller_identity()["Account"] == account.id:
        root.client("iam").attach_role_policy(RoleName=ACCESS_ROLE, PolicyArn=ADMINISTRATOR)


def keep_logs(organisation: Organisation) -> Logs:
    """Make the log archive, its queues, and the organisation's trail with file validation."""
    reach = organisation.reach(organisation.security)
    trail_bucket = f"meridian-log-archive-{organisation.security.id}"
    flow_bucket = f"meridian-flow-logs-{organisation.security.id}"
    trail_queue = _archive(reach, organisation, trail_bucket, "nephoscope-trail")
    flow_queue = _archive(reach, organisation, flow_bucket, "nephoscope-flow-logs")
    cloudtrail = reach.client("cloudtrail")
    cloudtrail.create_trail(
        Name=TRAIL,
        S3BucketName=trail_bucket,
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        IsOrganizationTrail=True,
    )
    cloudtrail.start_logging(Name=TRAIL)
    reach.made_one("AWS::CloudTrail::Trail", TRAIL)
    _careless_trail(organisation)
    return Logs(trail_bucket, trail_queue, flow_bucket, flow_queue)


def _careless_trail(organisation: Organisation) -> None:
    """Development's own old trail: one region, files not validated, a bucket of its own."""
    reach, account = organisation.reach(organisation.development), organisation.development.id
    bucket = f"meridian-development-trail-{account}"
    reach.client("s3").create_bucket(Bucket=bucket)
    reach.client("s3").put_bucket_policy(Bucket=bucket, Policy=log_archive(bucket, organisation.id, [account]))
    cloudtrail = reach.client("cloudtrail")
    cloudtrail.create_trail(Name=DEVELOPMENT_TRAIL, S3BucketName=bucket, IsMultiRegionTrail=False)
    cloudtrail.start_logging(Name=DEVELOPMENT_TRAIL)
    reach.made_one("AWS::S3::Bucket", bucket)
    reach.made_one("AWS::CloudTrail::Trail", DEVELOPMENT_TRAIL)


def _archive(reach: Reach, organisation: Organisation, bucket: str, queue: str) -> str:
    """A private bucket that tells a queue of each new object; returns the queue's URL."""
    s3, sqs = reach.client("s3"), reach.client("sqs")
    s3.create_bucket(Bucket=bucket)
    accounts = [account.id for account in organisation.accounts]
    s3.put_bucket_policy(Bucket=bucket, Policy=log_archive(bucket, organisation.id, accounts))
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=ALL_BLOCKED)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    arn = f"arn:aws:sqs:us-east-1:{organisation.security.id}:{queue}"
    sender = {
        **allow("sqs:SendMessage", arn),
        "Principal": {"Service": "s3.amazonaws.com"},
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    url = sqs.create_queue(QueueName=queue, Attributes={"Policy": document(sender), "VisibilityTimeout": "60"})
    told = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    prefix = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "AWSLogs/"}]}}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [{**told, "Filter": prefix}]}
    )
    reach.made_one("AWS::S3::Bucket", bucket)
    reach.made_one("AWS::SQS::Queue", queue)
    return url["QueueUrl"]


ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def let_the_product_read(organisation: Organisation, logs: Logs) -> Keys:
    """Make the product's user in the security account and its read role in every account; returns the user's keys."""
    security = organisation.security
    for account in organisation.accounts:
        iam = organisation.reach(account).client("iam")
        principal = f"arn:aws:iam::{security.id}:user/{PRODUCT_USER}"
        iam.create_role(RoleName=READ_ROLE, AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{security.id}:root"))
        iam.attach_role_policy(RoleName=READ_ROLE, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
        iam.put_role_policy(RoleName=READ_ROLE, PolicyName="read", PolicyDocument=document(allow(READS)))
        organisation.reach(account).made_one("AWS::IAM::Role", READ_ROLE)
        if account is security:
            iam.create_user(UserName=PRODUCT_USER)
            iam.put_user_policy(
                UserName=PRODUCT_USER, PolicyName="collect", PolicyDocument=_product_policy(organisation, logs)
            )
            organisation.reach(account).made_one("AWS::IAM::User", principal)
    made = organisation.reach(security).client("iam").create_access_key(UserName=PRODUCT_USER)["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])


def let_the_product_act(organisation: Organisation) -> None:
    """Make a role per action in every account, as `nephoscope roles --respond` prints it."""
    from nephoscope.respond.action import builtin
    from nephoscope.respond.role import response_policy

    trusted = document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{organisation.security.id}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    )
    for account in organisation.accounts:
        iam = organisation.reach(account).client("iam")
        for action, kind in builtin().kinds.items():
            name = RESPOND_ROLE.replace("{action}", action)
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
            if kind.permissions:
                permissions = json.dumps(response_policy(kind))
                iam.put_role_policy(RoleName=name, PolicyName="act", PolicyDocument=permissions)
            organisation.reach(account).made_one("AWS::IAM::Role", name)


# What SecurityAudit leaves out and an inventory reads.
READS = [
    "autoscaling:Describe*", "cloudtrail:Get*", "cloudtrail:List*", "cloudtrail:LookupEvents", "dynamodb:Describe*",
    "dynamodb:List*", "ec2:Describe*", "ec2:Get*", "ecr:Describe*", "ecr:Get*", "ecr:List*", "eks:Describe*",
    "eks:List*", "elasticfilesystem:Describe*", "elasticloadbalancing:Describe*", "iam:GenerateCredentialReport",
    "iam:Get*", "iam:List*", "kms:Describe*", "kms:Get*", "kms:List*", "lambda:GetFunction*", "lambda:GetPolicy",
    "lambda:List*", "logs:Describe*", "logs:List*", "organizations:Describe*", "organizations:List*", "rds:Describe*",
    "rds:List*", "s3:GetAccountPublicAccessBlock", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListAllMyBuckets",
    "secretsmanager:Describe*", "secretsmanager:GetResourcePolicy", "secretsmanager:List*", "sns:Get*", "sns:List*",
    "sqs:Get*", "sqs:List*", "tag:GetResources",
]  # fmt: skip


def _product_policy(organisation: Organisation, logs: Logs) -> str:
    buckets = [f"arn:aws:s3:::{name}" for name in (logs.trail_bucket, logs.flow_bucket)]
    queues: list[Any] = [
        f"arn:aws:sqs:us-east-1:{organisation.security.id}:{url.rpartition('/')[2]}"
        for url in (logs.trail_queue_url, logs.flow_queue_url)
    ]
    return document(
        allow(
            "sts:AssumeRole",
            [
                account.role_arn(name.replace("{action}", "*"))
                for account in organisation.accounts
                for name in (READ_ROLE, RESPOND_ROLE)
            ],
        ),
        allow(["s3:ListBucket", "s3:GetBucketLocation"], buckets),
        allow("s3:GetObject", [f"{bucket}/*" for bucket in buckets]),
        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"], queues),
        allow("cloudtrail:*Trail*"),
        allow(
            ["cloudtrail:ListPublicKeys", "cloudtrail:LookupEvents", "organizations:List*", "organizations:Describe*"]
        ),
    )
