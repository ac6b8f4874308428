import gzip
import io
import json
import sys
from collections import Counter

import pytest
import typer

from nephoscope.cli.assess import _summary, assess
from nephoscope.cli.output import Exit
from nephoscope.model.finding import Severity

ENCRYPTED = {
    "type": "AWS::EFS::FileSystem",
    "id": "fs-1",
    "account": "1",
    "region": "r",
    "configuration": {"Encrypted": True},
}
PLAIN = {**ENCRYPTED, "id": "fs-2", "configuration": {"Encrypted": False}}
DENIED = {**ENCRYPTED, "id": "fs-3", "not_collected": {"/Encrypted": "AccessDenied"}}
CHECK = "efs_file_system_is_encrypted"


@pytest.fixture
def items(tmp_path):
    """Writes items into a file of JSON lines and gives its name."""

    def write(*rows):
        file = tmp_path / "items.jsonl"
        file.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return str(file)

    return write


def rows(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("given", "exit_code"),
    [
        ([ENCRYPTED], Exit.NOTHING),
        ([ENCRYPTED, PLAIN], Exit.FINDINGS),
        ([ENCRYPTED, DENIED], Exit.UNSEEN),
        ([ENCRYPTED, "nonsense"], Exit.UNSEEN),
        ([PLAIN, DENIED, "nonsense"], Exit.FINDINGS),
        ([], Exit.NOTHING),
    ],
)
def test_the_exit_code_tells_findings_from_what_could_not_be_seen(items, given, exit_code):
    assert assess(items=items(*given), check=[CHECK], format="jsonl") == exit_code


def test_each_verdict_is_one_json_line_with_its_item(items, capsys):
    assess(items=items(PLAIN, DENIED), check=[CHECK], format="jsonl")
    first, second = rows(capsys)
    assert first | {"check": CHECK, "type": PLAIN["type"], "id": "fs-2", "verdict": "Fail"} == first
    assert first | {"reason": "not encrypted", "account": "1", "region": "r", "severity": "medium"} == first
    assert second["verdict"] == "Unknown"
    assert second["reason"] == "Encrypted was not collected: AccessDenied"


def test_a_bad_line_is_named_and_the_rest_goes_on(items, capsys):
    file = items(ENCRYPTED, "nonsense", "", json.dumps({"type": 5}), PLAIN)
    assess(items=file, check=[CHECK], format="jsonl")
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert f"{file}:2: not an item" in err
    assert f"{file}:4: not an item" in err


def test_text_for_people_counts_what_is_not_known_and_steers_no_terminal(items, capsys):
    assess(
        items=items(ENCRYPTED, {**PLAIN, "id": "\x1b[31mfs"}, DENIED, {**PLAIN, "type": "A::B::C"}),
        check=[CHECK],
        format="text",
    )
    out = capsys.readouterr().out
    assert "\x1b[31mfs" not in out
    assert "4 items; 3 questions: 1 fail, 1 unknown, 1 pass; 66.7% answered" in out
    assert "1 items of types that no check asks about" in out


def test_only_the_checks_that_were_asked_for_are_asked(items, capsys):
    bucket = {"type": "AWS::S3::Bucket", "id": "b", "configuration": {}}
    assess(items=items(bucket), check=["s3_bucket_is_versioned"], format="jsonl")
    assert [row["check"] for row in rows(capsys)] == ["s3_bucket_is_versioned"]
    assess(items=items(bucket), severity=Severity.CRITICAL, format="jsonl")
    assert {row["severity"] for row in rows(capsys)} == {"critical"}


def test_only_the_checks_of_a_framework_are_asked(items, capsys):
    bucket = {"type": "AWS::S3::Bucket", "id": "b", "configuration": {}}
    assess(items=items(bucket), framework="cis_aws_5_0_0", format="jsonl")
    asked = {row["check"] for row in rows(capsys)}
    assert "s3_bucket_requires_tls" in asked
    assert "s3_bucket_disables_acls" not in asked


def test_items_are_read_from_gzip_and_from_standard_input(tmp_path, capsys, monkeypatch):
    file = tmp_path / "items.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(PLAIN).encode()))
    assert assess(items=str(file), format="jsonl") == Exit.FINDINGS
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(PLAIN).encode())))
    assert assess(items="-", format="jsonl") == Exit.FINDINGS


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"items": "x", "paths": ["y"]},
        {"items": "/does/not/exist"},
        {"items": "x", "check": ["no_such_check"]},
        {"items": "x", "format": "xml"},
        {"items": "x", "framework": "no_such_framework"},
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_read(wrong):
    with pytest.raises(typer.BadParameter):
        assess(**wrong)


def test_checks_can_be_listed(capsys):
    assert assess(list_=True, format="jsonl") == Exit.NOTHING
    assert {"check", "title", "severity", "types", "why", "fix"} <= set(rows(capsys)[0])


def test_a_template_is_judged_with_file_and_line(tmp_path, capsys):
    (tmp_path / "infra.yaml").write_text("Resources:\n  Files:\n    Type: AWS::EFS::FileSystem\n")
    assert assess(paths=[tmp_path], check=[CHECK], format="jsonl") == Exit.FINDINGS
    [row] = rows(capsys)
    assert (row["id"], row["file"], row["line"]) == ("Files", f"{tmp_path}/infra.yaml", 2)


def test_a_path_that_is_not_there_is_a_wrong_call(tmp_path):
    with pytest.raises(typer.BadParameter, match="is not there"):
        assess(paths=[tmp_path / "gone"])


def test_text_groups_what_fails_by_file_and_line(tmp_path, capsys):
    (tmp_path / "b.yaml").write_text("Resources:\n  Files:\n    Type: AWS::EFS::FileSystem\n")
    (tmp_path / "a.yaml").write_text("Resources:\n  Files:\n    Type: AWS::EFS::FileSystem\n")
    assert assess(paths=[tmp_path], check=[CHECK], format="text") == Exit.FINDINGS
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith(".yaml")] == [f"{tmp_path}/a.yaml", f"{tmp_path}/b.yaml"]
    assert sum("[line 2]" in line for line in lines) == 2


def test_sarif_is_one_log_and_the_exit_code_is_the_same(tmp_path, capsys):
    (tmp_path / "a.yaml").write_text("Resources:\n  Files:\n    Type: AWS::EFS::FileSystem\n")
    (tmp_path / "broken.yaml").write_text("AWSTemplateFormatVersion: x\nResources: [\n")
    assert assess(paths=[tmp_path], check=[CHECK], format="sarif") == Exit.FINDINGS
    printed = capsys.readouterr()
    [run] = json.loads(printed.out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == [CHECK]
    assert "broken.yaml:" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert "broken.yaml:" in printed.err


def test_a_template_that_cannot_be_read_is_named_and_nothing_fails(tmp_path, capsys):
    (tmp_path / "broken.yaml").write_text("AWSTemplateFormatVersion: x\nResources: [\n")
    assert assess(paths=[tmp_path], format="jsonl") == Exit.UNSEEN
    assert f"{tmp_path}/broken.yaml:" in capsys.readouterr().err


def test_a_folder_without_any_template_is_not_quiet(tmp_path, capsys):
    assert assess([tmp_path], format="jsonl") == Exit.UNSEEN
    assert f"{tmp_path}: holds nothing to judge" in capsys.readouterr().err


def test_one_unknown_in_very_many_is_not_rounded_away():
    assert "99.9% answered" in _summary(Counter(Pass=9_999, Unknown=1))
    assert "100.0% answered" in _summary(Counter(Pass=9_999, Fail=1))
