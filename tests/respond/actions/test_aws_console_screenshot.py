import base64

import pytest

from nephoscope.respond.actions.aws_console_screenshot import AwsConsoleScreenshot
from tests.respond.captures import PLACE, Scripted, captured, missing

ACTION = AwsConsoleScreenshot(**PLACE, instance_id="i-1")


def test_the_screen_is_captured_without_waking_it():
    aws = Scripted({"GetConsoleScreenshot": {"ImageData": base64.b64encode(b"\xff\xd8picture").decode()}})
    kept, told = captured(ACTION, aws)
    assert kept == {"console/screenshot.jpg": b"\xff\xd8picture"}
    assert told["missing"] == []
    assert aws.asked == [("GetConsoleScreenshot", {"InstanceId": "i-1"})]
    assert aws.used == set(AwsConsoleScreenshot.permissions)


@pytest.mark.parametrize("answer", ["UnsupportedOperation", "AccessDenied", {"ImageData": ""}, {"ImageData": "?"}, {}])
def test_where_there_is_none_that_is_a_note_and_no_failure(answer):
    kept, told = captured(ACTION, Scripted({"GetConsoleScreenshot": answer}))
    assert list(missing(kept)) == ["console/screenshot.jpg"] == told["missing"]
