import pytest

from nephoscope.collect.activity import CREATE, DELETE, OTHER, READ, UPDATE, leading_activity


@pytest.mark.parametrize(
    ("operation", "activity"),
    [("CreateUser", CREATE), ("RunInstances", CREATE), ("DescribeInstances", READ), ("BatchGetItem", READ),
     ("PutBucketPolicy", CREATE), ("UpdateTrail", UPDATE), ("StopLogging", UPDATE), ("DeleteTrail", DELETE),
     ("TerminateInstances", DELETE), ("ConsoleLogin", OTHER), ("", OTHER), ("\x00", OTHER)],
)  # fmt: skip
def test_an_operation_is_told_by_its_verb(operation, activity):
    assert leading_activity(operation) == activity
