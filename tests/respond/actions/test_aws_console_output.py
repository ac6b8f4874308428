from nephoscope.respond.actions.aws_console_output import AwsConsoleOutput
from tests.respond.captures import PLACE, Scripted, captured, missing
from tests.respond.estate import instance

ACTION = AwsConsoleOutput(**PLACE, instance_id="i-1")


def test_the_console_is_captured(aws):
    made = instance(aws)
    aws.used.clear()
    kept, told = captured(AwsConsoleOutput(**PLACE, instance_id=made["InstanceId"]), aws)
    assert b"Linux version" in kept["console/output.txt"]
    assert told["missing"] == []
    assert aws.used == set(AwsConsoleOutput.permissions)


def test_an_instance_that_has_no_latest_gives_what_was_posted():
    aws = Scripted({"GetConsoleOutput": ["UnsupportedOperation", {"Output": "old", "Timestamp": "t"}]})
    kept, _ = captured(ACTION, aws)
    assert kept["console/output.txt"] == b"old"
    assert [params.get("Latest") for _, params in aws.asked] == [True, None]


def test_no_output_and_no_permission_are_said():
    for answer, why in (({"Output": ""}, "has no console output"), ("AccessDenied", "AccessDenied")):
        kept, _ = captured(ACTION, Scripted({"GetConsoleOutput": answer}))
        assert why in missing(kept)["console/output"]
        assert "console/output.txt" not in kept
