"""What was touched last is read again first, and nothing is lost or done twice."""

from datetime import UTC, datetime, timedelta

from nephoscope.inventory.written import Touch
from nephoscope.pipeline import Waiting
from nephoscope.pipeline.waiting import AT_ONCE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def touch(number, after_s=0):
    return Touch(("1", "eu-west-1", "AWS::S3::Bucket", f"b{number}"), NOON + timedelta(seconds=after_s))


def test_a_group_holds_the_latest_and_the_others_wait_for_the_next():
    waiting = Waiting()
    waiting.add(touch(number, number) for number in range(AT_ONCE + 2))

    assert waiting.take() == [touch(number, number) for number in range(AT_ONCE + 1, 1, -1)]
    assert waiting.take() == [touch(1, 1), touch(0, 0)]
    assert waiting.take() == []


def test_a_resource_waits_once_with_its_latest_event():
    waiting = Waiting()
    waiting.add([touch(1, 5), touch(1, 9), touch(1, 7)])

    assert waiting.take() == [touch(1, 9)]


def test_what_was_touched_at_an_unknown_time_is_read_first():
    waiting = Waiting()
    unknown = Touch(touch(2).key)
    waiting.add([touch(1, 9), touch(2, 9), unknown])

    assert waiting.take() == [unknown, touch(1, 9)]


def test_what_is_held_waits_on():
    waiting = Waiting()
    waiting.add([touch(1), touch(2)])

    assert waiting.take(lambda each: each.key == touch(1).key) == [touch(2)]
    assert len(waiting) == 1
    assert waiting.take() == [touch(1)]
