"""The promise of `nephoscope roles`: on enforced IAM nothing that is printed is superfluous, and nothing is missing."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("moto")

from nephoscope.cli.roles import roles
from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.collect.collector import Fetched, fetched
from nephoscope.collect.completeness import hour_of
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.inventory.engine import Inventory, Plan, enabled_regions, readers
from nephoscope.inventory.resource import View
from nephoscope.model.errors import AccessDenied
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.flows import estate
from tests.flows.estate import ACCOUNT, REGION

pytestmark = pytest.mark.slow
ROLE = "NephoscopeRead"
QUEUE = "nephoscope"


@dataclass
class Estate:
    """An account on enforced IAM, its root, and what is printed for it."""

    root: Aws
    url: str
    sandbox: object
    trail: AwsCloudTrail
    policy: dict

    def deliver(self):
        """Have something happen, and a log file of it delivered and told of."""
        self.root.call("iam", "TagUser", UserName="ann", Tags=[{"Key": "seen", "Value": "yes"}])
        self.sandbox.steer("deliver")

    def allow(self, policy):
        """Give the role this policy; returns the account as the role reaches it."""
        self.root.call("iam", "PutRolePolicy", RoleName=ROLE, PolicyName="read", PolicyDocument=json.dumps(policy))
        role = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
        own = AwsAccount(ACCOUNT, access_key_id=f"AKIAROOT{ACCOUNT}", secret_access_key="sandbox", role=role)
        return Aws((own,), self.url, calls_per_s=1000)


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """A furnished account with a trail that tells a queue, and the role that is printed for it."""
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as sandbox:
        keys = AwsAccount(ACCOUNT, access_key_id=f"AKIAROOT{ACCOUNT}", secret_access_key="sandbox")
        root = Aws((keys,), sandbox.endpoint_url, calls_per_s=1000)
        estate.furnish(root)
        _keep_to_oneself(root)
        trail = _trail(root, sandbox)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        root.call("iam", "CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=document)
        printed = io.StringIO()
        with redirect_stdout(printed):
            roles(log_bucket=[trail.bucket], log_queue=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}")
        yield Estate(root, sandbox.endpoint_url, sandbox, trail, json.loads(printed.getvalue()))


def _keep_to_oneself(root):
    """Take back what resources' own policies grant to whoever comes: only the role's is to count."""
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*", "Resource": "*"}
    for key in root.call("kms", "ListKeys")["Keys"]:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [own]})
        root.call("kms", "PutKeyPolicy", KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    for topic in root.call("sns", "ListTopics")["Topics"]:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
        given = {"AttributeName": "Policy", "AttributeValue": policy}
        root.call("sns", "SetTopicAttributes", TopicArn=topic["TopicArn"], **given)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [nobody | {"Action": "ecr:PutImage"}]})
    root.call("ecr", "SetRepositoryPolicy", repositoryName="app", policyText=policy)


def _trail(root, sandbox):
    root.call("s3", "CreateBucket", Bucket="archive")
    url = root.call("sqs", "CreateQueue", QueueName=QUEUE)["QueueUrl"]
    told = {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}", "Events": ["s3:ObjectCreated:*"]}
    notify = {"QueueConfigurations": [told]}
    root.call("s3", "PutBucketNotificationConfiguration", Bucket="archive", NotificationConfiguration=notify)
    named = {"Name": "archived", "S3BucketName": "archive", "EnableLogFileValidation": True}
    root.call("cloudtrail", "CreateTrail", **named)
    root.call("cloudtrail", "StartLogging", Name="archived")
    root.call("iam", "CreateUser", UserName="somebody")
    sandbox.steer("deliver")
    sandbox.steer("digest")
    return AwsCloudTrail(bucket="archive", queue=url, account=ACCOUNT, region=REGION)


def read_everything(aws, only=None):
    """Every permission that was missing to read all types, each first resource again, and how many items there were."""
    chosen = tuple(reader for type_, reader in readers().items() if only is None or type_ in only)
    missing, items = set(), 0
    for listing in Inventory(aws, Plan(chosen, {ACCOUNT: (REGION,)}, workers=4)).run():
        missing |= {gap.permission or gap.cause for gap in listing.unseen}
        items += len(listing.items)
        for item in listing.items[:2]:
            missing |= read_again(aws, item)
    return missing, items


def read_again(aws, item):
    try:
        again = readers()[item.type].read(View(aws, ACCOUNT, REGION), item.id)
    except AccessDenied as error:
        return {error.permission}
    return {cause.removesuffix(" was denied") for cause in again.not_collected.values()} if again else {"gone"}


def read_logs(aws, trail):
    """Collect what a queue and what a listing announce, and verify it: how many files, and what was not seen."""
    found = []
    for source in (trail, AwsCloudTrail(bucket=trail.bucket, account=ACCOUNT, region=REGION)):
        answers = list(fetched(source, Clouds(aws), source.objects(Clouds(aws), set())))
        found += answers
        source.acknowledge(Clouds(aws), [one.object for one in answers if isinstance(one, Fetched)])
    now = datetime.now(UTC)
    _, gaps = Verifier("trail", trail, aws).evidence([], hour_of(now - timedelta(hours=1)), now)
    unseen = [each for each in found if not isinstance(each, Fetched)] + list(gaps)
    return len(found) - len(unseen), unseen


def actions(policy):
    return {action for one in policy["Statement"] for action in one["Action"]}


def without(policy, dropped):
    kept = [one | {"Action": [each for each in one["Action"] if each not in dropped]} for one in policy["Statement"]]
    return policy | {"Statement": [one for one in kept if one["Action"]]}


def test_the_printed_role_reads_everything_and_uses_all_that_it_was_given(account):
    aws = account.allow(account.policy)
    regions = enabled_regions(aws, ACCOUNT)
    missing, items = read_everything(aws)
    account.deliver()
    files, unseen = read_logs(aws, account.trail)

    assert REGION in regions
    assert missing == set()
    assert unseen == []
    assert files >= 2
    assert items > 60
    assert aws.used - {"sts:AssumeRole"} == actions(account.policy)


def in_turns():
    """Declared permissions in turns: no two of a turn belong to one reader, so that none hides another."""
    turns = []
    for permission in sorted({each for reader in readers().values() for each in reader.permissions}):
        asking = {type_ for type_, reader in readers().items() if permission in reader.permissions}
        turn = next((each for each in turns if not each[1] & asking), None)
        if turn is None:
            turns.append(turn := (set(), set()))
        turn[0].add(permission)
        turn[1].update(asking)
    return turns


@pytest.mark.parametrize(("dropped", "types"), in_turns(), ids=range(len(in_turns())))
def test_each_permission_that_is_taken_away_is_missed_and_named(account, dropped, types):
    missing, _ = read_everything(account.allow(without(account.policy, dropped)), types)

    assert missing == dropped


@pytest.mark.parametrize(
    "dropped",
    ["ec2:DescribeRegions", "s3:ListBucket", "s3:GetObject", "sqs:ReceiveMessage", "cloudtrail:ListPublicKeys"],
)
def test_without_what_logs_and_regions_need_a_denial_says_so(account, dropped):
    aws = account.allow(without(account.policy, {dropped}))
    account.deliver()
    try:
        enabled_regions(aws, ACCOUNT)
        _, unseen = read_logs(aws, account.trail)
        said = {getattr(each, "permission", "") for each in unseen}
    except AccessDenied as error:
        said = {error.permission}

    assert said == {dropped}
