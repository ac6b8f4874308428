import json
from datetime import UTC, datetime

from nephoscope.model.errors import StoreError
from nephoscope.respond.actions.aws_console_output import AwsConsoleOutput
from nephoscope.respond.aws_capture import Captured, profile_of
from nephoscope.store.known import MOST
from tests.respond.captures import PLACE, Scripted
from tests.respond.harness import Known, world_of


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
    assert json.loads(one.world.evidence.kept["folder/things.json"]) == {"Things": []}
    assert one.told()["missing"] == []


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
