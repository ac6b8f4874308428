"""One record has one row in the lake, in whatever company it is read."""

import gzip
import io
import json

import pytest

from nephoscope.collect.decode import read
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT
from nephoscope.collect.table import joined, table
from nephoscope.store.events import insert_events
from tests.shared_data import shared

HEAD = (
    b'{"eventID":"%d","eventTime":"2026-01-02T03:04:05Z","eventName":"PutObject","recipientAccountId":"1",'
    b'"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/ann"},%b}'
)
HOSTILE = {
    "no UTF-8": b'"userAgent":"\xff\xfe","requestParameters":{"a":"\xc3"}',
    "half a character": b'"errorMessage":"\\ud83d","responseElements":{"\\udc00":"\\ud83d"}',
    "huge numbers": b'"requestParameters":{"a":1e999,"b":'
    + b"9" * 400
    + b'},"additionalEventData":{"c":-0.0,"d":1e-400}',
    "a number for a text": b'"errorCode":18446744073709551616,"eventSource":1.50',
    "nulls": b'"errorCode":null,"requestParameters":null,"responseElements":null,"tlsDetails":null,"resources":null',
    "keys twice": b'"requestID":"a","requestID":"b","requestParameters":{"x":1,"x":2},"addendum":1,"addendum":2',
    "depth": b'"requestParameters":' + b'{"a":' * 300 + b"[]" + b"}" * 300,
    "10 MB": b'"requestParameters":{"a":"' + b"x" * 10_000_000 + b'"}',
    "NUL": b'"userAgent":"a\\u0000b","requestParameters":{"\\u0000":"\\u0000"},"newField":"\\u0000"',
    "space": b'"requestParameters": {\n "a" : [ 1 ,\t2 ] } , "additionalEventData":{ "b":\r\n1}',
    "fields unheard of": b'"newField":{"a":[1,{"b":null}]},"tlsDetails":{"tlsVersion":"TLSv1.3","newKind":true}',
    "an odd identity": b'"userIdentity":["root"],"resources":[{"ARN":"arn:aws:s3:::b","accountId":"1"},7]',
    "empty texts": b'"errorCode":"","userAgent":"","sourceIPAddress":"","recipientAccountId":""',
}


def kept(lake, contents, batch):
    """The lake's rows after these contents were fed to it, those of a feed before replaced."""
    tables = [table(part, batch) for content in contents for part in read(io.BytesIO(content), "s3://b/f.json", LAYOUT)]
    insert_events(lake, joined([one for one in tables if one.num_rows]), batch)
    rows = lake.rows("SELECT * EXCEPT (`origin.index`) FROM events ORDER BY `metadata.uid`, time")
    assert {row.pop("origin.batch") for row in rows} == {batch}
    return [row | {"unmapped": left(row["unmapped"])} for row in rows]


def left(unmapped):
    """What no column holds, whatever its order, and whether or not an identity of which nothing is left is named."""
    found = json.loads(unmapped or "{}")
    identity = without_empty(found.pop("userIdentity", {}))
    return found | ({"userIdentity": identity} if identity != {} else {})


def without_empty(identity):
    if not isinstance(identity, dict):
        return identity
    inner = {key: without_empty(value) for key, value in identity.items()}
    return {key: value for key, value in inner.items() if value != {}}


def assert_alike(lake, records):
    together = kept(lake, [b'{"Records":[' + b",".join(records) + b"]}"], "together")
    assert len(together) == len(records)
    alone = kept(lake, records, "alone")
    for one, other in zip(together, alone, strict=True):
        assert one == other, one["metadata.uid"]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_record_among_others_has_the_row_it_has_alone_and_changes_no_other(lake, what):
    plain = b'"requestParameters":{"a":1},"additionalEventData":{"b":2}'
    texts = [plain, plain, HOSTILE[what], plain, b'"resources":[{"ARN":"arn:aws:s3:::b"}]', plain]
    assert_alike(lake, [HEAD % (number, text) for number, text in enumerate(texts)])


@pytest.mark.parametrize("corpus", ["cloudtrail_invictus", "cloudtrail_stratus"])
def test_a_real_record_among_others_has_the_row_it_has_alone(lake, corpus):
    files = sorted(shared(corpus).rglob("*.jsonl.gz"))
    lines = [line for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert lines
    assert_alike(lake, lines[:: max(1, len(lines) // 300)])
