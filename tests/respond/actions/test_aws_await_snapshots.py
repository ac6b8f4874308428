import json

from nephoscope.respond.actions.aws_await_snapshots import AwsAwaitSnapshots
from tests.respond.captures import PLACE, Scripted, captured, missing
from tests.respond.harness import world_of


def found(**states):
    return {
        "Snapshots": [
            {"SnapshotId": id_, "State": state, "VolumeSize": 8, "Progress": "5%"} for id_, state in states.items()
        ]
    }


def test_it_waits_until_they_are_complete_and_records_their_states():
    aws = Scripted({"DescribeSnapshots": [found(s1="pending", s2="completed"), found(s1="completed", s2="completed")]})
    kept, told = captured(AwsAwaitSnapshots(**PLACE, instance_id="i-1", budget_s=5.0), aws)
    assert told == {"captured": ["states.json"], "missing": [], "snapshots": ["s1", "s2"]}
    assert {each["State"] for each in json.loads(kept["snapshots/states.json"])} == {"completed"}
    assert aws.used == set(AwsAwaitSnapshots.permissions)
    [filters] = aws.asked[0][1]["Filters"]
    assert filters == {"Name": "tag:nephoscope:run", "Values": ["run1"]}


def test_what_is_pending_when_the_time_is_spent_is_recorded_as_pending():
    aws = Scripted({"DescribeSnapshots": found(s1="pending", s2="completed", s3="error")})
    action = AwsAwaitSnapshots(**PLACE, instance_id="i-1", budget_s=0.0)
    kept, told = captured(action, aws)
    assert told["snapshots"] == ["s2"]
    assert missing(kept)["snapshots/s1"] == "s1 is pending (5%) when 0 s were spent"
    assert "s3 is error" in missing(kept)["snapshots/s3"]
    assert action.verify(world_of(aws), {}) == "s1 is pending (5%)"


def test_none_at_all_is_said():
    kept, _ = captured(AwsAwaitSnapshots(**PLACE, instance_id="i-1"), Scripted({"DescribeSnapshots": found()}))
    assert "no snapshot of the run" in missing(kept)["snapshots/states"]
