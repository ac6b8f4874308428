from datetime import UTC, datetime

import pytest
from tests.inventory.trail import NOON, event

from nephoscope.inventory.engine import readers
from nephoscope.inventory.record import actor, actor_of, is_of_root, is_write, keys, name_of, named, time_of, values

ODD = [
    {},
    {"userIdentity": "root", "requestParameters": 7, "responseElements": [[]], "resources": {"a": 1}, "eventTime": 5},
    {"userIdentity": None, "requestParameters": None, "resources": [None, {"ARN": 5}], "eventTime": None},
]


@pytest.mark.parametrize("record", ODD)
def test_a_record_of_another_shape_says_nothing_and_breaks_nothing(record):
    assert time_of(record) is None
    assert not is_of_root(record)
    assert list(named(record, readers()["AWS::S3::Bucket"])) == []
    assert isinstance(actor_of(record) + name_of(record) + str(actor(record)), str)
    assert isinstance(list(values(record)), list)


def test_a_role_session_is_named_with_its_role_key_address_and_program():
    identity = {
        "type": "AssumedRole",
        "principalId": "AROAX:ann",
        "arn": "arn:aws:sts::1:assumed-role/Admin/ann",
        "accessKeyId": "ASIAX",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/Admin", "userName": "Admin"}},
    }

    found = actor(event("StopLogging", userIdentity=identity, sourceIPAddress="192.0.2.1", userAgent="aws-cli"))

    assert (found.uid, found.issuer) == (identity["arn"], "arn:aws:iam::1:role/Admin")
    assert (found.session, found.credential, found.ip, found.user_agent) == (
        "AROAX:ann",
        "ASIAX",
        "192.0.2.1",
        "aws-cli",
    )


def test_only_calls_that_may_change_something_and_succeeded_are_writes():
    assert is_write(event("StopLogging"))
    assert not is_write(event("StopLogging", errorCode="AccessDenied"))
    assert not is_write(event("GetTrail", readOnly=True))


def test_times_are_aware():
    assert time_of(event("StopLogging", after_s=0)) == NOON
    assert time_of({"eventTime": datetime(2026, 1, 1, 12)}) == NOON  # noqa: DTZ001
    assert time_of({"eventTime": "2026-01-01T12:00:00+00:00"}) == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_json_in_texts_is_gone_into_and_depth_is_bounded():
    deep = "x"
    for _ in range(1000):
        deep = [deep]

    assert set(values({"requestParameters": {"policy": '{"Action": "s3:*"}', "n": 1, "b": True}})) >= {
        "s3:*",
        "1",
        "true",
    }
    assert list(values({"requestParameters": deep})) == []
    assert keys({"A": [{"b": 1}]}, 0) == {"a", "b"}
