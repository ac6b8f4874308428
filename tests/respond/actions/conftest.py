import pytest

pytest.importorskip("moto")

from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from tests.respond.estate import ACCOUNT


@pytest.fixture
def aws(monkeypatch):
    """A simulated account, in which everything is allowed."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        keys = AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret")
        yield Aws((keys,), calls_per_s=100_000)
