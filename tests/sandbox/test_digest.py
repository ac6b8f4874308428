"""awscli's own validator judges the digest chain."""

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.sandbox.conftest import Clients

AWS = Path(sys.executable).with_name("aws")
START = "2020-01-01T00:00:00Z"


def chain(folder):
    """A sandbox whose trail has three digests, each with a log file; its clients and the trail's ARN."""
    with start(folder, pace=Pace(3600, 3600, 3600)) as sandbox:
        clients = Clients(sandbox)
        clients("s3").create_bucket(Bucket="logs")
        cloudtrail = clients("cloudtrail")
        made = cloudtrail.create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
        cloudtrail.start_logging(Name="main")
        for number in range(3):
            clients("iam").create_user(UserName=f"user-{number}")
            sandbox.steer("digest")
            time.sleep(1.1)
        yield clients, made["TrailARN"]


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """A chain that tests put back as they found it."""
    yield from chain(tmp_path_factory.mktemp("chained"))


@pytest.fixture
def own_chain(tmp_path):
    """A chain that one test goes on with."""
    yield from chain(tmp_path)


def validate(clients, arn):
    """What `aws cloudtrail validate-logs` says: its exit code and its words."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **clients.sandbox.environment()}
    command = [str(AWS), "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", START, "--verbose"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def keys(clients, folder):
    listed = clients("s3").list_objects_v2(Bucket="logs")["Contents"]
    return sorted(one["Key"] for one in listed if f"/{folder}/" in one["Key"])


@pytest.fixture
def tampered(chained):
    """Change an object for the length of a test."""
    clients, _ = chained
    s3, before = clients("s3"), {}

    def change(key, content=None):
        found = s3.get_object(Bucket="logs", Key=key)
        before[key] = (found["Body"].read(), found["Metadata"])
        if content is None:
            s3.delete_object(Bucket="logs", Key=key)
        else:
            text = gzip.decompress(before[key][0]).decode()
            s3.put_object(
                Bucket="logs", Key=key, Body=gzip.compress(content(text).encode()), Metadata=found["Metadata"]
            )

    yield change
    for key, (body, metadata) in before.items():
        s3.put_object(Bucket="logs", Key=key, Body=body, Metadata=metadata)


def test_an_untouched_chain_is_accepted(chained):
    code, words = validate(*chained)

    assert code == 0, words
    assert "3/3 digest files valid" in words
    assert "3/3 log files valid" in words


def test_a_changed_log_file_is_noticed(chained, tampered):
    tampered(keys(chained[0], "CloudTrail")[0], lambda text: text.replace("CreateUser", "DeleteUser"))

    code, words = validate(*chained)

    assert code == 1
    assert "hash value doesn't match" in words


def test_a_deleted_log_file_is_noticed(chained, tampered):
    tampered(keys(chained[0], "CloudTrail")[1])

    code, words = validate(*chained)

    assert code == 1
    assert "1/3 log files INVALID" in words


def test_a_changed_digest_is_noticed(chained, tampered):
    def without_files(text):
        return json.dumps({**json.loads(text), "logFiles": []}, separators=(",", ":"))

    tampered(keys(chained[0], "CloudTrail-Digest")[1], without_files)

    code, words = validate(*chained)

    assert code == 1
    assert "signature verification failed" in words


def test_a_deleted_digest_is_noticed(chained, tampered):
    tampered(keys(chained[0], "CloudTrail-Digest")[1])

    code, words = validate(*chained)

    assert code == 1
    assert "INVALID: not found" in words


def test_a_chain_begins_anew_when_logging_does(own_chain):
    clients, arn = own_chain
    cloudtrail = clients("cloudtrail")
    cloudtrail.stop_logging(Name="main")
    clients.sandbox.steer("digest")
    cloudtrail.start_logging(Name="main")
    time.sleep(1.1)
    clients.sandbox.steer("digest")
    last = keys(clients, "CloudTrail-Digest")[-1]

    digest = json.loads(gzip.decompress(clients("s3").get_object(Bucket="logs", Key=last)["Body"].read()))

    assert digest["previousDigestSignature"] is None
    code, words = validate(clients, arn)
    assert code == 0, words
    assert "5/5 digest files valid" in words
