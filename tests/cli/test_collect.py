import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import typer
from tests.collect.serving import GitHub, served
from typer.testing import CliRunner

from nephoscope.cli import app
from nephoscope.cli.collect import Patience, Report, chosen
from nephoscope.clouds import Clouds
from nephoscope.config import load
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ConfigError, Stopped, StoreError
from nephoscope.watch import watching

EARLIER = int((datetime.now(UTC) - timedelta(hours=2)).timestamp() * 1000)


def happened(number, action="repo.create"):
    return {"@timestamp": EARLIER, "_document_id": f"d{number}", "action": action, "actor": "cat", "org": "acme"}


@pytest.fixture
def log():
    """An organisation in which somebody switched branch protection off."""
    return GitHub([happened(1), happened(2, "protected_branch.destroy")])


@pytest.fixture
def configured(log, tmp_path, monkeypatch):
    """A configuration that names that organisation's log and one that cannot be read."""
    monkeypatch.setenv("GOOD", "t0ken")
    monkeypatch.setenv("BAD", "stale")
    with served(log) as url:
        file = tmp_path / "nephoscope.toml"
        shared = (
            f'type = "github_audit"\norganisation = "acme"\napi_url = "{url}"\nlookback_s = 10800\nwindow_s = 3600\n'
        )
        file.write_text(
            f'data = "{tmp_path / "data"}"\n'
            f'[sources.acme]\n{shared}token_env = "GOOD"\n[sources.denied]\n{shared}token_env = "BAD"\n'
        )
        yield file


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), standalone_mode=False)


def collect(configured, *arguments):
    return run("collect", "--once", "--config", str(configured), *arguments)


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_source_is_read_once_and_its_findings_are_printed_and_kept(configured):
    first = collect(configured, "acme", "--format", "jsonl")
    again = collect(configured, "acme", "--format", "jsonl")

    assert first.return_value == 1, first.stderr
    assert {(row["actor"], row["event_uid"]) for row in rows(first)} == {("cat", "d2")}
    assert (again.return_value, again.stdout) == (0, "")
    kept = run("findings", "--data", str(configured.parent / "data"), "--format", "jsonl")
    assert {row["uid"] for row in rows(kept)} == {row["uid"] for row in rows(first)}


def test_a_source_that_cannot_be_read_is_said_and_never_passes_for_quiet(configured):
    done = collect(configured, "denied", "--format", "text")

    assert done.return_value == 2
    assert "not seen:" in done.stderr
    assert "read:audit_log" in done.stderr
    assert "denied: 0 files, 0 events" in done.stdout


def test_all_sources_are_read_if_none_is_named_and_one_that_fails_does_not_stop_the_others(configured):
    done = collect(configured, "--format", "text")

    assert done.return_value == 1
    assert "2 events" in done.stdout
    assert "by cat" in done.stdout
    assert "not seen:" in done.stderr


def test_what_is_older_is_read_where_it_is_asked_for(configured, log):
    assert collect(configured, "acme").return_value == 1
    before = log.asked

    assert collect(configured, "acme", "--since", "1d").return_value == 0
    assert log.asked - before >= 21


def test_what_may_have_been_forgotten_is_not_read_twice(tmp_path):
    file = tmp_path / "nephoscope.toml"
    file.write_text(
        '[accounts.one]\nid = "111122223333"\nprofile = "none"\n'
        '[sources.trail]\ntype = "aws_cloudtrail"\nbucket = "b"\n'
    )
    done = collect(file, "--since", "500d", "--data", str(tmp_path / "data"))

    assert isinstance(done.exception, ConfigError)
    assert "retention.seen_days" in str(done.exception)


@pytest.mark.slow
def test_ctrl_c_ends_it_while_it_waits_out_a_limit(tmp_path, monkeypatch):
    monkeypatch.setenv("GOOD", "t0ken")
    asked = threading.Event()

    def limited(*_):
        asked.set()
        return 429, {"Retry-After": "50"}, b""

    with served(limited) as url:
        file = tmp_path / "nephoscope.toml"
        file.write_text(
            f'data = "{tmp_path / "data"}"\n[sources.acme]\ntype = "github_audit"\norganisation = "acme"\n'
            f'api_url = "{url}"\ntoken_env = "GOOD"\n'
        )
        with subprocess.Popen([sys.executable, "-m", "nephoscope", "collect", "--once", "--config", file]) as process:
            assert asked.wait(90)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130


def test_waiting_lasts_as_long_as_nobody_interrupts_it():
    patience = Patience()
    patience.wait(0.01)
    patience.is_over = True
    with pytest.raises(Stopped):
        patience.wait(60)


def test_it_refuses_while_up_reads_the_same_folder(configured, tmp_path):
    calm = tmp_path / "calm.toml"
    calm.write_text(f'data = "{tmp_path / "data"}"\n')
    with watching(load(calm), Clouds(), Report(as_json=False)):
        done = collect(configured, "acme")

    assert isinstance(done.exception, StoreError)
    assert "`nephoscope up` runs" in str(done.exception)


def test_a_source_that_is_not_configured_is_an_error_with_the_nearest_name(configured):
    done = collect(configured, "acne")

    assert isinstance(done.exception, ConfigError)
    assert "did you mean 'acme'?" in str(done.exception)


def test_without_any_source_it_says_what_to_do(tmp_path):
    empty = tmp_path / "nephoscope.toml"
    empty.write_text("")

    assert "collect --list" in str(collect(empty, "--data", str(tmp_path)).exception)


def test_the_list_says_everything_that_a_configuration_needs():
    done = run("collect", "--list", "--format", "jsonl")
    types = {row["type"]: row for row in rows(done)}
    settings = {each["name"]: each for each in types["aws_cloudtrail"]["settings"]}

    assert done.return_value == 0
    assert {"aws_cloudtrail", "aws_vpc_flow", "azure_activity", "github_audit"} <= set(types)
    assert types["aws_cloudtrail"]["log_source"] == {"product": "aws", "service": "cloudtrail"}
    assert settings["bucket"]["is_required"]
    assert settings["lookback_days"] == {
        "name": "lookback_days",
        "type": "number",
        "is_required": False,
        "default": 2,
    }
    assert all(row["title"] and row["about"] and row["permissions"] for row in types.values())


def test_the_list_reads_well_on_a_terminal():
    done = run("collect", "--list", "github_audit", "--format", "text")

    assert done.stdout.startswith("github_audit: GitHub audit log")
    assert "token_file" in done.stdout
    assert "aws_cloudtrail" not in done.stdout


@pytest.mark.parametrize("wrong", [[], ["--once", "--format", "xml"]], ids=["neither once nor list", "no such format"])
def test_a_wrong_call_is_refused(wrong):
    assert isinstance(run("collect", *wrong).exception, typer.BadParameter)


def test_nothing_chosen_is_everything():
    assert chosen([], {"a": 1, "b": 2}, "source") == {"a": 1, "b": 2}
    assert chosen(["b"], {"a": 1, "b": 2}, "source") == {"b": 2}


def test_a_gap_is_said_once_and_forgotten_when_it_closes(capsys):
    report = Report(as_json=True)
    gap = Gap("object", "s3://b/k", "access was denied")
    report.cannot_see(gap)
    report.cannot_see(gap)
    assert capsys.readouterr().err.count("access was denied") == 1
    assert report.exit_code == 2

    report.sees_again(gap)
    assert report.exit_code == 0
