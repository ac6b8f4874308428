from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.config import Evidence
from nephoscope.model.errors import AccessDenied, ConfigError, CustodyError
from nephoscope.respond.evidence.bucket import ON_BUCKET, ON_OBJECTS, Bucket
from nephoscope.respond.evidence.export import export
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.respond.evidence.verify import verify

CHOSEN = Evidence(bucket="case-files", region="us-east-1", retain_days=30)


@dataclass
class Deniable(Aws):
    """An account whose calls of one operation are denied from some call on."""

    denied: str = ""
    allowed: int = 0

    def call(self, service, operation, **params):
        if operation == self.denied:
            if self.allowed <= 0:
                raise AccessDenied(f"{service}:{operation}", "AccessDenied", "no")
            self.allowed -= 1
        return super().call(service, operation, **params)


@pytest.fixture
def aws():
    """A simulated account with one bucket that locks objects, and one that does not."""
    with mock_aws():
        aws = Deniable((AwsAccount(access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
        aws.call("s3", "CreateBucket", Bucket="case-files", ObjectLockEnabledForBucket=True)
        aws.call("s3", "CreateBucket", Bucket="unlocked")
        yield aws


@pytest.fixture
def vault(config, ledger, aws):
    """An installation that keeps its evidence in the bucket."""
    return opened_vault(replace(config, evidence=CHOSEN), ledger, aws)


def test_what_is_kept_is_locked_encrypted_and_says_its_digest(vault, keep, aws):
    digest = keep(vault.box("run"), "facts", b"facts\n")
    key = f"cases/run/captures/{digest}-facts"
    found = aws.call("s3", "HeadObject", Bucket="case-files", Key=key)
    assert found["Metadata"]["sha256"] == digest
    assert found["Metadata"]["source"] == "ec2:DescribeInstances"
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)
    assert found["ServerSideEncryption"] == "AES256"


def test_a_bucket_is_sealed_verified_and_exported_like_a_folder(vault, keep, tmp_path, aws):
    for run in ("run-1", "run-2"):
        box = vault.box(run)
        for content in (b"1", b"2", b"1"):
            keep(box, content.decode(), content)
        box.seal()
    aws.used.clear()
    report = verify(vault.storage, vault.keys())
    assert report.is_proven
    assert (len(report.manifests), report.files) == (2, 4)
    export(vault, "run-1", tmp_path / "case.zip", "alice")
    aws.call("s3", "PutObject", Bucket="case-files", Key="cases/run-1/captures/planted", Body=b"x")
    aws.call("s3", "DeleteObject", Bucket="case-files", Key="head.dsse.json")
    flaws = {(flaw.path, flaw.kind) for flaw in verify(vault.storage, vault.keys()).flaws}
    assert flaws == {("cases/run-1/captures/planted", "extra"), ("head.dsse.json", "missing")}


def test_no_more_is_needed_than_is_said(vault, keep, aws):
    aws.used.clear()
    box = vault.box("run")
    keep(box, "facts", b"facts")
    box.seal()
    verify(vault.storage, vault.keys())
    assert aws.used | {"s3:PutObjectRetention"} == {*ON_BUCKET, *ON_OBJECTS}


def test_a_bucket_without_object_lock_gets_nothing(config, ledger, aws, keep):
    vault = opened_vault(replace(config, evidence=replace(CHOSEN, bucket="unlocked")), ledger, aws)
    with pytest.raises(CustodyError, match="no object lock: nothing is written"):
        keep(vault.box("run"), "facts", b"facts")
    assert list(vault.storage.names()) == []


@pytest.mark.parametrize("allowed", range(5))
def test_denied_in_the_middle_nothing_is_half_done_and_it_goes_on(config, ledger, aws, keep, allowed):
    vault = opened_vault(replace(config, evidence=CHOSEN), ledger, aws)
    box = vault.box("run")
    aws.denied, aws.allowed = "PutObject", allowed
    with pytest.raises(AccessDenied):
        work(box, keep)
    assert len(box.captures()) == min(allowed, 2)
    aws.denied = ""
    again = opened_vault(replace(config, evidence=CHOSEN), ledger, aws)
    manifest = work(again.box("run"), keep)
    assert len(manifest.captures) == 2
    assert verify(again.storage, again.keys()).is_proven


def work(box, keep):
    keep(box, "1", b"1")
    keep(box, "2", b"2")
    return box.seal()


def test_what_cannot_be_asked_about_its_lock_gets_nothing(config, ledger, aws, keep):
    vault = opened_vault(replace(config, evidence=CHOSEN), ledger, aws)
    aws.denied = "GetObjectLockConfiguration"
    with pytest.raises(AccessDenied):
        keep(vault.box("run"), "facts", b"facts")
    assert list(vault.storage.names()) == []


def test_another_content_under_the_name_is_not_taken_for_ours(vault, keep, aws):
    box = vault.box("run")
    digest = keep(box, "facts", b"facts")
    key = f"cases/run/captures/{digest}-facts"
    aws.call("s3", "PutObject", Bucket="case-files", Key=key, Body=b"other")
    with pytest.raises(CustodyError, match="another content"):
        keep(box, "facts", b"facts")
    with pytest.raises(CustodyError, match="is not sealed"):
        box.seal()


def test_reading_that_is_denied_proves_nothing_and_accuses_nobody(vault, keep, aws):
    box = vault.box("run")
    keep(box, "facts", b"facts")
    box.seal()
    noted = vault.sealed("run").sha256
    for allowed in range(4):
        aws.denied, aws.allowed = "GetObject", allowed
        report = verify(vault.storage, vault.keys(), noted)
        assert not report.is_proven
        assert {flaw.kind for flaw in report.flaws} == {"unreadable"}


@pytest.mark.parametrize(("wrong", "said"), [({"mode": "NONE"}, "mode"), ({"retain_days": 0}, "retain_days")])
def test_a_wrong_setting_is_named(aws, wrong, said):
    with pytest.raises(ConfigError, match=said):
        Bucket(aws, replace(CHOSEN, **wrong))
