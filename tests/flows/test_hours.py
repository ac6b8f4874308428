"""LOGS ─ digests ─► hours, on a sandbox that logs and signs as AWS does."""

import gzip
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.detect.loading import load_rules
from nephoscope.keep import Stores, keep_hours
from nephoscope.model.coverage import Hour, HourState
from nephoscope.model.finding import Status
from nephoscope.pipeline import Hours, Logs
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from nephoscope.store.findings import get_findings
from nephoscope.store.hours import list_hours
from nephoscope.store.ledger import open_ledger
from tests.flows.folder_source import listener

ACCOUNT = "111111111111"
BUCKET = "trail-logs"


@pytest.fixture
def account(tmp_path):
    """A sandbox with a trail; it delivers logs and digests when asked."""
    with start(tmp_path / "sandbox", pace=Pace(3600, 3600, 3600)) as sandbox:
        aws = Aws(
            (AwsAccount(ACCOUNT, access_key_id=f"AKIAROOT{ACCOUNT}", secret_access_key="sandbox"),),
            sandbox.endpoint_url,
        )
        aws.client("s3").create_bucket(Bucket=BUCKET)
        aws.client("cloudtrail").create_trail(
            Name="main", S3BucketName=BUCKET, IsMultiRegionTrail=True, EnableLogFileValidation=True
        )
        aws.client("cloudtrail").start_logging(Name="main")
        yield aws, sandbox


@pytest.fixture
def trail(account, tmp_path, lake):
    """Reads and verifies that trail; `act` makes events, and delivers them with a digest."""
    aws, sandbox = account
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        stores = Stores(lake, ledger, listener())
        source = AwsCloudTrail(bucket=BUCKET, account=ACCOUNT, region="us-east-1")
        yield Trail(aws, sandbox, stores, source)


class Trail:
    """A trail, from its calls to the state of its hours."""

    def __init__(self, aws, sandbox, stores, source):
        self.s3 = aws.client("s3")
        self.sandbox = sandbox
        self.stores = stores
        self.logs = Logs("trail", source, Clouds(aws), stores, load_rules())
        self.hours = Hours("trail", Verifier("trail", source, aws), stores)

    def act(self):
        self.s3.list_buckets()
        time.sleep(1.1)  # a digest covers a second at least
        self.sandbox.steer("deliver")
        self.sandbox.steer("digest")

    def files(self, folder="CloudTrail/"):
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [each["Key"] for each in found if f"/{folder}" in each["Key"] and "us-east-1" in each["Key"]]

    def states(self):
        """{state: what is said of it} of us-east-1, after a look."""
        self.logs.collect()
        self.hours.verify()
        now = datetime.now(UTC)
        with self.stores.ledger.read() as connection:
            found = list_hours(connection, now - timedelta(hours=3), now + timedelta(hours=1))
        return {hour.state: " ".join(hour.reasons) for hour in found if hour.region == "us-east-1"}

    def titles(self):
        return [finding.title for finding in self.stores.listener.findings if finding.kind == "integrity"]


def test_an_hour_of_which_nothing_is_wrong_waits_for_its_digest_and_is_no_finding(trail):
    trail.act()
    trail.act()

    assert set(trail.states()) <= {HourState.PENDING, HourState.VERIFIED}
    assert trail.titles() == []


@pytest.mark.parametrize("is_read_before", [True, False], ids=["after it was read", "before it was read"])
def test_a_deleted_log_file_is_named(trail, is_read_before):
    trail.act()
    trail.act()
    if is_read_before:
        trail.states()
    gone = trail.files()[0]
    trail.s3.delete_object(Bucket=BUCKET, Key=gone)

    assert gone in trail.states()[HourState.MISSING]
    assert trail.titles() == ["Log files or their digests are missing"]


def test_a_changed_log_file_is_named_and_the_finding_is_critical(trail):
    trail.act()
    trail.act()
    changed = trail.files()[0]
    text = gzip.decompress(trail.s3.get_object(Bucket=BUCKET, Key=changed)["Body"].read())
    trail.s3.put_object(Bucket=BUCKET, Key=changed, Body=gzip.compress(text.replace(b"ListBuckets", b"GetObjects!")))

    assert changed in trail.states()[HourState.TAMPERED]
    assert trail.stores.listener.findings[-1].severity == "critical"


def test_an_injected_log_file_is_named(trail):
    trail.act()
    trail.act()
    body = trail.s3.get_object(Bucket=BUCKET, Key=trail.files()[0])["Body"].read()
    injected = trail.files()[0].replace(".json.gz", "x.json.gz")
    trail.s3.put_object(Bucket=BUCKET, Key=injected, Body=body)
    trail.act()
    trail.act()

    assert injected in trail.states()[HourState.TAMPERED]


def test_a_forged_digest_is_named(trail):
    trail.act()
    trail.act()
    forged = trail.files("CloudTrail-Digest/")[0]
    stored = trail.s3.get_object(Bucket=BUCKET, Key=forged)
    text = gzip.decompress(stored["Body"].read()).replace(b'"digestEndTime"', b'"digestEndTime" ')
    trail.s3.put_object(Bucket=BUCKET, Key=forged, Body=gzip.compress(text), Metadata=stored["Metadata"])

    assert forged in trail.states()[HourState.TAMPERED]


def test_a_deleted_digest_is_named(trail):
    for _ in range(3):
        trail.act()
    gone = trail.files("CloudTrail-Digest/")[1]
    trail.s3.delete_object(Bucket=BUCKET, Key=gone)

    assert gone in trail.states()[HourState.MISSING]


def test_a_trail_that_delivers_nothing_is_out_of_sight_and_not_fine(trail):
    assert trail.states() == {}
    assert any("holds neither log files nor digests" in gap.cause for gap in trail.stores.listener.gaps)
    assert any("holds no folder <account>/CloudTrail/" in gap.cause for gap in trail.stores.listener.gaps)

    trail.act()
    trail.states()
    assert trail.stores.listener.gaps == []


def test_a_finding_about_an_hour_ends_by_proof_only(trail):
    hour = Hour("trail", ACCOUNT, "us-east-1", datetime(2026, 1, 2, 3, tzinfo=UTC), HourState.TAMPERED, ("changed",))
    now = datetime.now(UTC)
    statuses = []
    for state in (HourState.TAMPERED, HourState.UNREADABLE, HourState.UNVERIFIABLE, HourState.VERIFIED):
        keep_hours(trail.stores, [replace(hour, state=state)], now)
        with trail.stores.ledger.read() as connection:
            [stored] = get_findings(connection, [each.uid for each in trail.stores.listener.findings]).values()
        statuses.append(stored.status)

    assert statuses == [Status.OPEN] * 3 + [Status.RESOLVED]
