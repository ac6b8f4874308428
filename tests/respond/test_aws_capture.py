import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nephoscope.model.errors import CustodyError, StoreError
from nephoscope.respond.actions.aws_console_output import AwsConsoleOutput
from nephoscope.respond.aws_capture import Captured, profile_of
from nephoscope.store.known import MOST
from tests.respond.captures import PLACE, Scripted
from tests.respond.harness import Box, Known, world_of


def capturing(answers):
    return Captured(world_of(Scripted(answers)), AwsConsoleOutput(**PLACE, instance_id="i-1"), "folder")


def test_an_answer_is_kept_whole_with_the_call_that_gave_it():
    odd = {
        "at": datetime(2026, 5, 1, tzinfo=UTC),
        "bytes": b"\x00",
        "text": "\ud800é\x00",
        "ResponseMetadata": {"RequestId": "1"},
    }
    one = capturing({"DescribeThing": odd})
    assert one.ask("thing", "ec2", "DescribeThing", Id="x") == odd
    assert one.told()["captured"] == ["thing.json"]
    kept = json.loads(one.world.evidence.kept["folder/thing.json"])
    assert (kept["at"], kept["bytes"]) == ("2026-05-01T00:00:00+00:00", "00")
    assert kept["ResponseMetadata"] == {"RequestId": "1"}


def test_what_could_not_be_had_is_said_and_nothing_is_invented():
    one = capturing({"DescribeThing": "AccessDenied"})
    assert one.ask("thing", "ec2", "DescribeThing") == {}
    assert one.every("things", "ec2", "DescribeThings", "Things") == []
    told = one.told()
    assert told["missing"] == ["folder/thing", "folder/things"]
    assert set(one.world.evidence.kept) == {"folder/not_captured.json"}


def test_an_empty_list_that_was_answered_is_kept_as_one():
    one = capturing({"DescribeThings": {"Things": []}})
    assert one.every("things", "ec2", "DescribeThings", "Things") == []
    assert one.told()["missing"] == []
    assert json.loads(one.world.evidence.kept["folder/things.json"]) == {"Things": []}


class Slow(Box):
    """Evidence that takes nothing before it is let."""

    def __init__(self):
        super().__init__()
        self.may = threading.Event()

    def add(self, name, content, **facts):
        assert self.may.wait(60)
        return super().add(name, content, **facts)


def test_nothing_waits_for_evidence_but_the_end_which_waits_for_all_of_it():
    slow = Slow()
    world = replace(world_of(Scripted({"DescribeThing": {"a": 1}})), evidence=slow)
    one = Captured(world, AwsConsoleOutput(**PLACE, instance_id="i-1"), "folder")
    for number in range(9):
        one.ask(f"thing{number}", "ec2", "DescribeThing")
    assert slow.kept == {}

    threading.Timer(0.1, slow.may.set).start()
    assert one.told()["captured"] == [f"thing{number}.json" for number in range(9)]
    assert len(slow.kept) == 9


class Full(Box):
    """Evidence that cannot be written."""

    def add(self, name, content, **facts):
        raise CustodyError("the disk is full")


def test_what_cannot_be_kept_ends_the_step():
    world = replace(world_of(Scripted({"DescribeThing": {"a": 1}})), evidence=Full())
    one = Captured(world, AwsConsoleOutput(**PLACE, instance_id="i-1"), "folder")
    one.ask("thing", "ec2", "DescribeThing")
    with pytest.raises(CustodyError, match="the disk is full"):
        one.told()


def test_a_store_that_cannot_be_read_is_missing_and_a_full_answer_says_so():
    def broken():
        raise StoreError("the lake is gone")

    one = capturing({})
    assert one.rows("events", "events", broken) == 0
    assert one.rows("many", "events", lambda: [{}] * MOST) == MOST
    assert one.told()["missing"] == ["folder/events", f"folder/many beyond {MOST}"]


def test_a_capture_changes_nothing_and_holds():
    action = AwsConsoleOutput(**PLACE, instance_id="i-1")
    world = world_of(Scripted({}), Known())
    assert action.state(world) == {}
    assert action.verify(world, {}) == ""


def test_a_profile_is_named_by_its_arn():
    assert profile_of({"IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/path/web"}}) == "web"
    assert profile_of({}) == ""
