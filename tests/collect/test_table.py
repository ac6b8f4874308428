import gzip
import io
import json
from datetime import UTC, datetime

import pytest

pytest.importorskip("pyarrow")

from tests.shared_data import shared

from nephoscope.collect.decode import read
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT
from nephoscope.collect.table import SCHEMA, table
from nephoscope.model.event import COLUMNS

FILLED = {column.name for column in COLUMNS if "Nullable" not in column.type}
WHEN = "2024-05-06T07:08:09Z"


def rows(*records, origin="trail.json"):
    found = read(io.BytesIO(json.dumps(records).encode()), origin, LAYOUT)
    return [row for batch in found for row in table(batch, "b1").to_pylist()]


def test_a_table_has_exactly_the_lakes_columns():
    assert SCHEMA.names == [column.name for column in COLUMNS]
    assert rows() == []
    [row] = rows({"eventID": "e"})
    assert list(row) == SCHEMA.names


def test_every_row_points_to_its_record_and_its_batch():
    found = rows({"eventID": "a"}, 17, {"eventID": "b"})
    assert [(row["metadata.uid"], row["origin.index"]) for row in found] == [("a", 0), ("b", 2)]
    assert {(row["origin.object"], row["origin.batch"], row["metadata.log_name"]) for row in found} == {
        ("trail.json", "b1", "aws_cloudtrail")
    }


def test_an_event_without_an_id_gets_its_place_as_id():
    assert [row["metadata.uid"] for row in rows({}, {"eventID": ""})] == ["trail.json#0", "trail.json#1"]


def test_a_failed_sign_in_is_an_authentication_that_failed():
    [row] = rows({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}, "eventTime": WHEN})
    assert (row["class_uid"], row["activity_id"], row["status_id"]) == (3002, 1, 2)
    assert row["time"] == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def merged(row):
    """The record as the lake could give it back."""
    record = json.loads(row["unmapped"] or "{}")
    for field, column in LAYOUT.columns.items():
        value = row[column]
        if column.endswith(".data"):
            value = None if value is None else json.loads(value)
            if row[column] is None:
                continue
        elif value is None or (value == "" and column in FILLED) or column == "time":
            continue
        *outer, last = field.split(".")
        holder = record
        for name in outer:
            holder = holder.setdefault(name, {})
        holder.setdefault(last, value)
    return record


def pruned(value):
    """A record without empty objects, which no column tells from absent ones."""
    if isinstance(value, dict):
        return {key: kept for key, inner in value.items() if (kept := pruned(inner)) != {}}
    return value


def test_nothing_of_a_real_record_is_lost_in_the_lake():
    content = (shared("cloudtrail_invictus") / "events.jsonl.gz").read_bytes()
    records = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    found = [row for batch in read(io.BytesIO(content), "f", LAYOUT) for row in table(batch, "b").to_pylist()]
    for record, row in zip(records, found, strict=True):
        assert row["time"].strftime("%Y-%m-%dT%H:%M:%SZ") == record.pop("eventTime")
        assert pruned(merged(row)) == pruned(record)


@pytest.mark.parametrize(
    "record",
    [
        {"newField": {"a": 1}, "eventName": "X"},
        {"userIdentity": {"newKind": "y", "arn": "z"}},
        {"userIdentity": "root", "eventName": "X"},
        {"eventName": 17, "readOnly": "yes", "errorCode": None, "eventTime": 12},
        {"userIdentity": None, "requestParameters": None},
        {"userIdentity": {"arn": None, "sessionContext": {"sessionIssuer": {"arn": ["odd"]}}}},
    ],
)
def test_fields_of_an_unheard_kind_are_kept_beside_the_columns(record):
    [row] = rows({"eventID": "e", **record})
    kept = merged(row)
    kept.pop("eventID")
    assert kept == record


@pytest.mark.parametrize(
    "time", [None, "", "yesterday", "0000-00-00T00:00:00Z", "9999-01-01T00:00:00Z", -1, 1e99, [], True]
)
def test_an_impossible_time_is_repaired_kept_as_logged_and_told(time):
    origin = "1_CloudTrail_eu-west-1_20240506T0705Z_x.json"
    content = json.dumps([{"eventID": "a", "eventTime": time}, {"eventID": "b", "eventTime": WHEN}]).encode()
    [batch] = read(io.BytesIO(content), origin, LAYOUT)
    first, second = table(batch, "b").to_pylist()
    assert first["time"] == datetime(2024, 5, 6, 7, 5, tzinfo=UTC)
    assert second["time"] == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert json.loads(first["unmapped"])["eventTime"] == time
    [(index, reason)] = batch.adjusted
    assert index == 0
    assert "eventTime" in reason


def test_a_time_that_nothing_tells_is_that_of_the_record_before():
    found = rows({"eventTime": WHEN}, {}, {"eventTime": "2024-05-06T07:10:00Z"})
    assert [row["time"].minute for row in found] == [8, 8, 10]


def test_naughty_strings_reach_the_lake_as_they_are():
    strings = json.loads((shared("naughty_strings") / "blns.json").read_text())
    found = rows(*[{"eventID": f"{n}", "userAgent": s, "requestParameters": {s: s}} for n, s in enumerate(strings)])
    assert [row["http_request.user_agent"] for row in found] == strings
    assert [json.loads(row["api.request.data"]) for row in found] == [{text: text} for text in strings]
