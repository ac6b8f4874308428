import io
import json

import pytest
from msgspec import UNSET
from tests.shared_data import shared

from nephoscope.collect.decode import read
from nephoscope.collect.narrow import NarrowBatch, narrowed
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT, AwsCloudTrail

ISSUER = {"arn": "arn:aws:iam::111122223333:role/web", "userName": "web"}
RECORDS = [
    {
        "eventID": "e-1",
        "eventName": "RunInstances",
        "eventTime": "2026-03-01T11:58:00Z",
        "userIdentity": {"type": "AssumedRole", "arn": "a-1", "sessionContext": {"sessionIssuer": ISSUER}},
        "requestParameters": {"name": ["x", "y"]},
        "new": {"field": 1},
    },
    {"eventID": "e-2", "eventName": "GetUser", "userIdentity": None, "errorCode": None},
    {"eventID": "e-3", "eventName": ["odd"], "userIdentity": "eve", "awsRegion": 3},
    {"eventID": "e-4", "eventName": "GetUser", "userIdentity": "eve", "awsRegion": "eu-west-1"},
    {"eventID": "e-5", "eventName": "GetUser", "userIdentity": {"arn": "a-5", "type": "IAMUser"}, "n": 1e400},
]
ASKED = ["eventName", "errorCode", "userIdentity.type"]
OTHERS = ["userIdentity.arn", "userIdentity.sessionContext.sessionIssuer.arn", "eventID", "awsRegion"]
DEEPER = ["requestParameters.name", "new.field", "userIdentity", "n", "gone", "gone.deeper", "eventTime"]


def both(records):
    content = json.dumps({"Records": records}).replace("Infinity", "1e400").encode()
    narrow = AwsCloudTrail.batches_for(ASKED)(io.BytesIO(content), "file.json")
    return list(narrow), list(read(io.BytesIO(content), "file.json", LAYOUT))


@pytest.mark.parametrize("records", [RECORDS, RECORDS[:2], RECORDS[3:], [RECORDS[2]]])
def test_every_field_reads_as_without_narrowing(records):
    narrow, wide = both(records)
    assert all(isinstance(batch, NarrowBatch) for batch in narrow)

    def same(ask):
        return [each for batch in narrow for each in ask(batch)] == [each for batch in wide for each in ask(batch)]

    def by_row(read_row):
        return lambda batch: [read_row(batch, row) for row in range(len(batch))]

    for field in (*ASKED, *OTHERS, *DEEPER):
        assert same(by_row(lambda batch, row, field=field: batch.value(field, row))), field
        assert same(lambda batch, field=field: batch.some(field, range(len(batch)))), field
        assert same(lambda batch, field=field: batch.values(field)), field
    for fields in (OTHERS, DEEPER, OTHERS[:1], []):
        assert same(by_row(lambda batch, row, fields=fields: batch.picker(fields)(row))), fields
    for read_row in ("record", "text", "index", "ocsf"):
        assert same(by_row(lambda batch, row, read_row=read_row: getattr(batch, read_row)(row))), read_row


def test_the_struct_holds_what_was_asked_and_the_time_only():
    layout = narrowed(LAYOUT, ["eventName", "userIdentity.type", "nothing.we.know"])
    assert [step.field for step in layout._steps.values()] == [
        "userIdentity",
        "userIdentity.type",
        "eventTime",
        "eventName",
    ]


def test_real_records_read_as_without_narrowing():
    with (shared("cloudtrail_invictus") / "events.jsonl.gz").open("rb") as stream:
        [narrow] = read(stream, "x", narrowed(LAYOUT, ASKED))
    with (shared("cloudtrail_invictus") / "events.jsonl.gz").open("rb") as stream:
        [wide] = read(stream, "x", LAYOUT)
    assert len(narrow) == len(wide)
    for field in LAYOUT.columns:
        assert list(narrow.values(field)) == list(wide.values(field)), field
    assert narrow.times == wide.times
    assert UNSET in wide.values("errorCode")
