"""A sandbox for tests."""

import gzip
import json

import pytest

pytest.importorskip("moto")

import boto3
from botocore.config import Config

from nephoscope.sandbox.caller import root_access_key_id
from nephoscope.sandbox.company import seed
from nephoscope.sandbox.company.reach import Reach, root_keys
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace

ACCOUNT = "111111111111"


class Clients:
    """boto3 clients of a sandbox, as root unless another key is named."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def __call__(self, service, region="us-east-1", account=ACCOUNT, key="", secret="sandbox", token=None):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.sandbox.endpoint_url,
            aws_access_key_id=key or root_access_key_id(account),
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A sandbox whose deliveries are made when a test asks for them."""
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as running:
        yield running


@pytest.fixture(scope="module")
def clients(sandbox):
    """Clients of the sandbox."""
    return Clients(sandbox)


@pytest.fixture(scope="module")
def trail(clients):
    """A multi-region trail with digests, in the bucket `logs`."""
    clients("s3").create_bucket(Bucket="logs")
    cloudtrail = clients("cloudtrail")
    made = cloudtrail.create_trail(
        Name="main", S3BucketName="logs", IsMultiRegionTrail=True, EnableLogFileValidation=True
    )
    cloudtrail.start_logging(Name="main")
    return made["TrailARN"]


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """The sandbox that the company lives in."""
    with start(tmp_path_factory.mktemp("town"), pace=Pace(3600, 3600, 3600)) as running:
        yield running


@pytest.fixture(scope="session")
def told():
    """What the seeding said it was doing."""
    return []


@pytest.fixture(scope="session")
def company(town, told):
    """The company, seeded once; tests add to it and take nothing away that others look at."""
    return seed(town.endpoint_url, progress=told.append)


@pytest.fixture(scope="session")
def within(company):
    """`within(account)`: its root user's reach into an account of the company."""
    return lambda account: Reach(company.endpoint_url, root_keys(account.id))


@pytest.fixture(scope="session")
def recorded(town, company, within):
    """`recorded()`: all records of the organisation's trail so far, from the files as delivered."""

    def read():
        town.steer("deliver")
        s3 = within(company.security).client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=company.logs.trail_bucket, Prefix="AWSLogs/")
        keys = [each["Key"] for page in pages for each in page.get("Contents", []) if "/CloudTrail/" in each["Key"]]
        files = (s3.get_object(Bucket=company.logs.trail_bucket, Key=key)["Body"].read() for key in keys)
        return [record for file in files for record in json.loads(gzip.decompress(file))["Records"]]

    return read
