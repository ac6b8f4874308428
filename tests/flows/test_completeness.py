"""Delete, alter, reorder or inject log files: the hour is flagged and the file is named."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("moto")
pytest.importorskip("pyarrow")

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.collect.collector import Job, fetched, grouped, work
from nephoscope.collect.completeness import Ingested, hour_of, hours
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.model.coverage import HourState
from nephoscope.sandbox.caller import root_access_key_id
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.sandbox.conftest import ACCOUNT, Clients

pytestmark = pytest.mark.slow
SOURCE = AwsCloudTrail(bucket="logs")


@pytest.fixture(scope="module")
def trail(tmp_path_factory):
    """A sandbox's trail of four digests, each with a log file: its clients, and our way to it."""
    with start(tmp_path_factory.mktemp("trail"), pace=Pace(3600, 3600, 3600)) as sandbox:
        clients = Clients(sandbox)
        clients("s3").create_bucket(Bucket="logs")
        clients("cloudtrail").create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
        clients("cloudtrail").start_logging(Name="main")
        for number in range(4):
            clients("iam").create_user(UserName=f"user-{number}")
            sandbox.steer("digest")
            time.sleep(1.1)
        keys = AwsAccount(id=ACCOUNT, access_key_id=root_access_key_id(ACCOUNT), secret_access_key="sandbox")
        yield clients, Aws((keys,), endpoint_url=sandbox.endpoint_url)


@pytest.fixture
def change(trail):
    """Change objects for the length of a test: give content, None to delete, or another's key to copy it."""
    clients, _ = trail
    s3, before = clients("s3"), {}

    def one(key, content):
        found = s3.get_object(Bucket="logs", Key=key) if "injected" not in key else None
        before[key] = found and (found["Body"].read(), found["Metadata"])
        if content is None:
            s3.delete_object(Bucket="logs", Key=key)
        else:
            s3.put_object(Bucket="logs", Key=key, Body=content, Metadata=found["Metadata"] if found else {})

    yield one
    for key, kept in before.items():
        if kept is None:
            s3.delete_object(Bucket="logs", Key=key)
        else:
            s3.put_object(Bucket="logs", Key=key, Body=kept[0], Metadata=kept[1])


def stored(trail, folder):
    listed = trail[0]("s3").list_objects_v2(Bucket="logs")["Contents"]
    return sorted(one["Key"] for one in listed if f"/{folder}/" in one["Key"])


def content(trail, key):
    return trail[0]("s3").get_object(Bucket="logs", Key=key)["Body"].read()


def ingested(trail):
    """What is in the bucket, read as the collector reads it."""
    clouds = Clouds(trail[1])
    read = []
    for group in grouped(fetched(SOURCE, clouds, SOURCE.objects(clouds, ()))):
        read += work(Job(AwsCloudTrail, group, "b")).reads
    return [Ingested(one.object.uri, one.sha256, one.object.delivered_at) for one in read]


def audited(trail, read=None):
    """The hours that hold the trail, and all their reasons."""
    read = ingested(trail) if read is None else read
    now = datetime.now(UTC)
    since = hour_of(now) - timedelta(hours=2)
    evidence, gaps = Verifier("trail", SOURCE, trail[1]).evidence(read, since, now)
    assert gaps == []
    found = [hour for one in evidence for hour in hours(one, since, now)]
    return {hour.state for hour in found}, " ".join(reason for hour in found for reason in hour.reasons)


def test_a_trail_that_nobody_touched_has_nothing_to_report_but_what_is_due(trail):
    states, _ = audited(trail)
    assert states <= {HourState.VERIFIED, HourState.PENDING, HourState.LATE, HourState.NOT_LOGGING}


def test_a_changed_log_file_is_named(trail, change):
    key = stored(trail, "CloudTrail")[1]
    change(key, gzip.compress(gzip.decompress(content(trail, key)).replace(b"user-", b"resu-")))
    states, reasons = audited(trail)
    assert HourState.TAMPERED in states
    assert f"s3://logs/{key} was changed" in reasons


def test_a_log_file_deleted_before_or_after_it_was_read_is_named(trail, change):
    key = stored(trail, "CloudTrail")[1]
    before = ingested(trail)
    change(key, None)
    for read in (before, ingested(trail)):
        states, reasons = audited(trail, read)
        assert HourState.MISSING in states
        assert f"s3://logs/{key} was deleted" in reasons


def test_log_files_that_changed_places_are_named(trail, change):
    one, two = stored(trail, "CloudTrail")[:2]
    first, second = content(trail, one), content(trail, two)
    change(one, second)
    change(two, first)
    states, reasons = audited(trail)
    assert HourState.TAMPERED in states
    assert f"s3://logs/{one} was reordered" in reasons
    assert f"s3://logs/{two} was reordered" in reasons


def test_an_injected_log_file_is_named(trail, change):
    model = stored(trail, "CloudTrail")[0]
    key = model.rpartition("_")[0] + "_injected00000000.json.gz"
    change(key, gzip.compress(b'{"Records":[]}'))
    read = ingested(trail)
    digest = json.loads(gzip.decompress(content(trail, stored(trail, "CloudTrail-Digest")[1])))
    start_at = datetime.fromisoformat(digest["digestStartTime"])
    moved = [one if "injected" not in one.uri else Ingested(one.uri, one.sha256, start_at) for one in read]
    states, reasons = audited(trail, moved)
    assert HourState.TAMPERED in states
    assert f"s3://logs/{key} was injected" in reasons


def test_a_deleted_digest_is_named(trail, change):
    key = stored(trail, "CloudTrail-Digest")[1]
    change(key, None)
    states, reasons = audited(trail)
    assert HourState.MISSING in states
    assert f"s3://logs/{key} is missing" in reasons


def test_a_changed_digest_is_named(trail, change):
    key = stored(trail, "CloudTrail-Digest")[1]
    change(key, gzip.compress(gzip.decompress(content(trail, key)).replace(b'"logFiles"', b' "logFiles"')))
    states, reasons = audited(trail)
    assert HourState.TAMPERED in states
    assert f"digest s3://logs/{key} is not as CloudTrail signed it" in reasons
