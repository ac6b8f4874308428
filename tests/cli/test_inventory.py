import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from typer.testing import CliRunner

from nephoscope.cli import app
from nephoscope.cli.inventory import _assessor, _aws, _Report, inventory
from nephoscope.cli.output import Exit
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.model.item import Item


@pytest.fixture
def account(monkeypatch):
    """A simulated account with one bucket, whose credentials the environment gives."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        Aws((AwsAccount(environment=True),)).call("s3", "CreateBucket", Bucket="logs-bucket")
        yield


@pytest.mark.usefixtures("account")
def test_items_and_verdicts_come_as_json_lines(capsys):
    code = inventory(once=True, assess=True, types="AWS::S3::Bucket", region=["us-east-1"], format="jsonl")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["type"] == "AWS::S3::Bucket"
    assert lines[0]["configuration"]["BucketName"] == "logs-bucket"
    verdicts = {line["check"]: line["verdict"] for line in lines[1:]}
    assert verdicts["s3_bucket_blocks_public_access"] == "Fail"
    assert code == Exit.FINDINGS


@pytest.mark.usefixtures("account")
def test_people_get_counts(capsys):
    code = inventory(once=True, types="AWS::S3", region=["us-east-1"], format="text")

    assert "1  AWS::S3::Bucket" in capsys.readouterr().out
    assert code == Exit.NOTHING


@mock_aws
@set_initial_no_auth_action_count(2)
def test_what_could_not_be_seen_is_said_and_is_not_taken_for_health(capsys, monkeypatch):
    root = Aws((AwsAccount(id="123456789012", access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
    root.call("iam", "CreateUser", UserName="nobody")
    key = root.call("iam", "CreateAccessKey", UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    code = inventory(once=True, types="AWS::EC2::VPC", region=["us-east-1"], format="jsonl")

    assert code == Exit.UNSEEN
    assert "not seen: AWS::EC2::VPC in 123456789012 us-east-1: ec2:DescribeVpcs was denied" in capsys.readouterr().err


@pytest.mark.usefixtures("account")
def test_a_verdict_that_is_not_known_is_not_taken_for_health(capsys):
    report = _Report(_assessor(wanted=True), as_json=True)
    denied = Item("AWS::SNS::Topic", "t", "1" * 12, "eu-west-1", {}, not_collected={"": "AccessDenied"})

    assert report.show_kept([denied]) == Exit.UNSEEN
    verdicts = {json.loads(line).get("verdict") for line in capsys.readouterr().out.splitlines()}
    assert "Unknown" in verdicts
    assert not verdicts & {"Pass", "Fail"}


@pytest.mark.usefixtures("account")
def test_of_a_configuration_only_accounts_that_are_to_be_read_are_within_their_own_budget(tmp_path):
    file = tmp_path / "nephoscope.toml"
    both = '[accounts.a]\nid = "111122223333"\ncredentials = "environment"\n[accounts.logs]\nid = "111122223333"\n'
    file.write_text(f'[aws]\ncalls_per_s = 7\n{both}profile = "logs"\ninventory = false\n')

    assert (_aws("", file, None).account_ids(), _aws("", file, None).calls_per_s) == (["111122223333"], 7.0)
    assert _aws("", file, 3.0).calls_per_s == 3.0
    file.write_text('[accounts.logs]\nid = "1"\nprofile = "logs"\ninventory = false\n')
    with pytest.raises(ConfigError, match="names no account"):
        _aws("", file, None)


def test_a_profile_beside_a_configuration_is_a_wrong_call(tmp_path):
    with pytest.raises(typer.BadParameter, match="--config"):
        inventory(once=True, profile="p", config=tmp_path / "nephoscope.toml")


def test_an_unknown_type_names_those_there_are():
    with pytest.raises(typer.BadParameter, match="AWS::S3::Bucket"):
        inventory(once=True, types="AWS::S3::Bukket")


def test_reading_on_and_on_is_the_work_of_up():
    with pytest.raises(typer.BadParameter, match="nephoscope up"):
        inventory()


def test_what_was_there_at_a_time_is_shown_from_what_was_kept(tmp_path):
    from nephoscope.store.items import Revision, digest_of, insert_revisions
    from nephoscope.store.lake import open_lake

    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    volume = Item("AWS::EC2::Volume", "vol-1", "111122223333", "eu-west-1", {"Encrypted": False}, captured_at=noon)
    gone = Revision(volume, digest_of(volume), noon + timedelta(hours=2), is_deleted=True)
    with open_lake(f"chdb://{tmp_path / 'lake'}") as lake:
        insert_revisions(lake, [Revision(volume, digest_of(volume), noon), gone], "t")

    def shown(at, *more):
        return CliRunner().invoke(
            app, ["inventory", "--as-of", at, "--data", str(tmp_path), "--format", "jsonl", *more]
        )

    before = shown("2026-05-01T11:00")
    assert (before.stdout, type(before.exception)) == ("", StoreError)
    assert "nothing that is kept is as old as 2026-05-01 11:00:00 UTC" in str(before.exception)
    assert json.loads(shown("2026-05-01T13:00").stdout)["id"] == "vol-1"
    assert shown("2026-05-01T15:00").stdout == ""
    assert '"verdict":"Fail"' in shown("2026-05-01T13:00", "--assess").stdout
