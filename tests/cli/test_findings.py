import csv
import json
from datetime import timedelta

import pytest
from tests.store.samples import NOON, detection, failed_check

from nephoscope.cli import main
from nephoscope.cli.output import Exit
from nephoscope.detect.loading import abouts, load_rules
from nephoscope.model.coverage import Gap
from nephoscope.model.finding import ResourceRef
from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.gaps import record_gaps
from nephoscope.store.ledger import open_ledger


@pytest.fixture
def data(tmp_path):
    """A data folder whose ledger holds an open detection, an open and a resolved failed check."""
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger, ledger.write() as connection:
        findings = [detection(), failed_check("=cmd|' /C calc'!A0"), failed_check("gone")]
        upsert_findings(connection, findings, NOON)
        resolve_findings(connection, [failed_check("gone").uid], "verdict is now Pass", NOON + timedelta(hours=1))
    return tmp_path


@pytest.fixture
def run(data, monkeypatch, capsys):
    """Runs `nephoscope …` on the data folder; gives its exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["nephoscope", *arguments, "--data", str(data)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


def test_open_findings_are_listed_as_json_lines_in_a_pipe(run):
    code, out, _ = run("findings")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.FINDINGS
    assert {row["rule"] for row in rows} == {detection().rule, failed_check().rule}
    [row] = [row for row in rows if row["kind"] == "detection"]
    assert row["actor"] == "arn:aws:iam::111111111111:user/mallory"
    assert row["events"][0]["object"] == "s3://trail/file.json.gz"
    assert row["last_seen_at"] == "2026-05-01T12:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["list", "--status", "all"], 3),
        (["--status", "resolved"], 1),
        (["--severity", "high,critical"], 1),
        (["--rule", "s3_bucket_blocks_public_access", "--status", "open,resolved"], 2),
        (["-q", "mallory stoplogging"], 1),
        (["--account", "999"], 0),
        (["--since", "2026-05-01T12:00:01"], 0),
        (["--since", "2026-05-01"], 2),
        (["--limit", "1", "--order", "gravest"], 1),
    ],
)
def test_findings_are_narrowed(run, arguments, count):
    code, out, _ = run("findings", *arguments)
    assert len(out.splitlines()) == count
    assert code == (Exit.FINDINGS if count else Exit.NOTHING)


def test_a_detection_is_found_by_its_rules_file_and_shown_with_what_to_do(run, data):
    [about] = [
        each for each in abouts(load_rules()).values() if each.where.endswith("/cloudtrail_logging_stopped.yml:1")
    ]
    found = detection("e9", rule=about.id)
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        upsert_findings(connection, [found], NOON)
    _, out, _ = run("findings", "--rule", "cloudtrail_logging_stopped")
    assert found.uid in {json.loads(line)["uid"] for line in out.splitlines()}
    _, out, _ = run("findings", "show", found.uid, "--format", "text")
    assert " ".join(about.description.split()) in out
    assert f"rule out {about.falsepositives[0]}" in out


def test_no_findings_while_something_could_not_be_seen_is_not_nothing(run, data):
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        record_gaps(connection, [Gap("read", "AWS::S3::Bucket", "denied")])
    code, out, err = run("findings", "--account", "999")
    assert (code, out) == (Exit.UNSEEN, "")
    assert "1 things could not be seen" in err


def test_no_cell_of_the_csv_is_a_formula(run):
    code, out, _ = run("findings", "--format", "csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert code == Exit.FINDINGS
    assert [row["resource_id"] for row in rows if row["rule"] == failed_check().rule] == ["'=cmd|' /C calc'!A0"]


def test_a_table_does_not_steer_the_terminal(run, data):
    hostile = failed_check("x", resource=ResourceRef("AWS::S3::Bucket", "\x1b[2J\x1b]0;owned\x07", "1", "r"))
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        upsert_findings(connection, [hostile], NOON)
    for arguments in (["--format", "table"], ["show", hostile.uid, "--format", "text"]):
        _, out, _ = run("findings", *arguments)
        assert "owned" in out
        assert "\x1b" not in out


def test_one_finding_is_shown_with_all_that_belongs_to_it(run):
    code, out, _ = run("findings", "show", detection().uid[:10], "--format", "text")
    assert code == Exit.FINDINGS
    for said in (
        "CloudTrail logging stopped",
        "user/mallory",
        "StopLogging",
        "s3://trail/file.json.gz record 3",
        "what next",
    ):
        assert said in out
    code, out, _ = run("findings", "show", failed_check("gone").uid)
    assert code == Exit.NOTHING
    assert [each["status"] for each in json.loads(out)["history"]] == ["open", "resolved"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "zzz"], "there is no finding zzz"),
        (["show", ""], "3 findings begin so"),
        (["--severity", "hihg"], "hihg is none of informational"),
        (["--since", "yesterday"], "yesterday is neither"),
        (["--format", "xml"], "none of jsonl, csv, table"),
        (["--order", "random"], "neither newest nor gravest"),
    ],
)
def test_a_wrong_call_is_told_what_is_right(run, arguments, said):
    code, _, err = run("findings", *arguments)
    assert code == Exit.USAGE
    assert said in " ".join(err.replace("│", " ").split())


def test_a_folder_without_a_ledger_says_what_to_do(run, data):
    (data / "ledger.sqlite").unlink()
    code, _, err = run("findings")
    assert code == Exit.UNSEEN
    assert "start `nephoscope up`" in err


@pytest.fixture
def terminal(monkeypatch):
    """Makes standard output a terminal of some width."""

    def narrow(columns):
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return narrow


@pytest.mark.parametrize("columns", [40, 80, 120, 180])
def test_on_a_terminal_no_line_is_longer_than_it_is_wide_and_every_finding_is_whole(run, terminal, columns):
    terminal(columns)
    code, out, _ = run("findings")
    lines = out.splitlines()

    assert code == Exit.FINDINGS
    assert max(map(len, lines)) <= columns
    assert sum("high" in line for line in lines) >= 1
    assert sum(detection().uid[:12] in line for line in lines) == 1


def test_a_failed_check_does_not_read_as_if_it_passed(run):
    _, table, _ = run("findings", "--format", "table", "--kind", "compliance")
    [row] = table.splitlines()[1:]
    _, shown, _ = run("findings", "show", failed_check("=cmd|' /C calc'!A0").uid, "--format", "text")

    assert f"Fail: {failed_check().title}" in row
    assert shown.startswith(f"Fail: {failed_check().title}")
