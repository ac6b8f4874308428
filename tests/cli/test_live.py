import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from nephoscope.cli._live import Board, finding_text, gap_text, short
from nephoscope.model.coverage import Gap
from nephoscope.model.finding import Actor, Finding, Kind, ResourceRef, Severity

ROOT = Actor(uid="arn:aws:iam::111122223333:root", ip="198.51.100.7")
STOPPED = Finding(
    Kind.DETECTION,
    "rule",
    "Logging stopped",
    Severity.HIGH,
    ("e",),
    datetime(2026, 1, 2, tzinfo=UTC),
    resource=ResourceRef("AWS::CloudTrail::Trail", "main", "111122223333"),
    actor=ROOT,
)
DENIED = Gap("read", "AWS::S3::Bucket", "access was denied", "111122223333", permission="s3:ListAllMyBuckets")


@pytest.fixture
def board():
    """A board and the lines it says."""
    lines = []
    return Board("Nephoscope", lines.append, began_at=STOPPED.time), lines


def drawn(board, width=160):
    console = Console(width=width, record=True, force_terminal=False, file=io.StringIO())
    console.print(board)
    return console.export_text()


def test_a_finding_is_said_with_who_did_it(board):
    shown, lines = board
    shown.found(STOPPED)

    assert "Logging stopped" in drawn(shown)
    assert "198.51.100.7" in drawn(shown)
    [line] = lines
    assert "high" in line
    assert line.endswith("by arn:aws:iam::111122223333:root from 198.51.100.7")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_in_a_narrow_terminal_texts_are_cut_and_no_column_vanishes(board, width):
    shown, _ = board
    role = "arn:aws:sts::111122223333:assumed-role/WebServer/i-0123456789abcdef0"
    title = "Credentials of an instance used from elsewhere"
    shown.found(replace(STOPPED, title=title, actor=Actor(uid=role, ip="203.0.113.9")))
    shown.read("trail", "trail (aws_cloudtrail)", "1,000 files, 100,000 events")
    lines = drawn(shown, width).splitlines()
    [row] = [line for line in lines if line.startswith("high ")]

    assert all(len(line) <= width for line in lines)
    assert STOPPED.time.astimezone().strftime("%H:%M:%S") in row
    assert "Creden" in row
    assert "assum" in row
    assert any("s ago" in line for line in lines)


@pytest.mark.parametrize(
    ("actor", "shown"),
    [("arn:aws:iam::1:user/path/ann", "user/path/ann"), ("arn:aws:iam::1:root", "root"), ("ann@x.org", "ann@x.org")],
)
def test_an_actor_is_named_without_what_all_names_have_in_common(actor, shown):
    assert short(actor) == shown


def test_what_cannot_be_seen_is_said_once_and_again_when_it_can(board):
    shown, lines = board
    shown.cannot_see(DENIED)
    shown.cannot_see(DENIED)
    assert "access was denied" in drawn(shown)
    shown.sees_again(DENIED)

    assert lines == [f"unseen   {gap_text(DENIED)}", "seen     read AWS::S3::Bucket again"]
    assert "missing permission s3:ListAllMyBuckets" in lines[0]


def test_progress_that_did_not_change_is_not_said_again(board):
    shown, lines = board
    shown.read("trail", "CloudTrail", "3 files")
    shown.read("trail", "CloudTrail", "3 files")
    shown.read("trail", "CloudTrail", "4 files")
    shown.note("ready")
    shown.count(events=1200)

    assert len(lines) == 2
    assert "4 files" in drawn(shown)
    assert "events 1,200" in drawn(shown)


def test_hostile_names_neither_steer_the_terminal_nor_break_the_view(board):
    shown, lines = board
    evil = Finding(
        Kind.DETECTION, "r", "[bold]\x1b[2J[/x]", Severity.LOW, ("e",), STOPPED.time, actor=Actor(uid="[/]\r")
    )
    shown.found(evil)
    shown.cannot_see(Gap("object", "[/red]\x07", "[link=x]"))
    shown.read("[", "[/a]", "\x9b1A")

    assert "\x1b" not in drawn(shown) + "".join(lines)
    assert "[bold]" in drawn(shown)
    assert "\x1b" not in finding_text(evil)


def test_what_a_first_look_finds_is_counted_and_later_findings_are_said(board):
    shown, lines = board
    failing = replace(STOPPED, kind=Kind.COMPLIANCE)
    shown.found(failing)
    shown.found(STOPPED)
    shown.end_first_look()
    shown.end_first_look()
    shown.found(failing)

    assert [line.partition(" ")[0] for line in lines] == ["FINDING", "found", "FINDING"]
    assert "1 high" in lines[1]


def test_what_happened_before_anybody_looked_is_counted(board):
    shown, lines = board
    shown.found(replace(STOPPED, time=STOPPED.time - timedelta(hours=1)))

    assert lines == []
    assert shown.baseline.total() == 1
