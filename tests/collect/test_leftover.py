import io
import json

from msgspec import UNSET

from nephoscope.collect.decode import read
from nephoscope.collect.leftover import leftover
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT


def left(*records):
    [batch] = read(io.BytesIO(json.dumps(records).encode()), "f", LAYOUT)
    return [text if text is UNSET else json.loads(text) for text in leftover(batch)]


def test_what_a_column_holds_is_not_left_over():
    when = "2024-05-06T07:08:09Z"
    assert left({"eventName": "X", "eventID": "e", "eventTime": when, "requestParameters": {"a": 1}}) == [UNSET]


def test_what_no_column_holds_is_left_over_where_it_stood():
    record = {"eventTime": "2024-05-06T07:08:09Z", "tlsDetails": {"tlsVersion": "1.3"}, "eventName": "X"}
    record["userIdentity"] = {"arn": "x", "userName": "cat", "sessionContext": {"attributes": {"mfa": 1}}}
    assert left(record) == [
        {
            "tlsDetails": {"tlsVersion": "1.3"},
            "userIdentity": {"userName": "cat", "sessionContext": {"attributes": {"mfa": 1}}},
        }
    ]


def test_records_with_new_fields_and_records_without_stand_side_by_side():
    when = "2024-05-06T07:08:09Z"
    rows = left({"eventTime": when, "eventVersion": "1"}, {"eventTime": when, "new": [1]}, {"eventTime": when})
    assert rows == [{"eventVersion": "1"}, {"new": [1]}, UNSET]
