import csv
import io
import json

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures
from tests.store.samples import detection

from nephoscope.cli.output import Exit
from nephoscope.model.coverage import Gap
from nephoscope.store.gaps import record_gaps
from nephoscope.store.ledger import open_ledger


@pytest.fixture
def written(run, tmp_path):  # noqa: F811
    """Exports to a file; gives its bytes."""

    def written(*arguments):
        out = tmp_path / "findings.out"
        code, _, err = run("export", *arguments, "--out", str(out))
        assert code == Exit.FINDINGS, err
        return out.read_bytes()

    return written


def test_findings_go_to_standard_output_as_json_lines(run):  # noqa: F811
    code, out, _ = run("export")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.FINDINGS
    assert [row["severity"] for row in rows] == ["high", "medium"]


@pytest.mark.parametrize(
    ("format", "begins"),
    [
        ("jsonl", b"{"),
        ("csv", b'"severity"'),
        ("ocsf", b"{"),
        ("sarif", b"{"),
        ("html", b"<!doctype"),
        ("pdf", b"%PDF-"),
    ],
)
def test_every_format_is_written_whole_and_for_this_user_alone(written, tmp_path, format, begins):
    assert written("--format", format).startswith(begins)
    assert [path.name for path in tmp_path.glob("*findings.out*")] == ["findings.out"]
    assert (tmp_path / "findings.out").stat().st_mode & 0o077 == 0


def test_the_filter_is_that_of_the_list(written):
    rows = [json.loads(line) for line in written("--severity", "high", "--rule", detection().rule).splitlines()]

    assert [row["uid"] for row in rows] == [detection().uid]
    assert len(written("--status", "all").splitlines()) == 3


def test_in_csv_no_text_is_a_formula(written):
    rows = list(csv.DictReader(io.StringIO(written("--format", "csv").decode())))

    assert "'=cmd|' /C calc'!A0" in {row["resource_id"] for row in rows}


def test_a_report_says_what_could_not_be_seen(written, data):  # noqa: F811
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        record_gaps(connection, [Gap("read", "AWS::S3::Bucket", "denied")])

    assert b"AWS::S3::Bucket" in written("--format", "html")
    assert b"AWS::S3::Bucket: denied" in written("--format", "sarif")


def test_exit_codes_are_the_same_as_everywhere(run, tmp_path):  # noqa: F811
    assert run("export", "--severity", "critical", "--out", str(tmp_path / "x"))[0] == Exit.NOTHING
    assert run("export", "--format", "xml")[0] == Exit.USAGE
    assert run("export", "--order", "oldest")[0] == Exit.USAGE
    code, _, err = run("export", "--out", str(tmp_path / "no" / "such" / "folder"))
    assert code == Exit.UNSEEN
    assert "cannot be written" in err
