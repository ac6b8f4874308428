import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures

from nephoscope.cli.output import Exit
from nephoscope.model.coverage import Gap, Hour, HourState
from nephoscope.store.gaps import close_gaps, record_gaps
from nephoscope.store.hours import put_hours
from nephoscope.store.ledger import open_ledger

GAP = Gap("read", "AWS::S3::Bucket", "AccessDenied", "111111111111", "eu-west-1", "s3:GetBucketPolicy")
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def write(data):  # noqa: F811
    """Writes into the ledger of the data folder."""

    def write(change):
        with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
            change(connection)

    return write


def test_all_seen_exits_with_0(run):  # noqa: F811
    code, out, _ = run("coverage", "--format", "table")
    assert code == Exit.NOTHING
    assert "Everything that was looked at could be seen." in out


def test_a_gap_names_what_why_and_the_missing_permission(run, write):  # noqa: F811
    write(lambda connection: record_gaps(connection, [GAP]))
    code, out, _ = run("coverage")
    [row] = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.UNSEEN
    assert (row["entry"], row["subject"], row["permission"]) == ("gap", "AWS::S3::Bucket", "s3:GetBucketPolicy")
    assert run("coverage", "--account", "999")[0] == Exit.NOTHING
    assert run("coverage", "--area", "object")[0] == Exit.NOTHING


def test_what_is_seen_again_is_shown_when_asked_for(run, write):  # noqa: F811
    write(lambda connection: record_gaps(connection, [GAP]))
    write(lambda connection: close_gaps(connection, [GAP.key]))
    assert run("coverage")[:2] == (Exit.NOTHING, "")
    code, out, _ = run("coverage", "--closed")
    assert (code, len(out.splitlines())) == (Exit.NOTHING, 1)


@pytest.mark.parametrize(
    ("state", "code"),
    [(HourState.VERIFIED, Exit.NOTHING), (HourState.PENDING, Exit.NOTHING), (HourState.TAMPERED, Exit.UNSEEN)],
)
def test_hours_are_counted_by_what_is_proven_of_them(run, write, state, code):  # noqa: F811
    hours = [
        Hour("prod_trail", "111111111111", "eu-west-1", NOW - timedelta(hours=n), state, ("s3://b/1: changed",))
        for n in range(3)
    ]
    write(lambda connection: put_hours(connection, hours))
    found, out, _ = run("coverage", "--format", "table")
    assert found == code
    assert "prod_trail" in out
    assert "3" in out.splitlines()[-1].split()
    assert ("s3://b/1: changed" in out) == (state is HourState.TAMPERED)
    assert len(run("coverage")[1].splitlines()) == 3


def test_since_ever_is_no_fault(run):  # noqa: F811
    assert run("coverage", "--since", "0001-01-01")[0] == Exit.NOTHING
