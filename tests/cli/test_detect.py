import gzip
import io
import json
import os
import subprocess
import sys

import pytest
import typer
from tests.shared_data import shared, unpack

from nephoscope.cli.detect import detect
from nephoscope.cli.output import Exit

RULE = """
title: Trail stopped
id: 6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: StopLogging}, condition: s}
level: high
tags: [attack.defense-impairment]
---
title: Stopped twice
correlation:
  type: event_count
  generate: true
  rules: [6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11]
  timespan: 5m
  condition: {gte: 2}
"""
ATTACKER = "arn:aws:iam::111122223333:user/eve"


def event(number, name="StopLogging", **others):
    return {
        "eventID": f"e{number}",
        "eventTime": f"2026-03-01T11:58:{number:02}Z",
        "eventName": name,
        "eventSource": "cloudtrail.amazonaws.com",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": "192.0.2.1",
        "userIdentity": {"type": "IAMUser", "arn": ATTACKER},
        **others,
    }


@pytest.fixture
def rules(tmp_path):
    """A folder with one rule and one correlation."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "r.yml").write_text(RULE)
    return folder


@pytest.fixture
def run(rules, capsys):
    """Runs the command on files; gives its exit code, its rows and its errors."""

    def run_it(*files, **options):
        given = {"rules": [rules], "builtin_rules": False, "format": "jsonl", "source": "aws_cloudtrail", "workers": 1}
        code = detect(list(files), **(given | options))
        out, err = capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return run_it


@pytest.fixture
def file(tmp_path):
    """Writes bytes or events into a file and gives its path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def test_each_finding_is_a_line_that_says_who_what_and_where(run, file):
    path = file("t.json", {"Records": [event(1, "GetTrail"), event(2)]})
    code, [row], _ = run(path)
    assert code == Exit.FINDINGS
    assert (
        row
        | {
            "rule_id": "6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11",
            "rule_title": "Trail stopped",
            "severity": "high",
            "time": "2026-03-01T11:58:02Z",
            "event_uid": "e2",
            "actor": ATTACKER,
            "file": str(path),
            "index": 1,
            "account": "111122223333",
            "region": "eu-west-1",
            "ip": "192.0.2.1",
            "tags": ["attack.defense-impairment"],
        }
        == row
    )


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"Records": [event(1)]}).encode(),
        json.dumps([event(1)]).encode(),
        json.dumps(event(1)).encode() + b"\n",
        gzip.compress(json.dumps({"Records": [event(1)]}).encode()),
        gzip.compress(json.dumps(event(1)).encode()),
    ],
)
def test_every_form_of_log_file_is_read(run, file, content):
    code, rows, errors = run(file("log", content))
    assert (code, len(rows), errors) == (Exit.FINDINGS, 1, "")


def test_folders_are_read_at_any_depth_and_correlations_span_files(run, file, tmp_path):
    file("logs/b/2.json", {"Records": [event(3)]})
    file("logs/a/1.json.gz", gzip.compress(json.dumps({"Records": [event(5)]}).encode()))
    file("logs/CloudTrail-Digest/d.json", b"no log")
    _, rows, errors = run(tmp_path / "logs")
    assert [row["rule_title"] for row in rows] == ["Trail stopped", "Trail stopped", "Stopped twice"]
    assert [one["event_uid"] for one in rows[-1]["events"]] == ["e3", "e5"]
    assert errors == ""


def test_several_processes_find_the_same(run, file, tmp_path):
    for number in range(6):
        file(f"logs/{number}.json", {"Records": [event(number * 9)]})
    assert run(tmp_path / "logs", workers=2) == run(tmp_path / "logs")


def test_standard_input_is_read(run, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(json.dumps(event(1)).encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    from pathlib import Path

    _, [row], _ = run(Path("-"))
    assert (row["file"], row["index"]) == ("-", 0)


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(run, file, tmp_path):
    bad = file("bad.json", b'{"Records": [' + json.dumps(event(1)).encode() + b', {"eventName": ')
    cut = file("cut.json.gz", gzip.compress(json.dumps([event(2)] * 50).encode())[:-20])
    code, rows, errors = run(bad, cut, tmp_path / "gone.json", file("good.json", [event(3)]))
    assert code == Exit.FINDINGS
    assert {row["event_uid"] for row in rows} >= {"e1", "e3"}
    assert "bad.json" in errors
    assert "cut.json.gz" in errors
    assert "gone.json: cannot be read: No such file or directory" in errors


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ([event(1)], Exit.FINDINGS),
        ([event(1, "GetTrail")], Exit.NOTHING),
        (b"[]", Exit.NOTHING),
        (b"nonsense", Exit.UNSEEN),
    ],
)
def test_the_exit_code_tells_nothing_from_not_seen(run, file, content, code):
    assert run(file("t.json", content))[0] == code


def test_a_rule_that_does_not_compile_is_named_and_makes_the_silence_unsure(run, rules, file):
    (rules / "bad.yml").write_text("title: B\nlogsource: {product: aws}\ndetection: {s: {a: 1}, condition: gone}\n")
    code, rows, errors = run(file("t.json", [event(1, "GetTrail")]))
    assert (code, rows) == (Exit.UNSEEN, [])
    assert "bad.yml:3: Detection 'gone' not defined" in errors


@pytest.mark.parametrize("options", [{"format": "xml"}, {"source": "nobody"}])
def test_a_wrong_call_says_what_is_wrong(run, options):
    with pytest.raises(typer.BadParameter):
        run(**options)


def test_people_get_text_without_control_characters(rules, file, capsys):
    path = file("t.json", [event(1, userIdentity={"arn": "eve\x1b[2J"})])
    detect([path], rules=[rules], builtin_rules=False, format="text", source="aws_cloudtrail", workers=1)
    out = capsys.readouterr().out
    assert "Trail stopped" in out
    assert "\x1b[2J" not in out
    assert "1 events in 1 files; 2 rules; 1 findings." in out


def test_the_command_runs_as_a_program(rules, file):
    path = file("t.json", [event(1)])
    command = (sys.executable, "-m", "nephoscope", "detect", str(path), "--no-builtin-rules", "--rules", str(rules))
    found = subprocess.run(command, capture_output=True, timeout=60)
    assert found.returncode == Exit.FINDINGS
    assert json.loads(found.stdout)["event_uid"] == "e1"
    assert subprocess.run(command[:4], capture_output=True, timeout=60).returncode == Exit.USAGE


def test_no_json_whatever_crashes_it(run, tmp_path):
    unpack(shared("json_test_suite") / "files.tar.gz", tmp_path / "json")
    code, rows, errors = run(tmp_path / "json")
    assert (code, rows) == (Exit.UNSEEN, [])
    for refused in (
        "n_structure_open_object.json",
        "n_object_trailing_comma.json",
        "n_structure_100000_opening_arrays.json",
    ):
        assert refused in errors


def test_naughty_strings_in_every_field_are_found_and_told_as_they_are(run, file):
    texts = json.loads((shared("naughty_strings") / "blns.json").read_text())
    events = [
        event(n % 60, eventID=f"e{n}", userIdentity={"arn": text}, awsRegion=text, requestParameters={text: text})
        for n, text in enumerate(texts)
    ]
    code, rows, _ = run(file("t.json", events))
    assert code == Exit.FINDINGS
    assert {row["region"] for row in rows if "events" not in row} == set(texts)


@pytest.mark.parametrize("time", [None, "", "nonsense", 5, "9999-99-99", "0001-01-01T00:00:00Z", [], {"a": 1}])
def test_impossible_times_do_not_hide_a_finding(run, file, time):
    code, rows, errors = run(file("t.json", [event(1, eventTime=time), event(2)]))
    assert code == Exit.FINDINGS
    assert [row["event_uid"] for row in rows if "events" not in row] == ["e1", "e2"]
    assert "eventTime" in errors


def test_huge_and_deep_records_are_read_or_named(run, file):
    deep = b'[{"eventName": "StopLogging", "eventID": "d", "requestParameters": ' + b"[" * 100_000 + b"]" * 100_000
    deep += b"}, " + json.dumps(event(2)).encode() + b"]"
    huge = json.dumps([event(1, userAgent="x" * 10_000_000)]).encode()
    code, rows, _ = run(file("deep.json", deep), file("huge.json", huge))
    assert code == Exit.FINDINGS
    assert {"e1", "e2"} <= {row["event_uid"] for row in rows}


def test_a_gzip_bomb_is_refused_and_the_rest_read(run, file):
    bomb = gzip.compress(b" " * (200 << 20), 9)
    code, rows, errors = run(file("bomb.json.gz", bomb), file("good.json", [event(1)]))
    assert [row["event_uid"] for row in rows] == ["e1"]
    assert "bomb.json.gz" in errors


def test_no_command_s_help_waits_for_what_only_its_work_needs():
    """pySigma, rich, SDKs and engines take longer to import than help takes to print."""
    code = (
        "import contextlib, sys\n"
        "from nephoscope.cli import COMMANDS, app\n"
        "for name in COMMANDS:\n"
        "    app([name, '--help'], standalone_mode=False)\n"
        "slow = {'sigma', 'rich', 'yaml', 're2', 'boto3', 'sqlalchemy', 'chdb', 'pyarrow', 'multiprocessing'}\n"
        "sys.exit(', '.join(slow & sys.modules.keys()) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_pipe_in_a_folder_is_named_and_not_waited_for(run, file, tmp_path):
    path = file("logs/t.json", [event(1)])
    os.mkfifo(path.parent / "u.json")
    code, [row], err = run(path.parent)

    assert (code, row["event_uid"]) == (Exit.FINDINGS, "e1")
    assert "u.json: is no file, and was not read" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "t.json: is empty"), ({"kind": "Deployment"}, "none of its 1 records has a time; is it a log of aws_clo")],
    ids=["empty", "no log"],
)
def test_what_is_no_log_does_not_pass_for_a_log_without_findings(run, file, content, said):
    code, _, err = run(file("t.json", content))

    assert code == Exit.UNSEEN
    assert said in err


def test_a_trail_without_events_holds_nothing_to_act_on(run, file):
    assert run(file("t.json", {"Records": []})) == (Exit.NOTHING, [], "")


def test_a_folder_without_any_log_is_not_quiet(run, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    code, _, err = run(empty)

    assert code == Exit.UNSEEN
    assert f"no log file was found in {empty}" in err
