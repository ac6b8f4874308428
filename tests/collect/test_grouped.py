import io
import json
from dataclasses import replace

import pytest
from msgspec import UNSET
from tests.shared_data import shared

from nephoscope.collect.decode import read
from nephoscope.collect.grouped import Taken
from nephoscope.collect.leftover import leftover
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT

WHEN = "2024-05-06T07:08:09Z"
CAT, DOG = ({"type": "IAMUser", "arn": f"arn:aws:iam::1:user/{name}", "userName": name} for name in ("cat", "dog"))
PLAIN = replace(LAYOUT, varying=frozenset())  # every record for itself


def filled(content, layout=LAYOUT):
    """Each record's columns, their JSON decoded."""
    rows = []
    for batch in read(io.BytesIO(content), "s3://b/f_20240506T0705Z_x.json", layout):
        columns = batch.filled()
        rows += [{name: shown(name, values[row]) for name, values in columns.items()} for row in range(len(batch))]
    return [{name: value for name, value in row.items() if value is not UNSET} for row in rows]


def shown(name, value):
    return json.loads(value) if name == "unmapped" and value is not UNSET else value


def many(**fields):
    return [{"eventID": f"{n}", "eventTime": WHEN, "userIdentity": CAT, **fields} for n in range(6)]


@pytest.mark.parametrize("corpus", ["cloudtrail_invictus", "cloudtrail_stratus", "cloudtrail_traildiscover"])
def test_real_records_have_the_same_columns_grouped_and_each_for_itself(corpus):
    files = [file for file in shared(corpus).rglob("*") if file.name.endswith((".jsonl.gz", ".json"))]
    assert files
    for file in files:
        content = file.read_bytes()
        assert filled(content) == filled(content, PLAIN)


@pytest.mark.parametrize(
    "odd",
    [
        {"userIdentity": DOG},
        {"userIdentity": "root"},
        {"userIdentity": None},
        {"userIdentity": {"arn": ["odd"]}},
        {"userIdentity": CAT | {"newKind": 1}},
        {"userIdentity": {"arn": "\ud800"}},
        {"eventName": 17},
        {"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}},
        {"tlsDetails": {"tlsVersion": "TLSv1.3", "newKind": 1}},
        {"tlsDetails": None, "requestID": None, "errorCode": None},
        {"eventTime": "yesterday"},
        {"additionalEventData": {"SSEApplied": "x"}, "addendum": {"reason": "LATE"}},
        {"resources": [{"ARN": "arn:aws:s3:::b"}], "newField": [1]},
        {"sharedEventID": "s", "serviceEventDetails": {"a": 1}},
    ],
    ids=str,
)
def test_one_record_that_is_different_stays_what_it_is(odd):
    records = many(tlsDetails={"tlsVersion": "TLSv1.2"}, eventName="GetObject")
    records[3] |= odd
    content = json.dumps({"Records": records}).encode()
    assert filled(content) == filled(content, PLAIN)


def test_records_that_are_all_different_stay_what_they_are():
    records = [one | {"userIdentity": CAT | {"arn": one["eventID"]}} for one in many()]
    content = json.dumps(records).encode()
    assert filled(content) == filled(content, PLAIN)


def test_columns_of_alike_records_are_made_once():
    [batch] = read(io.BytesIO(json.dumps(many(eventName="GetObject")).encode()), "f", LAYOUT)
    columns = batch.filled()
    assert isinstance(columns["api.operation"], Taken)
    assert list(columns["api.operation"].values) == ["GetObject"]
    assert columns["unmapped"].values == [b'{"userIdentity":{"userName":"cat"}}']
    assert list(columns["metadata.uid"]) == list("012345")


def test_fields_are_found_in_grouped_records_too():
    records = many(eventName="GetObject")
    records[1]["userIdentity"] = DOG
    [batch] = read(io.BytesIO(json.dumps(records).encode()), "f", LAYOUT)
    assert batch.values("userIdentity.userName")[:3] == ["cat", "dog", "cat"]
    assert batch.value("userIdentity.userName", 1) == "dog"
    assert batch.record(1) == records[1]
    assert [json.loads(text) for text in leftover(batch)[:2]] == [
        {"userIdentity": {"userName": "cat"}},
        {"userIdentity": {"userName": "dog"}},
    ]


def test_a_taken_column_is_read_as_any_other():
    column = Taken(["a", "b"], [1, 0, 1])
    assert (len(column), column[2], column[:2], list(column)) == (3, "b", ["b", "a"], ["b", "a", "b"])
