"""Events say which resources to read again, and who changed them: logs and clouds together, on a sandbox."""

import pytest

from nephoscope.assess.assessor import Assessor
from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.detect.rule import RuleSet
from nephoscope.inventory.engine import Plan, readers
from nephoscope.inventory.written import written
from nephoscope.keep import Stores
from nephoscope.pipeline import Items, Logs
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from nephoscope.store.findings import get_findings
from nephoscope.store.items import item_history
from nephoscope.store.ledger import open_ledger
from tests.flows.folder_source import listener

ACCOUNT = "111111111111"
TYPES = ("AWS::S3::Bucket", "AWS::IAM::User")
BUCKET = (ACCOUNT, "us-east-1", "AWS::S3::Bucket", "company-files")
USER = (ACCOUNT, "global", "AWS::IAM::User", "visitor")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


class Account:
    """A sandbox's account with a bucket and a trail, and the two arrows that watch it."""

    def __init__(self, sandbox, stores):
        self.sandbox = sandbox
        keys = AwsAccount(ACCOUNT, access_key_id=f"AKIAROOT{ACCOUNT}", secret_access_key="sandbox")
        self.aws = Aws((keys,), sandbox.endpoint_url)
        self.s3, self.iam = self.aws.client("s3"), self.aws.client("iam")
        for name in ("trail-logs", "company-files"):
            self.s3.create_bucket(Bucket=name)
        self.aws.client("cloudtrail").create_trail(Name="main", S3BucketName="trail-logs", IsMultiRegionTrail=True)
        self.aws.client("cloudtrail").start_logging(Name="main")
        plan = Plan(tuple(readers()[name] for name in TYPES), {ACCOUNT: ("us-east-1",)}, workers=2)
        self.items = Items(self.aws, plan, stores, Assessor())
        source = AwsCloudTrail(bucket="trail-logs", account=ACCOUNT, region="us-east-1")
        self.logs = Logs("trail", source, Clouds(self.aws), stores, RuleSet(), written, self.items.see_to)

    def deliver(self):
        self.sandbox.steer("deliver")
        self.logs.collect()

    def latest(self, key=BUCKET):
        return item_history(self.items.stores.lake, key, limit=1)[0]

    def block_bucket(self, *, is_blocked):
        settings = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), is_blocked
        )
        self.s3.put_public_access_block(Bucket="company-files", PublicAccessBlockConfiguration=settings)

    def tag(self):
        self.s3.put_bucket_tagging(Bucket="company-files", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})


@pytest.fixture
def account(tmp_path, lake):
    """That account, watched from before anything is changed."""
    pace = Pace(3600, 3600, 3600)
    with start(tmp_path / "sandbox", pace=pace) as sandbox, open_ledger(str(tmp_path / "ledger.db")) as ledger:
        watched = Account(sandbox, Stores(lake, ledger, listener()))
        watched.block_bucket(is_blocked=True)
        watched.items.take()
        watched.deliver()
        yield watched


def named(revision):
    return {change["path"]: change["actor"] for change in revision.attribution.get("changes", ())}


def test_a_write_event_has_the_resource_read_again_and_names_who_did_it(account):
    account.tag()
    account.deliver()

    latest = account.latest()
    assert latest.attribution["operation"] == "PutBucketTagging"
    assert latest.attribution["actor"]["uid"] == ROOT
    assert latest.changed


def test_a_change_that_was_seen_before_its_event_is_attributed_when_the_event_comes(account):
    account.tag()
    account.items.take()
    assert not account.latest().attribution
    account.deliver()

    assert account.latest().attribution["operation"] == "PutBucketTagging"
    assert len(item_history(account.items.stores.lake, BUCKET)) == 2


def test_a_revision_whose_changes_are_named_in_part_is_completed_by_later_events(account):
    account.iam.create_user(UserName="visitor")
    account.deliver()
    account.iam.tag_user(UserName="visitor", Tags=[{"Key": "a", "Value": "b"}])
    account.sandbox.steer("deliver")
    account.iam.create_login_profile(UserName="visitor", Password="Xk29-ajw-Lw81")
    account.logs.collect()
    partly = account.latest(USER)
    account.deliver()
    wholly = account.latest(USER)

    assert named(partly)["/LoginProfile"] == ""
    assert named(wholly)["/LoginProfile"] == ROOT
    assert wholly.captured_at == partly.captured_at


def test_a_finding_that_a_change_made_names_the_change_and_its_actor(account):
    account.block_bucket(is_blocked=False)
    account.deliver()

    with account.items.stores.ledger.read() as connection:
        found = get_findings(connection, {finding.uid for finding in account.items.stores.listener.findings})
    made = [stored for stored in found.values() if stored.change.get("operation") == "PutBucketPublicAccessBlock"]
    assert made
    assert all(stored.finding.actor.uid == ROOT for stored in made)
