"""A sandbox for tests."""

import pytest

pytest.importorskip("moto")

import boto3
from botocore.config import Config

from nephoscope.sandbox.caller import root_access_key_id
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
