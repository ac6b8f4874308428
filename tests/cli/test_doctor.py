import json
from datetime import UTC, datetime

import pytest
from tests.collect.serving import GitHub, served
from typer.testing import CliRunner

from nephoscope.cli import app
from nephoscope.cli.doctor import clock, extras, folder, ledger, permissions, sources
from nephoscope.config import load
from nephoscope.model.coverage import Gap
from nephoscope.store.gaps import record_gaps
from nephoscope.store.ledger import open_ledger
from nephoscope.store.state import put_state


def test_a_folder_of_ours_alone_is_well_and_one_open_to_others_is_not(tmp_path):
    ours, open_to_all = tmp_path / "ours", tmp_path / "open"
    ours.mkdir(mode=0o700)
    open_to_all.mkdir()
    open_to_all.chmod(0o755)

    assert all(answer.is_well for answer in folder(ours) if answer.about.startswith("data folder"))
    [mode] = [answer for answer in folder(open_to_all) if answer.about == "data folder's mode"]
    assert not mode.is_well
    assert mode.todo == f"chmod 700 {open_to_all}"


def test_a_folder_that_is_not_there_yet_is_judged_by_where_it_will_be(tmp_path):
    [answer, _] = folder(tmp_path / "a" / "b")

    assert f"will be made in {tmp_path}" in answer.found


@pytest.mark.parametrize(
    ("said", "is_well"), [("Thu, 01 Jan 1970 00:00:00 GMT", False), ("", True)], ids=["decades off", "no time told"]
)
def test_a_clock_that_aws_would_refuse_is_found(said, is_well):
    assert clock("account prod", {"ResponseMetadata": {"HTTPHeaders": {"date": said}}}).is_well is is_well


def test_extras_are_named_with_the_command_that_installs_them():
    assert {answer.about for answer in extras()} == {"extra server", "extra aws", "extra sandbox"}
    assert all("pip install" in answer.todo for answer in extras())


def test_the_command_prints_an_answer_a_line_and_opens_fresh_stores(tmp_path):
    done = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path / "data"), "--format", "jsonl"])
    answers = {row["about"]: row for row in map(json.loads, done.stdout.splitlines())}

    assert done.exit_code == (0 if all(row["well"] for row in answers.values()) else 2)
    assert answers["ledger"]["well"]
    assert answers["lake"]["found"] == "0 events; 0 items"
    assert answers["ledger"]["found"].endswith("0 log objects; 0 batches; 0 findings")


def configured(tmp_path, text):
    file = tmp_path / "nephoscope.toml"
    file.write_text(f'data = "{tmp_path / "data"}"\n{text}')
    return load(file, environment={})


def test_a_source_that_can_be_read_is_well_and_one_that_cannot_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("GOOD", "t0ken")
    monkeypatch.setenv("BAD", "stale")
    with served(GitHub([])) as url:
        each = f'type = "github_audit"\norganisation = "acme"\napi_url = "{url}"\n'
        text = "".join(f'[sources.{name.lower()}]\n{each}token_env = "{name}"\n' for name in ("GOOD", "BAD", "UNSET"))
        answers = {answer.about: answer for answer in sources(configured(tmp_path, text))}

    assert {about: answer.is_well for about, answer in answers.items()} == {
        "source good": True,
        "source bad": False,
        "source unset": False,
    }
    assert "Bad credentials" in answers["source bad"].found
    assert "UNSET" in answers["source unset"].found
    assert "read:audit_log" in answers["source bad"].todo


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('type = "githb_audit"', "did you mean 'github_audit'"),
        ('type = "github_audit"\norganization = "acme"', "did you mean 'organisation'"),
        ('type = "aws_cloudtrail"\nbucket = "b"', "no AWS account is configured"),
    ],
)
def test_a_source_that_is_configured_wrongly_is_named(tmp_path, text, said):
    [answer] = sources(configured(tmp_path, f"[sources.x]\n{text}\n"))

    assert not answer.is_well
    assert said in answer.found
    assert "nephoscope.toml" in answer.todo


def test_permissions_that_reading_lacked_are_named(tmp_path):
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    assert all(answer.is_well for answer in permissions(url))
    with open_ledger(url) as ledger, ledger.write() as connection:
        gap = Gap("read", "AWS::S3::Bucket", "access was denied", "1" * 12, permission="s3:GetBucketAcl")
        record_gaps(connection, [gap], datetime.now(UTC))
    lacking, unseen = permissions(url)

    assert not lacking.is_well
    assert "s3:GetBucketAcl" in lacking.found
    assert (unseen.is_well, unseen.found) == (False, "1 things cannot be seen")


def test_a_format_that_there_is_not_is_refused():
    assert CliRunner().invoke(app, ["doctor", "--format", "xml"]).exit_code == 2  # as click alone says it; 64 by main


def test_what_retention_deleted_is_told(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as opened, opened.write() as connection:
        put_state(connection, "retention", {"at": "2026-05-01T12:00:00+00:00", "deleted": {"revisions": 1200}})

    assert ledger(str(tmp_path / "ledger.db")).found.endswith(
        "retention deleted 1,200 revisions at 2026-05-01 12:00 UTC"
    )
