import io
import json
from datetime import UTC, datetime

import pytest
from msgspec import UNSET

from nephoscope.collect.decode import read
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT


def batch_of(*records, origin="f"):
    [batch] = read(io.BytesIO(json.dumps(records).encode()), origin, LAYOUT)
    return batch


def test_absent_null_and_empty_are_three_things():
    batch = batch_of({"errorCode": None}, {"errorCode": ""}, {})
    assert batch.values("errorCode") == [None, "", UNSET]
    assert [batch.value("errorCode", row) for row in range(3)] == [None, "", UNSET]


@pytest.mark.parametrize("field", ["userIdentity.arn", "userIdentity.sessionContext.sessionIssuer.arn"])
@pytest.mark.parametrize("identity", [None, UNSET, {}, "text", {"sessionContext": None}, {"sessionContext": 7}, []])
def test_a_path_through_what_is_no_object_finds_nothing(field, identity):
    records = [{} if identity is UNSET else {"userIdentity": identity}, {"userIdentity": {"arn": "x"}}]
    batch = batch_of(*records)
    assert batch.values(field)[0] is UNSET
    assert batch.value(field, 0) is UNSET


def test_paths_go_through_lists_and_gather():
    items = {"items": [{"cidrIp": "0.0.0.0/0"}, {"cidrIp": "10.0.0.0/8"}]}
    batch = batch_of({"requestParameters": {"ipPermissions": items}})
    assert batch.value("requestParameters.ipPermissions.items.cidrIp", 0) == ["0.0.0.0/0", "10.0.0.0/8"]


def test_a_record_is_given_whole_and_as_text():
    record = {"eventID": "e", "unheard": {"of": [1]}, "requestParameters": {"a": "ä"}}
    batch = batch_of({"eventID": "x"}, record)
    assert batch.record(1) == record
    assert json.loads(batch.text(1)) == record


def test_one_row_is_given_with_its_own_place():
    batch = batch_of({"eventID": "a"}, 17, {"eventID": "b"})
    assert batch.index(1) == 2
    only = batch.only(1)
    assert (len(only), only.index(0), only.values("eventID")) == (1, 2, ["b"])
    assert batch.ocsf(1)["metadata.uid"] == "b"


def test_the_columns_of_a_record_say_who_did_what():
    when = "2024-05-06T07:08:09Z"
    issuer = {"sessionContext": {"sessionIssuer": {"arn": "arn:role", "userName": "Role"}}}
    record = {"eventTime": when, "eventName": "DeleteTrail", "userIdentity": {"type": "AssumedRole", **issuer}}
    ocsf = batch_of(record).ocsf(0)
    assert ocsf["time"] == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert (ocsf["actor.user.name"], ocsf["actor.session.issuer"]) == ("Role", "arn:role")
    assert (ocsf["class_uid"], ocsf["activity_id"], ocsf["status_id"]) == (6003, 4, 1)
    assert "api.response.error" not in ocsf


def test_an_event_of_tomorrow_is_no_event_of_tomorrow():
    batch = batch_of({"eventTime": "2024-05-06T07:08:09Z"}, {"eventTime": "2105-01-01T00:00:00Z"})
    assert batch.times[1] == batch.times[0]
    assert [index for index, _ in batch.adjusted] == [1]


@pytest.mark.parametrize("field", ["errorCode", "requestParameters", "userIdentity.arn", "unheard"])
def test_keys_are_equal_only_where_the_field_is(field):
    head, _, inner = field.partition(".")
    values = (
        ["a", "null", None, "", "a"]
        if field != "requestParameters"
        else [{"a": 1}, "null", None, {"a": True}, {"a": 1}]
    )
    batch = batch_of(*({head: {inner: value} if inner else value} for value in values), {})
    keys = batch.keys(field, range(6))
    differing = {key for row, key in enumerate(keys) if row != 4}
    assert len(differing) == 5
    assert field == "unheard" or keys[0] == keys[4]


def test_an_odd_record_makes_every_key_its_own():
    batch = batch_of({"errorCode": 1}, {"errorCode": True}, {"errorCode": [10**400]}, {"errorCode": "1"})
    assert len(set(batch.keys("errorCode", range(4)))) == 4
