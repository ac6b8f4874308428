from datetime import timedelta

import pytest

pytest.importorskip("cryptography")

from tests.collect.bucket import Bucket
from tests.collect.trail import ACCOUNT, BUCKET, HOUR, REGION, START, Chain, public_keys

from nephoscope.collect.completeness import hours
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.model.coverage import HourState

V, P, M, T, U, X, N = (
    HourState.VERIFIED,
    HourState.PENDING,
    HourState.MISSING,
    HourState.TAMPERED,
    HourState.UNREADABLE,
    HourState.UNVERIFIABLE,
    HourState.NOT_LOGGING,
)
NOW = START + 3 * HOUR + timedelta(minutes=10)


@pytest.fixture
def chain():
    """A trail of three hours."""
    return Chain().run(3)


@pytest.fixture
def bucket(chain):
    bucket = Bucket()
    bucket.objects = chain.objects
    bucket.keys = public_keys()
    trail = {"S3BucketName": BUCKET, "TrailARN": "arn:trail", "HomeRegion": REGION, "LogFileValidationEnabled": True}
    bucket.trails = [(trail, {"IsLogging": True})]
    return bucket


@pytest.fixture
def ingested(chain):
    """Everything, as it was at first."""
    return chain.ingested()


@pytest.fixture
def verifier(bucket):
    return Verifier("trail", AwsCloudTrail(bucket=BUCKET), bucket)


@pytest.fixture
def judged(verifier, ingested):
    """The states of the trail's hours, the hours, and what could not be asked for."""

    def judge(now=NOW):
        evidence, gaps = verifier.evidence(ingested, START, now)
        found = [hour for one in evidence for hour in hours(one, START, now)]
        return [hour.state for hour in found], found, gaps

    return judge


def test_a_whole_trail_is_verified_from_its_first_hour(judged):
    states, found, gaps = judged()
    assert states == [V, V, V, P]
    assert {(hour.account, hour.region, hour.source) for hour in found} == {(ACCOUNT, REGION, "trail")}
    assert gaps == []


def test_a_digest_is_fetched_once_and_anew_when_it_changed(judged, bucket, chain):
    judged()
    asked = sum(operation == "GetObject" for operation, _ in bucket.asked)
    judged()
    assert sum(operation == "GetObject" for operation, _ in bucket.asked) == asked
    key = chain.digests[1]
    bucket.objects[key] = (bucket.objects[key][0] + b" ", *bucket.objects[key][1:])
    assert judged()[0] == [V, T, V, P]


def test_a_log_file_deleted_from_the_bucket_is_named_though_it_was_read(judged, bucket):
    key = next(key for key in bucket.objects if "_CloudTrail_" in key)
    del bucket.objects[key]
    states, found, gaps = judged()
    assert states == [M, V, V, P]
    assert key in found[0].reasons[0]


class Delivering:
    """The bucket as given, into which a log file and its digest come before one look at it."""

    def __init__(self, bucket, chain, at):
        self.bucket, self.chain, self.at = bucket, chain, at

    def call(self, service, operation, **params):
        self.at -= 1
        if self.at == 0:
            self.chain.log(START + 3 * HOUR - timedelta(minutes=1))
            self.chain.digest(START + 3 * HOUR)
        return self.bucket.call(service, operation, **params)

    def pages(self, service, operation, **params):
        yield self.call(service, operation, **params)


@pytest.mark.parametrize("at", range(1, 16))
def test_what_is_delivered_between_two_looks_is_not_called_deleted(bucket, chain, ingested, at):
    verifier = Verifier("trail", AwsCloudTrail(bucket=BUCKET), Delivering(bucket, chain, at))
    evidence, gaps = verifier.evidence(ingested, START, NOW + HOUR)
    found = [hour for one in evidence for hour in hours(one, START, NOW + HOUR)]
    assert gaps == []
    assert M not in [hour.state for hour in found]


def test_digests_that_are_denied_leave_their_hours_unreadable_with_the_permission(judged, bucket):
    bucket.denied.add("GetObject")
    states, found, gaps = judged()
    assert U in states
    assert V not in states
    assert any("s3:GetObject" in reason for hour in found for reason in hour.reasons)


def test_a_denied_listing_is_a_gap_and_no_file_is_called_deleted(judged, bucket):
    bucket.denied.add(f"AWSLogs/{ACCOUNT}/CloudTrail/")
    states, found, gaps = judged()
    assert M not in states
    assert gaps


def test_denied_keys_leave_nothing_verified(judged, bucket):
    bucket.denied.add("ListPublicKeys")
    states, found, gaps = judged()
    assert V not in states
    assert gaps[0].permission == "cloudtrail:ListPublicKeys"


def test_keys_that_were_denied_are_asked_for_again(judged, bucket):
    bucket.denied.add("ListPublicKeys")
    judged()
    bucket.denied.clear()
    assert judged()[0] == [V, V, V, P]


def test_a_trail_that_makes_no_digests_cannot_be_verified(judged, bucket):
    for key in [key for key in bucket.objects if "Digest" in key]:
        del bucket.objects[key]
    trail, status = bucket.trails[0]
    bucket.trails = [({**trail, "LogFileValidationEnabled": False}, status)]
    assert set(judged()[0]) == {X}


def test_a_trail_that_was_stopped_says_so(judged, bucket):
    trail, _ = bucket.trails[0]
    bucket.trails = [(trail, {"IsLogging": False, "StopLoggingTime": START + 3 * HOUR})]
    assert judged(START + 5 * HOUR)[0] == [V, V, V, N, N, N]


def test_a_trail_that_nobody_shows_is_said_not_to_be_known_to_log(judged, bucket):
    bucket.trails = []

    [gap] = judged()[2]
    assert "whether it logs is not known" in gap.cause
